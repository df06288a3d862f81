import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { price, shares } from "@evaluator/domain/money/Micro"
import { book, fill, type House, ingested, market, noon, resolved, wallet } from "./PaperHarness.ts"
import { prepared, deliver, only, until, sound } from "./CopyRuns.ts"

const promises = ({ sql }: House) =>
  Effect.map(sql<{ state: string }>`SELECT state FROM reservations ORDER BY id`, (rows) =>
    rows.map(({ state }) => state),
  )

describe("what is promised to a copy", () => {
  it.effect("is given back when the market closes while its order is on its way", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* house.tell([ingested([fill({ price: 0.6 })])])
      yield* until(house, "reserved")
      assert.isBelow((yield* house.reports.ledger("portfolio")).cashMicro, 1_000_000_000)
      yield* house.tell([
        { type: "MarketChanged", payload: { market: market(1, { status: "closed" }) } },
      ])
      yield* house.settle
      assert.strictEqual((yield* only(house)).outcome, "SKIPPED_MARKET_CLOSED")
      assert.deepStrictEqual(yield* promises(house), ["voided"])
      assert.strictEqual((yield* house.reports.ledger("portfolio")).cashMicro, 1_000_000_000)
      yield* sound(house)
    }),
  )

  it.effect("is given back at a halt, and a resume lets the next one through", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* house.tell([ingested([fill({ price: 0.6 })])])
      yield* until(house, "reserved")
      yield* house.lane.halt({ reason: "enough", untilMs: null })
      yield* house.settle
      assert.strictEqual((yield* only(house)).outcome, "SKIPPED_HALTED")
      assert.strictEqual(yield* house.lane.resume({ reason: "again" }), 1)
      yield* deliver(house, [fill({ price: 0.6, n: 2, atMs: noon + 1000 })])
      const { outcomes } = yield* house.reports.counts("portfolio", null)
      assert.deepStrictEqual(outcomes, { COPIED: 1, SKIPPED_HALTED: 1 })
      const audits = yield* house.sql`SELECT verb, reason FROM audits ORDER BY id`
      assert.deepStrictEqual(
        audits.map((row) => [row.verb, row.reason]),
        [
          ["halt", "enough"],
          ["resume", "again"],
        ],
      )
    }),
  )

  it.effect("is given back when a step breaks, and the copy ends FAILED with the cause", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      // A book whose best level is no price at all breaks the step that keeps it.
      const broken = book(1, { asks: [[0.6, 1000]] })
      house.venue.setBook({ ...broken, asks: [{ price: price(0.5), size: shares(1) }] })
      yield* deliver(house, [fill({ price: 0.6 })])
      const copy = yield* only(house)
      assert.strictEqual(copy.state, "compensated")
      assert.strictEqual(copy.outcome, "FAILED")
      assert.isNotNull(copy.reason)
      assert.deepStrictEqual(yield* promises(house), ["voided"])
      assert.strictEqual((yield* house.reports.ledger("portfolio")).cashMicro, 1_000_000_000)
      yield* sound(house)
    }),
  )

  it.effect(
    "stays promised when even the undo breaks: the copy is stuck and the ledger says so",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        const broken = book(1, { asks: [[0.6, 1000]] })
        house.venue.setBook({ ...broken, asks: [{ price: price(0.5), size: shares(1) }] })
        yield* house.tell([ingested([fill({ price: 0.6 })])])
        yield* until(house, "reserved")
        yield* house.sql`UPDATE balances SET amount = 0 WHERE account = 'reserved'`
        yield* house.settle
        const copy = yield* only(house)
        assert.strictEqual(copy.state, "stuck")
        assert.strictEqual(copy.outcome, "FAILED")
        const faults = yield* house.reports.ledgerCheck
        assert.isTrue(faults.some((fault) => fault.rule.startsWith("a balance is the sum")))
        assert.isFalse((yield* house.reports.ledger("portfolio")).balanced)
      }),
  )

  it.effect("counts for the caps of the copies decided at the same moment", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { wallet_exposure: 1 } } })
      const eight = [1, 2, 3, 4, 5, 6, 7, 8]
      for (const n of eight) house.venue.setBook(book(n, { asks: [[0.5, 1000]] }))
      yield* deliver(
        house,
        eight.map((n) => fill({ market: n, price: 0.5, n })),
      )
      const { outcomes } = yield* house.reports.counts("portfolio", null)
      assert.deepStrictEqual(outcomes, { COPIED: 6, SKIPPED_PORTFOLIO_RISK: 2 })
      const { positionsMicro } = yield* house.reports.ledger("portfolio")
      assert.isAtMost(positionsMicro, 150_000_000)
      yield* sound(house)
    }),
  )
})

describe("losses", () => {
  it.effect("stop purchases for the day, and the next UTC day begins anew", () =>
    Effect.gen(function* () {
      const midnight = noon + 12 * 3_600_000
      const evening = midnight - 10_000
      const house = yield* prepared({}, evening)
      for (const n of [1, 2, 3]) house.venue.setBook(book(n, { asks: [[0.5, 1000]] }))
      yield* deliver(house, [
        fill({ market: 1, price: 0.5, wallet: wallet(1), atMs: evening }),
        fill({ market: 2, price: 0.5, wallet: wallet(2), n: 2, atMs: evening }),
      ])
      yield* house.tell([resolved(1, [0, 1]), resolved(2, [0, 1])])
      yield* house.settle
      // 50 USDC lost: more than 3 % of 1000 in a day, less than 8 % in a week.
      const next = (n: number, atMs: number) =>
        fill({ market: 3, price: 0.5, wallet: wallet(3), n, atMs })
      yield* deliver(house, [next(3, evening + 1000)])
      yield* TestClock.setTime(midnight)
      yield* deliver(house, [next(4, midnight)])
      const third = yield* house.reports.copies({ wallet: wallet(3) })
      assert.deepStrictEqual(
        third.map((copy) => copy.outcome),
        ["COPIED", "SKIPPED_DAILY_LOSS"],
      )
    }),
  )
})
