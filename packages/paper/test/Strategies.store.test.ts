import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { book, fill, type House, ingested, market, noon, resolved, wallet } from "./PaperHarness.ts"
import { deliver, prepared, sound } from "./CopyRuns.ts"

const all = { strategies: Strategy.literals }

const byStrategy = (house: House) =>
  Effect.map(house.reports.copies({}), (copies) =>
    Object.fromEntries(copies.map((copy) => [copy.strategy, copy])),
  )

const outcomesOf = (house: House, strategy: Strategy) =>
  Effect.map(house.reports.counts(strategy, null), ({ outcomes }) => outcomes)

describe("each strategy", () => {
  it.effect("gives every fill one outcome in books of its own", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      yield* house.tell([
        {
          type: "MarketChanged",
          payload: { market: market(1, { fee: { rate: 40_000, exponent: 1 } }) },
        },
      ])
      house.venue.setBook(book(1, { asks: [[0.51, 1000]] }))
      yield* deliver(house, [fill({ price: 0.5 }), fill({ price: 0.5, wallet: wallet(2), n: 2 })])
      const { portfolio, solo, careless } = yield* byStrategy(house)
      // 25 / 0.51 = 49.01 shares for 24.9951 and 0.04 × 0.51 × 0.49 a share.
      assert.deepInclude(portfolio, { outcome: "COPIED", size: 49_010_000, gross: 24_995_100 })
      assert.deepInclude(solo, { outcome: "COPIED", size: 49_010_000, gross: 24_995_100 })
      assert.strictEqual(solo!.fee, 489_900)
      assert.deepInclude(careless, {
        outcome: "COPIED",
        size: 50_000_000,
        gross: 25_000_000,
        fee: 0,
      })
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const cash = yield* house.sql<{ book: string; amount: number }>`SELECT book, amount
        FROM balances WHERE account = 'cash' ORDER BY book`
      assert.deepStrictEqual(
        cash.map((row) => [row.book, row.amount]),
        [
          [`careless:${wallet(1)}`, 1_025_000_000],
          [`careless:${wallet(2)}`, 1_025_000_000],
          ["portfolio", 1_000_000_000 + 2 * (49_010_000 - 24_995_100 - 489_900)],
          [`solo:${wallet(1)}`, 1_000_000_000 + 49_010_000 - 24_995_100 - 489_900],
          [`solo:${wallet(2)}`, 1_000_000_000 + 49_010_000 - 24_995_100 - 489_900],
        ],
      )
      yield* sound(house)
    }),
  )

  it.effect("asks its own gates: what fills the portfolio leaves room for each wallet alone", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ ...all, overrides: { paper: { max_positions: 2 } } })
      const markets = [1, 2, 3, 4, 5]
      for (const n of markets) house.venue.setBook(book(n, { asks: [[0.5, 1000]] }))
      for (const n of markets) yield* deliver(house, [fill({ market: n, price: 0.5, n })])
      assert.deepStrictEqual(yield* outcomesOf(house, "portfolio"), {
        COPIED: 2,
        SKIPPED_PORTFOLIO_RISK: 3,
      })
      assert.deepStrictEqual(yield* outcomesOf(house, "solo"), { COPIED: 5 })
      assert.deepStrictEqual(yield* outcomesOf(house, "careless"), { COPIED: 5 })
      yield* sound(house)
    }),
  )

  it.effect("prices the copies of a fill with one book, read once", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* deliver(house, [fill({ price: 0.5 })])
      assert.strictEqual(house.venue.calls.filter((call) => call.startsWith("book")).length, 1)
    }),
  )

  it.effect("meets a lie where the control does not: no book is no fill but for careless", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      yield* deliver(house, [fill({ price: 0.5, atMs: noon - 30_000 })])
      const { portfolio, solo, careless } = yield* byStrategy(house)
      assert.strictEqual(portfolio!.outcome, "SKIPPED_NO_BOOK")
      assert.strictEqual(solo!.outcome, "SKIPPED_NO_BOOK")
      assert.strictEqual(careless!.outcome, "COPIED")
      const unpriced = yield* house.sql`SELECT 1 FROM copies WHERE outcome = 'COPIED'
        AND strategy <> 'careless' AND priced_book IS NULL`
      assert.strictEqual(unpriced.length, 0)
      yield* sound(house)
    }),
  )

  it.effect("commits the skips of a fill together", () =>
    Effect.gen(function* () {
      let commits = 0
      const house = yield* prepared({ ...all, onCommit: () => (commits += 1) })
      const quiet = fill({ side: "SELL", price: 0.5 })
      yield* deliver(house, [fill({ side: "SELL", price: 0.5, n: 9 })])
      const before = commits
      yield* house.tell([ingested([quiet])])
      yield* house.settle
      const skipped = yield* house.reports.copies({ outcome: "SKIPPED_NOTHING_TO_SELL" })
      assert.strictEqual(skipped.length, 6)
      // The event with the detected rows, and the three skips.
      assert.strictEqual(commits - before, 2)
    }),
  )

  it.effect("is halted apart: a halt of the portfolio leaves the evidence alone", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* house.lane.halt({ reason: "enough", untilMs: null })
      yield* deliver(house, [fill({ price: 0.5 })])
      const { portfolio, solo } = yield* byStrategy(house)
      assert.strictEqual(portfolio!.outcome, "SKIPPED_HALTED")
      assert.strictEqual(solo!.outcome, "COPIED")
    }),
  )

  it.effect("is halted and resumed by its name, and the others go on", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* house.lane.halt({ strategy: "solo", reason: "odd", untilMs: null })
      yield* deliver(house, [fill({ price: 0.5 })])
      const halted = yield* byStrategy(house)
      assert.strictEqual(halted.solo!.outcome, "SKIPPED_HALTED")
      assert.strictEqual(halted.portfolio!.outcome, "COPIED")
      assert.strictEqual(yield* house.lane.resume({ reason: "not this one" }), 0)
      assert.strictEqual(yield* house.lane.resume({ strategy: "solo", reason: "again" }), 1)
      yield* deliver(house, [fill({ price: 0.5, n: 2, atMs: noon + 1000 })])
      const { outcomes } = yield* house.reports.counts("solo", null)
      assert.deepStrictEqual(outcomes, { COPIED: 1, SKIPPED_HALTED: 1 })
      const audits = yield* house.sql`SELECT verb, subject FROM audits ORDER BY id`
      assert.deepStrictEqual(
        audits.map((row) => `${row.verb} ${row.subject}`),
        ["halt solo", "resume portfolio", "resume solo"],
      )
    }),
  )
})

describe("our own impact", () => {
  const shallow = book(1, {
    asks: [
      [0.5, 60],
      [0.51, 60],
    ],
  })

  it.effect("is taken out of the book we meet next, across wallets, for some minutes", () =>
    Effect.gen(function* () {
      const house = yield* prepared({
        strategies: ["portfolio", "solo"],
        overrides: { paper: { own_impact: "2s", market_exposure: 0.15, theme_exposure: 0.15 } },
      })
      house.venue.setBook(shallow)
      yield* deliver(house, [fill({ price: 0.5 })])
      yield* deliver(house, [fill({ price: 0.5, wallet: wallet(2), n: 2, atMs: noon + 1 })])
      const second = (yield* house.reports.copies({ wallet: wallet(2) })).map((copy) => copy.gross)
      // 50 of the 60 shares at 0.50 are gone: 10 × 0.50, and 39.21 × 0.51.
      assert.deepStrictEqual(second, [24_997_100, 24_997_100])
      const [kept] = yield* house.sql<{ own_taken: number; priced_book: string }>`
        SELECT own_taken, priced_book FROM copies WHERE strategy = 'solo' AND hex(wallet) LIKE '%2'`
      assert.strictEqual(kept!.own_taken, 50_000_000)
      assert.include(kept!.priced_book, '"size":10000000')
      yield* sound(house)
    }),
  )

  it.effect("is forgotten afterwards", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { own_impact: "0s" } } })
      house.venue.setBook(shallow)
      yield* deliver(house, [fill({ price: 0.5 })])
      yield* deliver(house, [fill({ price: 0.5, wallet: wallet(2), n: 2, atMs: noon + 1 })])
      const [second] = yield* house.reports.copies({ wallet: wallet(2) })
      assert.strictEqual(second!.gross, 25_000_000)
    }),
  )
})
