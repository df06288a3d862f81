import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import type { Reply } from "./FakeVenue.ts"
import { fakeVenue, json, page } from "./FakeVenue.ts"
import { boardRow, condition, stranger, token, userStatsRow, wallet, winnerRow } from "./Samples.ts"

const asking = <A, E>(
  reply: () => Reply,
  ask: (boards: WalletBoards["Service"]) => Effect.Effect<A, E>,
) => {
  const { asked, layer } = fakeVenue(reply)
  const answer = WalletBoards.use(ask).pipe(
    Effect.provide(Layer.provide(WalletBoards.layer, layer)),
  )
  return Effect.map(answer, (answer) => ({ answer, url: asked[0]!.url }))
}

describe("the biggest winners", () => {
  it.effect("are wins in markets; combos are rejected by their name", () =>
    Effect.gen(function* () {
      const combo = { ...winnerRow, kind: "combo", condition_id: `0x03${"0".repeat(60)}` }
      const { answer, url } = yield* asking(
        () => page([winnerRow, combo, { ...winnerRow, resolved_at: 0 }]),
        (boards) => boards.biggestWinners({ period: "month", category: "sports", limit: 10 }),
      )
      assert.strictEqual(url.pathname, "/base/v2/biggest-winners")
      assert.deepInclude(Object.fromEntries(url.searchParams), {
        time_period: "month",
        category: "sports",
      })
      assert.deepStrictEqual(answer.rows as unknown, [
        {
          rank: 1,
          wallet,
          condition,
          token,
          eventSlug: "rain-event",
          pnl: 900_500_000,
          paid: 100_000_000,
          received: 1_000_500_000,
          resolvedAtMs: 1_790_000_000_000,
        },
      ])
      assert.deepStrictEqual(
        answer.rejected.map((row) => row.reason),
        ["a combo, not a market", "no time: 0"],
      )
    }),
  )
})

const { rank: _, ...profile } = boardRow
const standingRow = { ...profile, rank_pnl: 4, rank_volume: null }

describe("a wallet's standing", () => {
  it.effect("has the ranks the venue knows, and its volume in shares", () =>
    Effect.gen(function* () {
      const { answer, url } = yield* asking(
        () => json({ data: standingRow }),
        (boards) => boards.standing({ user: wallet, period: "all" }),
      )
      assert.strictEqual(url.searchParams.get("user"), wallet)
      assert.deepStrictEqual(answer as unknown, {
        wallet,
        pnl: 12_500_000,
        volume: 1_000_250_000,
        rankByPnl: 4,
        rankByVolume: null,
      })
    }),
  )

  it.effect("is null when it has none, and never that of another", () =>
    Effect.gen(function* () {
      const none = yield* asking(
        () => json({ data: null }),
        (boards) => boards.standing({ user: wallet, period: "day" }),
      )
      assert.isNull(none.answer)
      for (const data of [{ ...standingRow, user_id: stranger }, [standingRow], "x", { pnl: 1 }]) {
        const { answer } = yield* asking(
          () => json({ data }),
          (boards) => Effect.flip(boards.standing({ user: wallet, period: "day" })),
        )
        assert.strictEqual(answer.reason._tag, "Malformed")
      }
    }),
  )
})

describe("a wallet's numbers", () => {
  it.effect("count markets; what the venue does not know is null, not 0", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => json({ data: { ...userStatsRow, biggest_win: null, join_date: null } }),
        (boards) => boards.userStats(wallet),
      )
      assert.deepStrictEqual(answer as unknown, {
        wallet,
        marketsTraded: 17,
        biggestWin: null,
        joinedAtMs: null,
      })
    }),
  )
})
