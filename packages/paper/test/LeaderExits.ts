/** Ways by which a leader gives shares up, and the exits that start by them. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { shares } from "@evaluator/domain/money/Micro"
import type { Activity, ActivityType } from "@evaluator/domain/trade/Trade"
import { deliver, prepared } from "./CopyRuns.ts"
import { book, condition, fill, type House, ingested, noon, wallet } from "./PaperHarness.ts"

export const leaves = (type: ActivityType, more: Partial<Activity> = {}): Activity => ({
  id: "a".repeat(32) as Activity["id"],
  wallet: wallet(1),
  type,
  condition: condition(1),
  token: null,
  size: shares(100_000_000),
  usdc: 100_000_000,
  atMs: noon + 10_000,
  transaction: `0x${"9".repeat(64)}` as Activity["transaction"],
  ...more,
})

/** The leader bought 100 of each outcome, and so did we. */
export const holding = Effect.fnUntraced(function* (options: Parameters<typeof prepared>[0] = {}) {
  const house = yield* prepared(options)
  for (const outcome of [0, 1]) {
    house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.4, 1000]] }, outcome))
    yield* deliver(house, [fill({ price: 0.5, outcome, n: outcome + 1 })])
  }
  return house
})

export const pollOnce = (house: House) =>
  TestClock.adjust("60 seconds").pipe(Effect.andThen(house.settle))

export const exits = (house: House) =>
  house.sql<
    Record<string, string | number | null>
  >`SELECT strategy, origin, outcome, state, outcome_index,
    size, gross FROM copies WHERE origin <> 'fill' ORDER BY strategy, outcome_index`

/** The leader bought, and merged a second later; polls have shown both, and our order is on its way yet. */
export const mergedOnTheWay = Effect.fnUntraced(function* (house: House) {
  const bought = fill({ price: 0.5 })
  house.venue.rows.push({ kind: "fill", fill: bought })
  house.venue.rows.push({ kind: "activity", activity: leaves("MERGE", { atMs: noon + 1000 }) })
  yield* house.tell([ingested([bought])])
  yield* TestClock.adjust("15 seconds")
  assert.deepStrictEqual(yield* exits(house), [])
  yield* TestClock.adjust("60 seconds")
  yield* house.settle
})

/** Orders take twenty seconds, and polls come every five. */
export const slowOrders = {
  paper: { delay: "20s" },
  watch: { poll_often: "5s", poll_seldom: "5s", late_rows: "1m" },
}
