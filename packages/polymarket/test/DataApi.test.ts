import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { DataApi } from "@evaluator/polymarket/DataApi"
import type { Asked, Reply } from "./FakeVenue.ts"
import { fakeVenue, json, page } from "./FakeVenue.ts"
import {
  activityRow,
  condition,
  holderGroup,
  otherCondition,
  positionRow,
  redeemRow,
  stranger,
  token,
  tradeRow,
  wallet,
} from "./Samples.ts"

const asking = <A, E>(
  reply: (asked: Asked, nth: number) => Reply,
  ask: (api: DataApi["Service"]) => Effect.Effect<A, E>,
) => {
  const { asked, layer } = fakeVenue(reply)
  return Effect.map(
    DataApi.use(ask).pipe(Effect.provide(Layer.provide(DataApi.layer, layer))),
    (answer) => ({ answer, asked, sent: Object.fromEntries(asked[0]!.url.searchParams) }),
  )
}

describe("trades", () => {
  it.effect("come as a page of fills with the cursor of the next", () =>
    Effect.gen(function* () {
      const { answer, sent } = yield* asking(
        () => page([tradeRow], "next"),
        (api) =>
          api.trades({ user: wallet, startMs: 5500, endMs: 9001, takerOnly: false, limit: 1 }),
      )
      assert.strictEqual(answer.rows[0]?.value.wallet, wallet)
      assert.isNull(answer.rows[0]?.recorded)
      assert.strictEqual(answer.nextCursor, "next")
      const window = { start: "5", end: "10" }
      assert.deepStrictEqual(sent, { user: wallet, taker_only: "false", ...window, limit: "1" })
    }),
  )

  it.effect("of a wallet reach back to the beginning unless a start is given", () =>
    Effect.gen(function* () {
      const { sent } = yield* asking(
        () => page([]),
        (api) => api.trades({ user: wallet }),
      )
      assert.strictEqual(sent["start"], "1")
    }),
  )

  it.effect("of a condition are not sent a window the venue would ignore", () =>
    Effect.gen(function* () {
      const { sent } = yield* asking(
        () => page([]),
        (api) => api.trades({ condition, startMs: 5000 }),
      )
      assert.notProperty(sent, "start")
      assert.strictEqual(sent["condition"], condition)
    }),
  )

  it.effect("send the filters again with every cursor", () =>
    Effect.gen(function* () {
      const { sent } = yield* asking(
        () => page([]),
        (api) => api.trades({ user: wallet, cursor: "abc", limit: 500 }),
      )
      assert.include(sent, { user: wallet, cursor: "abc", start: "1", limit: "500" })
    }),
  )

  it.effect("of strangers and other markets are rejected: the filter was ignored", () =>
    Effect.gen(function* () {
      const rows = [
        tradeRow,
        { ...tradeRow, proxy_wallet: stranger },
        { ...tradeRow, condition_id: otherCondition },
      ]
      const { answer } = yield* asking(
        () => page(rows),
        (api) => api.trades({ user: wallet, condition }),
      )
      assert.strictEqual(answer.rows.length, 1)
      assert.strictEqual(answer.rejected.length, 2)
      assert.match(answer.rejected[0]?.reason ?? "", /not of wallet/)
      assert.match(answer.rejected[1]?.reason ?? "", /not of condition/)
    }),
  )

  it.effect("that do not decode cost no other row and keep body, request and place", () =>
    Effect.gen(function* () {
      const bad = { ...tradeRow, price: 7, recorded: "trades/x.ndjson.gz:12" }
      const { answer } = yield* asking(
        () => page([bad, null, { ...tradeRow, recorded: "trades/x.ndjson.gz:13" }]),
        (api) => api.trades({ user: wallet }),
      )
      assert.strictEqual(answer.rows[0]?.recorded, "trades/x.ndjson.gz:13")
      assert.strictEqual(answer.rejected[0]?.recorded, "trades/x.ndjson.gz:12")
      assert.deepStrictEqual(JSON.parse(answer.rejected[0]?.body ?? ""), bad)
      assert.match(answer.rejected[0]?.request ?? "", /^GET \/data\/v2\/trades\?user=0x/)
      assert.strictEqual(answer.rejected[1]?.body, "null")
    }),
  )

  it.effect("are asked for under another address as long as a cache may remember the last", () =>
    Effect.gen(function* () {
      const { asked } = yield* asking(
        () => page([]),
        (api) =>
          Effect.gen(function* () {
            for (let second = 0; second < 60; second++) {
              yield* api.trades({})
              yield* api.activity({ user: wallet, limit: 40 })
              yield* TestClock.adjust("5 seconds")
            }
          }),
      )
      const limitsOf = (path: string, count: number) =>
        asked
          .filter(({ url }) => url.pathname.endsWith(path))
          .map(({ url }) => Number(url.searchParams.get("limit")))
          .slice(0, count)
      assert.strictEqual(new Set(limitsOf("trades", 60)).size, 60)
      assert.isAtLeast(Math.min(...limitsOf("trades", 60)), 500)
      assert.strictEqual(new Set(limitsOf("activity", 3)).size, 3)
    }),
  )
})

describe("activity", () => {
  it.effect("holds fills and everything else a wallet did", () =>
    Effect.gen(function* () {
      const { answer, sent } = yield* asking(
        () => page([activityRow, redeemRow]),
        (api) => api.activity({ user: wallet, ascending: true }),
      )
      assert.deepStrictEqual(
        answer.rows.map((row) => row.value.kind),
        ["fill", "activity"],
      )
      assert.include(sent, { user: wallet, start: "1", sort_direction: "ASC" })
    }),
  )

  it.effect("of another wallet is rejected", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => page([{ ...redeemRow, proxy_wallet: stranger }]),
        (api) => api.activity({ user: wallet }),
      )
      assert.strictEqual(answer.rows.length, 0)
      assert.strictEqual(answer.rejected.length, 1)
    }),
  )
})

describe("a list", () => {
  it.effect("may be empty or null", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => json({ data: null }),
        (api) => api.positions({ user: wallet }),
      )
      assert.deepStrictEqual(answer, { rows: [], rejected: [], nextCursor: null })
    }),
  )

  it.effect("whose envelope is not the documented one is Malformed", () =>
    Effect.gen(function* () {
      for (const body of [{}, { data: 5 }, "text", []]) {
        const { answer } = yield* asking(
          () => json(body),
          (api) => Effect.flip(api.positions({ user: wallet })),
        )
        assert.strictEqual(answer.reason._tag, "Malformed")
      }
    }),
  )

  it.effect("that announces more pages without a cursor is Malformed, not the last", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => json({ data: [], pagination: { has_more: true, next_cursor: null } }),
        (api) => Effect.flip(api.trades({ user: wallet })),
      )
      assert.strictEqual(answer.reason._tag, "Malformed")
    }),
  )

  it.effect("whose cursor does not move is Malformed, so that a walk ends", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => page([tradeRow], "same"),
        (api) => Effect.flip(api.trades({ cursor: "same" })),
      )
      assert.strictEqual(answer.reason._tag, "Malformed")
    }),
  )

  it.effect("of holders names each holder's token", () =>
    Effect.gen(function* () {
      const { answer, sent } = yield* asking(
        () =>
          page([
            { token_id: token, holders: [{ proxy_wallet: wallet, amount: 2, outcome_index: 0 }] },
          ]),
        (api) => api.holders({ condition, limit: 20 }),
      )
      assert.strictEqual(answer.rows[0]?.token, token)
      assert.deepStrictEqual(sent, { condition, limit: "20" })
    }),
  )

  it.effect("of the best wallets is asked for by period and category", () =>
    Effect.gen(function* () {
      const { answer, sent } = yield* asking(
        () => page([{ rank: 1, user_id: wallet, pnl: 5, volume: 9 }]),
        (api) => api.leaderboard({ period: "month", category: "crypto", limit: 50 }),
      )
      assert.strictEqual(answer.rows[0]?.pnl, 5_000_000)
      assert.include(sent, { time_period: "month", category: "crypto", limit: "50" })
    }),
  )
})

describe("a copy out of a cache", () => {
  const aged = (seconds: number) =>
    json({ data: [tradeRow] }, { headers: { age: String(seconds) } })

  it.effect("too old for the caller is passed under another address", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* asking(
        (_, nth) => aged(nth < 3 ? 200 : 0),
        (api) => api.trades({ user: wallet, maxAgeMs: 60_000 }),
      )
      assert.lengthOf(answer.rows, 1)
      assert.strictEqual(new Set(asked.map(({ url }) => url.search)).size, 3)
    }),
  )

  it.effect("that cannot be passed is Stale after three addresses, and says its age", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* asking(
        () => aged(200),
        (api) => Effect.flip(api.activity({ user: wallet, maxAgeMs: 60_000 })),
      )
      assert.lengthOf(asked, 3)
      assert.strictEqual(answer.reason._tag === "Stale" && answer.reason.ageMs, 200_000)
    }),
  )

  it.effect("is good enough for a caller that names no age", () =>
    Effect.gen(function* () {
      const { asked } = yield* asking(
        () => aged(200),
        (api) => api.trades({ user: wallet }),
      )
      assert.lengthOf(asked, 1)
    }),
  )

  it.effect("of a later page, which has one address only, is Stale at once", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* asking(
        () => aged(200),
        (api) => Effect.flip(api.activity({ user: wallet, maxAgeMs: 0, cursor: "c" })),
      )
      assert.lengthOf(asked, 1)
      assert.strictEqual(answer.reason._tag, "Stale")
    }),
  )
})

describe("positions", () => {
  it.effect("of a wallet or a market are held against what was asked for", () =>
    Effect.gen(function* () {
      const rows = [
        positionRow,
        { ...positionRow, proxy_wallet: stranger },
        { ...positionRow, condition_id: otherCondition },
        { ...positionRow, status: "CLOSED" },
      ]
      const open = yield* asking(
        () => page(rows),
        (api) => api.positions({ user: wallet, condition, limit: 7 }),
      )
      assert.deepStrictEqual(open.sent, { user: wallet, condition, limit: "7" })
      assert.lengthOf(open.answer.rows, 1)
      const closed = yield* asking(
        () => page(rows),
        (api) => api.positions({ condition, status: "CLOSED" }),
      )
      assert.deepStrictEqual(
        closed.answer.rows.map((row) => row.status),
        ["CLOSED"],
      )
      assert.lengthOf(closed.answer.rejected, 3)
    }),
  )
})

describe("holders", () => {
  it.effect("of tokens that are not the market's show an ignored filter", () =>
    Effect.gen(function* () {
      const other = { ...holderGroup.holders[0], token_id: "77", total_pnl: 1 }
      const { answer, sent } = yield* asking(
        () => page([holderGroup, { token_id: "77", holders: [other] }]),
        (api) => api.holders({ condition, tokens: [token], profits: true, limit: 100 }),
      )
      assert.strictEqual(sent["include_pnl"], "true")
      assert.lengthOf(answer.rows, 1)
      assert.match(answer.rejected[0]?.reason ?? "", /not of condition/)
    }),
  )
})

describe("trades of one side", () => {
  it.effect("are no trades of the other", () =>
    Effect.gen(function* () {
      const { answer, sent } = yield* asking(
        () => page([tradeRow, { ...tradeRow, side: "SELL" }]),
        (api) => api.trades({ user: wallet, side: "SELL" }),
      )
      assert.strictEqual(sent["side"], "SELL")
      assert.deepStrictEqual(
        answer.rows.map(({ value }) => value.side),
        ["SELL"],
      )
    }),
  )
})

describe("resolutions", () => {
  const row = { condition_id: condition, status: "resolved", payouts: [0, 1_000_000] }

  it.effect("are what the venue says of the condition, or nothing", () =>
    Effect.gen(function* () {
      const known = yield* asking(
        () => json({ data: [row] }),
        (api) => api.resolutions(condition),
      )
      assert.deepStrictEqual(known.answer[0]?.payouts as unknown, [0, 1_000_000])
      assert.deepStrictEqual(known.sent, { condition })
      const unknown = yield* asking(
        () => json({ data: [] }),
        (api) => api.resolutions(condition),
      )
      assert.deepStrictEqual(unknown.answer, [])
    }),
  )

  it.effect("of another condition or unreadable fail instead of vanishing", () =>
    Effect.gen(function* () {
      for (const bad of [
        { ...row, condition_id: otherCondition },
        { ...row, payouts: [2e6, 0] },
      ]) {
        const { answer } = yield* asking(
          () => json({ data: [row, bad] }),
          (api) => Effect.flip(api.resolutions(condition)),
        )
        assert.strictEqual(answer.reason._tag, "Malformed")
      }
    }),
  )
})
