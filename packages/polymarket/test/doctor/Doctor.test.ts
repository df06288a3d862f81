import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { examine } from "@evaluator/polymarket/doctor/Doctor"
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
    case "/v2/leaderboard":
      return page([Samples.boardRow])
    case "/v2/status":
      return json(Samples.statusBody)
    case "/v2/resolutions":
      return json({ data: [Samples.resolutionRow] })
    case "/markets/keyset": {
      const closed = url.searchParams.get("closed") === "true"
      const asked = Math.max(1, url.searchParams.getAll("condition_ids").length)
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
  const client = HttpClient.make((request, url) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      hosts.add(url.origin)
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
  return { hosts, findings: Object.fromEntries(findings.map((found) => [found.id, found])) }
})

describe("the doctor", () => {
  it.effect("finds a venue that is as we take it to be without fault", () =>
    Effect.gen(function* () {
      const { findings, hosts } = yield* examined(good)
      const failed = Object.values(findings).filter(({ holds }) => holds === "fails")
      assert.deepStrictEqual(failed, [])
      assert.isAbove(Object.keys(findings).length, 18)
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

  it.effect("of a venue that cannot be reached says so, and asks no further", () =>
    Effect.gen(function* () {
      const { findings } = yield* examined(() => "refused")
      assert.deepStrictEqual(Object.keys(findings), ["reached"])
      assert.match(findings["reached"]?.says ?? "", /^ENOTFOUND gamma \(GET \/data\/v2\/trades/)
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
})
