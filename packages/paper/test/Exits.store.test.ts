import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import type { FillId } from "@evaluator/domain/Id"
import { shares } from "@evaluator/domain/money/Micro"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { Activity } from "@evaluator/domain/trade/Trade"
import { deliver, prepared, sound } from "./CopyRuns.ts"
import { exits, holding, leaves, mergedOnTheWay, pollOnce, slowOrders } from "./LeaderExits.ts"
import { book, condition, fill, noon, token, wallet } from "./PaperHarness.ts"

describe("a leader's way out", () => {
  it.effect("by a MERGE sells our part of every outcome it gives up", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      house.venue.rows.push({
        kind: "activity",
        activity: leaves("MERGE", { size: shares(50_000_000) }),
      })
      yield* pollOnce(house)
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => ({ ...row })),
        [0, 1].map((outcome_index) => ({
          strategy: "portfolio",
          origin: "MERGE",
          outcome: "COPIED",
          state: "closed",
          outcome_index,
          size: 25_000_000,
          gross: 10_000_000,
        })),
      )
      // It has no leader's price to slip from, and a receipt that adds up all the same.
      const { fidelity } = yield* house.reports.receipts("portfolio")
      assert.deepStrictEqual(
        fidelity.receipts.map(({ side }) => side),
        ["BUY"],
      )
      const { receipts_with_remainder, results } = yield* house.reports.evidence
      assert.strictEqual(receipts_with_remainder, 0)
      assert.deepInclude(results.portfolio, { copied: 4, slippage_usdc: "0.000000" })
      yield* sound(house)
    }),
  )

  it.effect("is taken once, however often it is served, and is no fill of the leader", () =>
    Effect.gen(function* () {
      const house = yield* holding({ strategies: Strategy.literals })
      for (const strategy of Strategy.literals) {
        assert.deepStrictEqual((yield* house.reports.counts(strategy, null)).outcomes, {
          COPIED: 2,
        })
      }
      house.venue.rows.push({ kind: "activity", activity: leaves("MERGE") })
      yield* pollOnce(house)
      yield* pollOnce(house)
      assert.strictEqual((yield* exits(house)).length, 6)
      for (const strategy of Strategy.literals) {
        assert.deepStrictEqual((yield* house.reports.counts(strategy, null)).outcomes, {
          COPIED: 2,
        })
      }
      // At what it cost: the control neither gains nor loses by an exit.
      const [careless] = yield* exits(house)
      assert.deepInclude(careless, { strategy: "careless", size: 50_000_000, gross: 25_000_000 })
      yield* sound(house)
    }),
  )

  it.effect(
    "is followed although the poll that shows it shows a later fill of the token, too",
    () =>
      Effect.gen(function* () {
        const house = yield* holding()
        const later = fill({ price: 0.5, n: 3, atMs: noon + 20_000 })
        house.venue.rows.push({ kind: "activity", activity: leaves("MERGE") })
        house.venue.rows.push({ kind: "fill", fill: later })
        yield* pollOnce(house)
        assert.deepStrictEqual(
          (yield* exits(house)).map((row) => [row.outcome_index, row.outcome, row.size]),
          // Of the first it gave up the 100 it had then, of 200 by now.
          [0, 1].map((outcome_index) => [outcome_index, "COPIED", 50_000_000]),
        )
        const open = yield* house.sql<{ size: number }>`SELECT sum(open_size) AS size FROM lots`
        assert.strictEqual(open[0]!.size, 50_000_000)
        yield* sound(house)
      }),
  )

  it.effect("that polls show again is looked at again only when copies of the wallet went on", () =>
    Effect.gen(function* () {
      let looks = 0
      const house = yield* holding({
        overrides: { watch: { late_rows: "1h" } },
        watch: (sql) => {
          if (sql.includes("sum(l.open_cost) AS cost")) looks += 1
        },
      })
      house.venue.rows.push({ kind: "activity", activity: leaves("MERGE") })
      yield* pollOnce(house)
      yield* pollOnce(house)
      looks = 0
      yield* pollOnce(house)
      assert.strictEqual(looks, 0)
      yield* deliver(house, [fill({ price: 0.5, n: 9, atMs: noon + 190_000 })])
      yield* pollOnce(house)
      assert.isAbove(looks, 0)
    }),
  )

  it.effect(
    "takes its part of what was bought before it, and nothing of what was bought since",
    () =>
      Effect.gen(function* () {
        const house = yield* holding()
        // Of the first outcome the leader gives up all it had, and buys three times that.
        yield* deliver(house, [fill({ price: 0.5, size: 300, n: 3, atMs: noon + 20_000 })])
        house.venue.rows.push({ kind: "activity", activity: leaves("MERGE") })
        yield* pollOnce(house)
        const left = yield* house.sql<{ n: number; size: number }>`SELECT c.leader_at_ms AS n,
          l.open_size AS size FROM lots l JOIN copies c ON c.fill_id = l.fill_id
        WHERE l.open_size > 0`
        assert.deepStrictEqual(
          left.map(({ n, size }) => [n, size]),
          [[noon + 20_000, 50_000_000]],
        )
        yield* sound(house)
      }),
  )

  it.effect("takes all that is left where the leader sold the rest before a poll showed it", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      const half = leaves("MERGE", { size: shares(50_000_000) })
      yield* deliver(house, [
        fill({ side: "SELL", price: 0.4, size: 50, n: 3, atMs: noon + 20_000 }),
      ])
      yield* deliver(house, [fill({ price: 0.5, n: 4, atMs: noon + 21_000 })])
      house.venue.rows.push({ kind: "activity", activity: half })
      yield* pollOnce(house)
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => [row.outcome_index, row.outcome, row.size]),
        [
          [0, "COPIED", 25_000_000],
          [1, "COPIED", 25_000_000],
        ],
      )
      const left = yield* house.sql<{ at: number; size: number }>`SELECT c.leader_at_ms AS at,
          l.open_size AS size FROM lots l JOIN copies c ON c.fill_id = l.fill_id
        WHERE l.open_size > 0 AND l.outcome_index = 0`
      assert.deepStrictEqual(
        left.map(({ at, size }) => [at, size]),
        [[noon + 21_000, 50_000_000]],
      )
      yield* sound(house)
    }),
  )

  it.effect("by a CONVERSION gives up the No side alone", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      house.venue.rows.push({ kind: "activity", activity: leaves("CONVERSION") })
      yield* pollOnce(house)
      const found = yield* exits(house)
      assert.deepStrictEqual(
        found.map((row) => [row.outcome_index, row.outcome]),
        [[1, "COPIED"]],
      )
      yield* sound(house)
    }),
  )

  it.effect("is told by why as what it was, and as no sale at a price", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      const merged = leaves("MERGE", { size: shares(50_000_000) })
      const redeemed = leaves("REDEEM", {
        id: "b".repeat(32) as Activity["id"],
        size: shares(0),
        atMs: noon + 11_000,
      })
      for (const activity of [merged, redeemed]) {
        house.venue.rows.push({ kind: "activity", activity })
      }
      yield* pollOnce(house)
      const ids = yield* house.sql<{ id: FillId }>`SELECT lower(hex(fill_id)) AS id FROM copies
        WHERE origin <> 'fill' AND outcome_index = 0 ORDER BY leader_at_ms`
      const told = yield* Effect.forEach(ids, ({ id }) => house.reports.why(id))
      assert.deepStrictEqual(
        told.map(([first]) => [first!.title, first!.says]),
        [
          "50.000000 shares by a MERGE on 2026-01-05 12:00:10.000 UTC",
          "all it had by a REDEEM on 2026-01-05 12:00:11.000 UTC",
        ].map((what) => [
          "The leader's way out (portfolio)",
          [`Wallet ${wallet(1)} gave up ${what}.`],
        ]),
      )
      const [row] = told[0]![0]!.rows
      assert.deepInclude(row, { origin: "MERGE", leader_size: 50_000_000 })
      assert.notProperty(row, "leader_price")
      assert.notProperty(told[1]![0]!.rows[0], "leader_size")
      const receipt = told[0]!.find(({ title }) => title.startsWith("Receipt"))
      assert.include(receipt!.says[0], "Against what we had paid it lost 2.5")
    }),
  )

  it.effect("that names only its token is found by it", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      const named = leaves("CONVERSION", { condition: null, token: token(1, 1) })
      house.venue.rows.push({ kind: "activity", activity: named })
      yield* pollOnce(house)
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => [row.outcome_index, row.outcome]),
        [[1, "COPIED"]],
      )
      yield* sound(house)
    }),
  )

  it.effect("that names neither market nor token starts no exit, and is told once", () => {
    const said: Array<string> = []
    const listening = Logger.make(({ logLevel, message }) => {
      if (logLevel === "Warn") said.push(String(message))
    })
    return Effect.gen(function* () {
      const house = yield* holding()
      for (const of of [1, 2]) {
        const nameless = leaves("CONVERSION", {
          id: String(of).repeat(32) as Activity["id"],
          wallet: wallet(of),
          condition: null,
        })
        house.venue.rows.push({ kind: "activity", activity: nameless })
      }
      yield* pollOnce(house)
      yield* pollOnce(house)
      assert.deepStrictEqual(yield* exits(house), [])
      assert.strictEqual(said.length, 1)
      assert.include(
        said[0],
        `a CONVERSION of ${wallet(1)} at 2026-01-05T12:00:10.000Z names neither`,
      )
    }).pipe(Effect.provide(Logger.layer([listening])))
  })

  it.effect("by a REDEEM gives up everything, whatever size the row says", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      house.venue.rows.push({ kind: "activity", activity: leaves("REDEEM", { size: shares(0) }) })
      yield* pollOnce(house)
      const open = yield* house.sql`SELECT 1 FROM lots WHERE open_size > 0`
      assert.strictEqual(open.length, 0)
      yield* sound(house)
    }),
  )

  it.effect("by a SPLIT only when it names the token it takes", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      house.venue.rows.push({ kind: "activity", activity: leaves("SPLIT") })
      yield* pollOnce(house)
      assert.strictEqual((yield* exits(house)).length, 0)
      const named = leaves("SPLIT", { id: "b".repeat(32) as Activity["id"], token: token(1, 0) })
      house.venue.rows.push({ kind: "activity", activity: { ...named, atMs: noon + 70_000 } })
      yield* pollOnce(house)
      yield* pollOnce(house)
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => row.outcome_index),
        [0],
      )
    }),
  )

  it.effect("from what a purchase on its way will buy is taken by a later poll, once", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: slowOrders })
      house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.4, 1000]] }))
      yield* mergedOnTheWay(house)
      assert.deepStrictEqual(
        (yield* exits(house)).map((row) => [row.outcome, row.size]),
        [["COPIED", 50_000_000]],
      )
      const open = yield* house.sql`SELECT 1 FROM lots WHERE open_size > 0`
      assert.strictEqual(open.length, 0)
      yield* sound(house)
    }),
  )

  it.effect("starts nothing where we hold nothing, and ends NO_BOOK without a book", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      house.venue.books.clear()
      house.venue.rows.push({ kind: "activity", activity: leaves("MERGE") })
      house.venue.rows.push({
        kind: "activity",
        activity: leaves("MERGE", {
          id: "c".repeat(32) as Activity["id"],
          condition: condition(2),
        }),
      })
      yield* pollOnce(house)
      const found = yield* exits(house)
      assert.deepStrictEqual(
        found.map((row) => row.outcome),
        ["SKIPPED_NO_BOOK", "SKIPPED_NO_BOOK"],
      )
      yield* sound(house)
    }),
  )
})
