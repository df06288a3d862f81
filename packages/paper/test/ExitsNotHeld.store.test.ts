import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { deliver, prepared, sound } from "./CopyRuns.ts"
import { exits, leaves, mergedOnTheWay, pollOnce, slowOrders } from "./LeaderExits.ts"
import { book, fill, noon } from "./PaperHarness.ts"

describe("a leader's way out of what we do not hold", () => {
  it.effect("counts where we hold nothing, too: what the leader buys later is all it has", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* deliver(house, [fill({ price: 0.5 })])
      const merged = leaves("MERGE", { atMs: noon + 1000 })
      house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.4, 1000]] }))
      house.venue.rows.push({ kind: "activity", activity: merged })
      // Bought before any poll shows the MERGE: it gave up none of these.
      yield* deliver(house, [fill({ price: 0.5, n: 2, atMs: noon + 2000 })])
      yield* pollOnce(house)
      yield* pollOnce(house)
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => [row.outcome_index, row.outcome, row.state, row.size]),
        [[0, "SKIPPED_NOTHING_TO_SELL", "skipped", null]],
      )
      yield* deliver(house, [fill({ side: "SELL", price: 0.4, n: 3, atMs: noon + 130_000 })])
      assert.deepStrictEqual(
        (yield* house.reports.copies({})).map(({ outcome, side }) => [side, outcome]),
        [
          ["SELL", "COPIED"],
          ["BUY", "COPIED"],
          ["SELL", "SKIPPED_NOTHING_TO_SELL"],
          ["BUY", "SKIPPED_NO_BOOK"],
        ],
      )
      const open = yield* house.sql`SELECT 1 FROM lots WHERE open_size > 0`
      assert.strictEqual(open.length, 0)
      yield* sound(house)
    }),
  )

  it.effect("is waited with while what it may give up is still on its way", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: slowOrders })
      // The order meets no book.
      yield* mergedOnTheWay(house)
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => [row.outcome_index, row.outcome]),
        [[0, "SKIPPED_NOTHING_TO_SELL"]],
      )
      yield* sound(house)
    }),
  )

  it.effect("counts for what was bought before it and shows later", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { watch: slowOrders.watch } })
      house.venue.rows.push({ kind: "activity", activity: leaves("MERGE", { atMs: noon + 1000 }) })
      yield* TestClock.adjust("10 seconds")
      yield* house.settle
      assert.deepStrictEqual(yield* exits(house), [])
      yield* deliver(house, [fill({ price: 0.5 })])
      yield* TestClock.adjust("10 seconds")
      yield* house.settle
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => [row.outcome_index, row.outcome]),
        [[0, "SKIPPED_NOTHING_TO_SELL"]],
      )
    }),
  )
})
