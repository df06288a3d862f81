import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { examine } from "@evaluator/polymarket/doctor/Doctor"
import { mostRequests } from "@evaluator/polymarket/doctor/Prober"
import { polymarketEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { json, page } from "../FakeVenue.ts"
import { fakeSockets } from "../FakeSocket.ts"
import * as Samples from "../Samples.ts"

const row = { ...Samples.tradeRow, transaction_hash: Samples.transaction }

/** A venue that is as we take it to be. */
const good = (url: URL, method: string, nowMs: number): Response => {
  const limit = Number(url.searchParams.get("limit") ?? "100")
  switch (url.pathname) {
    case "/v2/trades":
      return limit > 1000 ? json({ error: "limit" }, { status: 400 }) : page([row])
    case "/v2/activity":
      // 12.5 shares at 0.43 and a rate of 0.05 cost 0.1531875 in fees.
      return page([{ ...Samples.activityRow, usdc_size: 5.52819 }, Samples.redeemRow])
    case "/v2/holders":
      return page([Samples.holderGroup])
    case "/v2/positions":
      return page([Samples.positionRow])
    case "/v2/leaderboard":
      return page([Samples.boardRow])
    case "/v2/status":
      return json(Samples.statusBody)
    case "/v2/resolutions":
      return json({ data: [Samples.resolutionRow] })
    case "/markets/keyset": {
      const closed = url.searchParams.get("closed") === "true"
      const repeats = ["condition_ids", "slug"].map((name) => url.searchParams.getAll(name).length)
      const asked = Math.max(1, ...repeats)
      return json({
        markets: Array.from({ length: asked }, () => ({ ...Samples.marketRow, closed })),
      })
    }
    case "/books":
      return method === "POST" ? json([Samples.bookRow]) : json({}, { status: 400 })
    case "/book":
      return json(Samples.bookRow)
    case "/midpoint":
      return json({ mid: "0.515" })
    case "/time":
      return new Response(String(Math.floor(nowMs / 1000)))
    default:
      return url.pathname.startsWith("/clob-markets/")
        ? json({ ...Samples.clobMarketBody, fd: { r: 0.05, e: 1 } })
        : json({ error: "not found" }, { status: 404 })
  }
}

/** `stream` is told on every socket once it is open. */
const examined = Effect.fnUntraced(function* (
  reply: (url: URL, method: string, nowMs: number) => Response | "refused",
  stream: ReadonlyArray<unknown> = [],
) {
  const hosts = new Set<string>()
  const asked: Array<URL> = []
  const client = HttpClient.make((request, url) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      hosts.add(url.origin)
      asked.push(url)
      const answer = reply(url, request.method, nowMs)
      return answer === "refused"
        ? Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({
                request,
                cause: new TypeError("fetch failed", { cause: new Error("ENOTFOUND gamma") }),
              }),
            }),
          )
        : Effect.succeed(HttpClientResponse.fromWeb(request, answer))
    }),
  )
  const { sockets, layer } = fakeSockets()
  const fiber = yield* examine({ listenFor: Duration.seconds(3), tradeStream: true }).pipe(
    Effect.provide(
      Layer.mergeAll(
        VenueEndpoints.layerOf(polymarketEndpoints),
        Layer.succeed(HttpClient.HttpClient, client),
        layer,
      ),
    ),
    Effect.forkScoped,
  )
  let opened = 0
  for (let n = 0; n < 600 && fiber.pollUnsafe() === undefined; n++) {
    yield* TestClock.adjust("100 millis")
    yield* Effect.yieldNow
    for (; opened < sockets.length; opened++) {
      sockets[opened]!.say([{ ...Samples.bookRow, event_type: "book" }])
      for (const frame of stream) sockets[opened]!.say(frame)
    }
  }
  const findings = yield* Fiber.join(fiber)
  return { asked, hosts, findings: Object.fromEntries(findings.map((found) => [found.id, found])) }
})

describe("the doctor", () => {
  it.effect("finds a venue that is as we take it to be without fault", () =>
    Effect.gen(function* () {
      const { asked, findings, hosts } = yield* examined(good)
      const failed = Object.values(findings).filter(({ holds }) => holds === "fails")
      assert.deepStrictEqual(failed, [])
      assert.isAbove(Object.keys(findings).length, 23)
      // What it may ask is far more: books are looked at again, boards and repeats have more pages.
      assert.isBelow(asked.length, mostRequests / 2)
      assert.strictEqual(findings["book-socket"]?.holds, "holds")
      assert.strictEqual(findings["trade-stream"]?.holds, "open")
      assert.strictEqual(findings["taker-fees"]?.says, "of 1 fills rounding fits nearest 1, up 1")
      assert.deepStrictEqual(
        Array.from(hosts).toSorted(),
        [polymarketEndpoints.clob, polymarketEndpoints.data, polymarketEndpoints.gamma].toSorted(),
      )
    }),
  )

  it.effect("says which assumptions a venue breaks, and only those", () =>
    Effect.gen(function* () {
      const { findings } = yield* examined((url, method, nowMs) => {
        if (url.pathname === "/trades") return page([])
        if (url.pathname === "/midpoint") return json({ mid_price: "0.5" })
        if (url.pathname === "/books") {
          return json([{ ...Samples.bookRow, bids: Samples.bookRow.bids.toReversed() }])
        }
        if (url.pathname === "/v2/trades" && url.searchParams.has("user")) {
          return page([{ ...row, proxy_wallet: Samples.stranger }])
        }
        return good(url, method, nowMs)
      })
      const failed = Object.values(findings).filter(({ holds }) => holds === "fails")
      assert.deepStrictEqual(failed.map(({ id }) => id).toSorted(), [
        "best-level-last",
        "data-v1-retired",
        "midpoint-key",
        "wallet-filter-honoured",
      ])
    }),
  )

  it.effect("of a venue that cannot be reached says so of each host, and asks no further", () =>
    Effect.gen(function* () {
      const { asked, findings } = yield* examined(() => "refused")
      assert.lengthOf(asked, 3)
      for (const host of ["data", "gamma", "clob"]) {
        assert.match(findings[`${host}-reached`]?.says ?? "", /^ENOTFOUND gamma \(GET /)
      }
      const { "stream-types": types, ...rest } = findings
      assert.strictEqual(types?.holds, "open")
      for (const { holds } of Object.values(rest)) assert.strictEqual(holds, "fails")
    }),
  )

  it.effect("of a venue with one silent host asks the others all that needs no more", () =>
    Effect.gen(function* () {
      const { findings } = yield* examined((url, method, nowMs) =>
        url.origin === polymarketEndpoints.gamma ? "refused" : good(url, method, nowMs),
      )
      const failed = Object.values(findings).filter(({ holds }) => holds === "fails")
      assert.deepStrictEqual(
        failed.filter(({ says }) => says !== "not asked without gamma").map(({ id }) => id),
        ["gamma-reached"],
      )
      for (const id of ["trade-rows-decode", "page-limit", "taker-fees", "clock"]) {
        assert.strictEqual(findings[id]?.holds, "holds", id)
      }
      assert.strictEqual(findings["market-versions"]?.holds, "fails")
      assert.strictEqual(findings["book-socket"]?.holds, "fails")
    }),
  )

  it.effect("takes no answer that says nothing for one that shows what we assume", () =>
    Effect.gen(function* () {
      for (const nothing of [
        () => json({ error: "slow down" }, { status: 429 }),
        () => json({ error: "blocked" }, { status: 403 }),
        () => json({ error: "internal" }, { status: 500 }),
        () => new Response("<html>maintenance</html>"),
        () => json({ error: "rate limited", code: "rate_limited" }),
      ]) {
        let nth = 0
        const { findings } = yield* examined((url, method, nowMs) =>
          nth++ < 3 ? good(url, method, nowMs) : nothing(),
        )
        const holding = Object.values(findings).filter(({ holds }) => holds === "holds")
        assert.deepStrictEqual(
          holding.map(({ id }) => id),
          ["data-reached", "gamma-reached", "clob-reached", "trade-rows-decode", "market-versions"],
          nothing().statusText,
        )
      }
    }),
  )

  it.effect("tells the smallest purchases, and which types a list of types brings", () =>
    Effect.gen(function* () {
      const { findings } = yield* examined((url, method, nowMs) => {
        if (url.searchParams.get("side") === "BUY") {
          return page([
            { ...row, size: 4, price: 0.1 },
            { ...row, size: 6, price: 0.5 },
          ])
        }
        if (url.searchParams.get("type") === "REDEEM,MERGE") return page([Samples.redeemRow])
        if (url.searchParams.get("order") === "volume24hr") {
          return json({ markets: [{ ...Samples.marketRow, resolutionStatus: "open-word" }] })
        }
        return good(url, method, nowMs)
      })
      assert.deepInclude(findings["buy-minimum"], {
        holds: "open",
        says: "of 2 takers' purchases 1 are below 5 shares, 2 below 5 USDC, 1 below 1 USDC",
      })
      assert.include(findings["activity-types"]?.says, "REDEEM,MERGE: 200 REDEEM;")
      assert.include(findings["resolution-words"]?.says, "of open ones open-word 1;")
    }),
  )

  it.effect(
    "tells how many of the markets that ended the book socket told of, and its silence",
    () =>
      Effect.gen(function* () {
        const markets = Array.from({ length: 7 }, (_, n) => ({
          ...Samples.marketRow,
          endDate: n < 5 ? "2026-12-31T00:00:00Z" : "2026-12-30T00:00:00Z",
          conditionId: `0x${String(n).repeat(64)}`,
          clobTokenIds: JSON.stringify([String(n + 1), String(n + 101)]),
        }))
        const frames = [
          ...markets.map(({ conditionId }, n) => ({
            ...Samples.bookRow,
            event_type: "book",
            market: conditionId,
            asset_id: String(n + 1),
          })),
          { event_type: "market_resolved", market: markets[5]!.conditionId, winning_asset_id: "6" },
        ]
        const { findings } = yield* examined((url, method, nowMs) => {
          if (url.searchParams.get("order") === "volume24hr") return json({ markets })
          const asked = url.searchParams.get("token_id")
          if (url.pathname === "/book" && Number(asked) > 5) {
            return json({ error: "no book" }, { status: 404 })
          }
          return url.pathname === "/book"
            ? json({ ...Samples.bookRow, asset_id: asked })
            : good(url, method, nowMs)
        }, frames)
        assert.strictEqual(findings["book-socket"]?.holds, "holds")
        assert.match(
          findings["book-socket"]?.says ?? "",
          /^5 of 5 books in step, .* longest silence [23]\.\d s, 1 of 2 that closed meanwhile were told of$/,
        )
      }),
  )

  it.effect("knows a copy by its age where the venue gives no trace id", () =>
    Effect.gen(function* () {
      const { findings } = yield* examined((url, method, nowMs) => {
        const answer = good(url, method, nowMs)
        if (url.pathname === "/v2/trades") answer.headers.set("age", "120")
        return answer
      })
      assert.strictEqual(findings["cache-passed"]?.holds, "fails")
      assert.include(
        findings["cache-passed"]?.says,
        "/v2/trades copied (no cache-control, age 120)",
      )
      assert.include(findings["cache-passed"]?.says, "/v2/activity fresh")
      assert.include(findings["cache-passed"]?.says, "/markets/keyset fresh")
    }),
  )

  it.effect(
    "says of the trade stream what the feed knows, what only makers did, what came twice",
    () =>
      Effect.gen(function* () {
        const maker = { ...Samples.olderTradeRow, proxyWallet: Samples.stranger, size: 3 }
        const frames = [Samples.olderTradeRow, maker, maker].map((payload) => ({
          topic: "activity",
          type: "trades",
          payload,
        }))
        const { findings } = yield* examined((url, method, nowMs) => {
          if (url.pathname !== "/v2/trades" || url.searchParams.get("limit") !== "1000") {
            return good(url, method, nowMs)
          }
          const takersOnly = url.searchParams.get("taker_only") === "true"
          return page(takersOnly ? [Samples.olderTradeRow] : [Samples.olderTradeRow, maker])
        }, frames)
        assert.strictEqual(findings["trade-stream"]?.holds, "holds")
        assert.match(
          findings["trade-stream"]?.says ?? "",
          /^3 fills in 3 s, 1 of them told twice, .*; 3 stand in \/v2\/trades already, 2 of them as makers' only$/,
        )
      }),
  )

  it.effect("says which fills another type of message told as well", () =>
    Effect.gen(function* () {
      const second = { ...Samples.olderTradeRow, size: 3 }
      const frames = [
        ["trades", Samples.olderTradeRow],
        ["orders_matched", Samples.olderTradeRow],
        ["orders_matched", second],
        ["orders_matched", second],
      ].map(([type, payload]) => ({ topic: "activity", type, payload }))
      const { findings } = yield* examined(good, frames)
      assert.deepInclude(findings["stream-types"], {
        holds: "open",
        says: "trades 1 of 1 fills, orders_matched 3 of 2 fills; 1 fills by both, 0 by trades only, 1 by orders_matched only",
      })
    }),
  )
})
