import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { book, fill, ingested, noon, resolved, wallet } from "./PaperHarness.ts"
import { deliver, prepared, sound, until } from "./CopyRuns.ts"

const looking = (later_looks = 8) => ({
  strategies: ["solo"] as ReadonlyArray<Strategy>,
  overrides: { paper: { later_looks } },
})

describe("the looks at later books", () => {
  it.effect("tell what the same order would have made a second and more later", () =>
    Effect.gen(function* () {
      const house = yield* prepared(looking())
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* house.tell([ingested([fill({ price: 0.5 })])])
      yield* until(house, "filled")
      house.venue.setBook(book(1, { asks: [[0.51, 1000]] }))
      yield* TestClock.adjust("3 seconds")
      house.venue.setBook(book(1, { asks: [[0.53, 1000]] }))
      yield* TestClock.adjust("10 seconds")
      house.venue.down.add("book")
      yield* TestClock.adjust("80 seconds")
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      // Now 50 shares for 25; then 49.01 for 24.9951; then dearer than the limit of 0.52; no book.
      const expected = [
        { after_ms: 1000, purchases: 1, missed: 0, pnl_usdc: "24.014900" },
        { after_ms: 5000, purchases: 1, missed: 1, pnl_usdc: "0.000000" },
      ].map((one) => ({ ...one, pnl_now_usdc: "25.000000" }))
      assert.deepStrictEqual((yield* house.reports.receipts("solo")).later, expected)
      const sections = yield* house.reports.wallet(wallet(1))
      const slower = sections.find(({ title }) => title === "Had we been slower")!
      assert.deepStrictEqual(slower.rows, expected)
      yield* sound(house)
    }),
  )

  it.effect("leave out what other copies took meanwhile, and are no more than allowed", () =>
    Effect.gen(function* () {
      const house = yield* prepared(looking(1))
      house.venue.setBook(book(1, { asks: [[0.5, 120]] }))
      yield* deliver(house, [
        fill({ price: 0.5 }),
        fill({ price: 0.5, wallet: wallet(2), n: 2, atMs: noon + 1 }),
      ])
      yield* TestClock.adjust("2 seconds")
      const rows = yield* house.sql<{ size: number }>`SELECT size FROM later_fills`
      // The first took 50 and its own are back; the second took 50: 70 are left. No look for it.
      assert.deepStrictEqual(
        rows.map(({ size }) => size),
        [50_000_000],
      )
      house.venue.setBook(book(1, { asks: [[0.5, 80]] }))
      yield* TestClock.adjust("5 seconds")
      const [, later] = yield* house.sql<{ size: number }>`SELECT size FROM later_fills
        ORDER BY after_ms`
      assert.strictEqual(later!.size, 30_000_000)
    }),
  )

  it.effect("tell of their own time only: behind slow books there is none", () =>
    Effect.gen(function* () {
      const house = yield* prepared(looking())
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* house.tell([ingested([fill({ price: 0.5 })])])
      yield* until(house, "filled")
      house.venue.slow = "2 seconds"
      yield* TestClock.adjust("90 seconds")
      const rows = yield* house.sql<{ after_ms: number }>`SELECT after_ms FROM later_fills
        ORDER BY after_ms`
      // A look that took 2 s is not what a second later would have been, nor 5 s.
      assert.deepStrictEqual(
        rows.map((row) => row.after_ms),
        [15_000, 60_000],
      )
    }),
  )

  it.effect("get nothing from a market that closed meanwhile", () =>
    Effect.gen(function* () {
      const house = yield* prepared(looking())
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* house.tell([ingested([fill({ price: 0.5 })])])
      yield* until(house, "filled")
      yield* TestClock.adjust("2 seconds")
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      house.venue.down.add("book")
      yield* TestClock.adjust("90 seconds")
      const { later } = yield* house.reports.receipts("solo")
      assert.deepStrictEqual(
        later.map(({ after_ms, missed }) => [after_ms, missed]),
        [
          [1000, 0],
          [5000, 1],
          [15_000, 1],
          [60_000, 1],
        ],
      )
    }),
  )

  it.effect("are all counted, however many pages of them there are", () =>
    Effect.gen(function* () {
      const house = yield* prepared(looking())
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* deliver(house, [fill({ price: 0.5 })])
      yield* TestClock.adjust("6 seconds")
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const [one] = (yield* house.reports.receipts("solo")).later
      const others = 700
      for (const table of ["copies", "later_fills", "lots"]) {
        const [id, ids] = table === "lots" ? [", id", ", 1000 + i"] : ["", ""]
        const columns = yield* house.sql<{
          name: string
        }>`SELECT name FROM pragma_table_info(${table})
          WHERE name NOT IN ('fill_id', 'id')`
        const named = columns.map(({ name }) => name).join(", ")
        yield* house.sql.unsafe(`WITH RECURSIVE n (i) AS
            (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${others})
          INSERT INTO ${table} (fill_id${id}, ${named})
          SELECT CAST(i AS BLOB)${ids}, ${named} FROM n, ${table}`)
      }
      const kept = "transfer_id, cause, size, cost, buy_fee, proceeds, sale_fee, pnl, at_ms"
      const made = kept.replaceAll(/(\w+)/g, "x.$1")
      yield* house.sql.unsafe(`INSERT INTO closings (lot_id, ${kept})
        SELECT l.id, ${made} FROM closings x, lots l WHERE l.id > 1000`)
      const { later } = yield* house.reports.receipts("solo")
      assert.deepStrictEqual(
        later.map(({ after_ms, purchases }) => [after_ms, purchases]),
        [
          [1000, others + 1],
          [5000, others + 1],
        ],
      )
      assert.strictEqual(
        later[0]!.pnl_now_usdc,
        `${Number(one!.pnl_now_usdc) * (others + 1)}.000000`,
      )
    }),
  )
})
