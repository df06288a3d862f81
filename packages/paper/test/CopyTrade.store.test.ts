import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { shares } from "@evaluator/domain/money/Micro"
import { book, fill, type House, ingested, market, noon, resolved, wallet } from "./PaperHarness.ts"
import { until, prepared, deliver, only, sound } from "./CopyRuns.ts"

describe("a copied purchase", () => {
  it.effect("of $25 at 0.60 makes 16.67 when its outcome wins", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      // 25 / 0.60 = 41.666… shares; the venue trades hundredths: 41.66 for 24.996.
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      const bought = yield* only(house)
      assert.deepInclude(bought, { outcome: "COPIED", state: "filled", size: 41_660_000 })
      assert.strictEqual(bought.gross, 24_996_000)
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const closed = yield* only(house)
      assert.strictEqual(closed.state, "closed")
      assert.strictEqual(closed.pnl, 41_660_000 - 24_996_000)
      assert.strictEqual((closed.pnl! / 1e6).toFixed(1), "16.7")
      assert.strictEqual((yield* house.reports.ledger("portfolio")).cashMicro, 1_016_664_000)
      yield* sound(house)
    }),
  )

  it.effect("loses what it cost when the other outcome wins, and that one makes its profit", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }, 0))
      house.venue.setBook(book(1, { asks: [[0.4, 1000]] }, 1))
      yield* deliver(house, [
        fill({ price: 0.6, wallet: wallet(1) }),
        fill({ price: 0.4, outcome: 1, wallet: wallet(2), n: 2 }),
      ])
      yield* house.tell([resolved(1, [0, 1])])
      yield* house.settle
      const copies = yield* house.reports.copies({})
      const yes = copies.find((copy) => copy.wallet === wallet(1))!
      const no = copies.find((copy) => copy.wallet === wallet(2))!
      assert.strictEqual(yes.pnl, -24_996_000)
      // 62.5 shares for 25.00.
      assert.strictEqual(no.pnl, 37_500_000)
      yield* sound(house)
    }),
  )

  it.effect("of a 50/50 market gets half for each share", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* house.tell([resolved(1, [0.5, 0.5])])
      yield* house.settle
      assert.strictEqual((yield* only(house)).pnl, 20_830_000 - 24_996_000)
      yield* sound(house)
    }),
  )

  it.effect("is filled across three levels within the slippage budget and no further", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(
        book(1, {
          asks: [
            [0.6, 10],
            [0.61, 10],
            [0.62, 5],
            [0.63, 1000],
          ],
        }),
      )
      yield* deliver(house, [fill({ price: 0.6 })])
      const copy = yield* only(house)
      assert.strictEqual(copy.outcome, "COPIED")
      assert.strictEqual(copy.size, 25_000_000)
      assert.strictEqual(copy.gross, 6_000_000 + 6_100_000 + 3_100_000)
      const { cashMicro, reservedMicro } = yield* house.reports.ledger("portfolio")
      assert.strictEqual(cashMicro, 1_000_000_000 - 15_200_000)
      assert.strictEqual(reservedMicro, 0)
      yield* sound(house)
    }),
  )

  it.effect("pays the market's own fee on top, and the fee is part of its result", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* house.tell([
        {
          type: "MarketChanged",
          payload: { market: market(1, { fee: { rate: 40_000, exponent: 1 } }) },
        },
      ])
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* deliver(house, [fill({ price: 0.5 })])
      const copy = yield* only(house)
      // 50 × 0.04 × 0.25
      assert.strictEqual(copy.fee, 500_000)
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      assert.strictEqual((yield* only(house)).pnl, 24_500_000)
      const ledger = yield* house.reports.ledger("portfolio")
      assert.strictEqual(ledger.feesMicro, 500_000)
      assert.strictEqual(ledger.realizedPnlMicro, 24_500_000)
      assert.strictEqual(ledger.cashMicro, 1_024_500_000)
      yield* sound(house)
    }),
  )

  it.effect(
    "meets the book at the moment its order would arrive, not the one at the decision",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        yield* house.tell([
          { type: "MarketChanged", payload: { market: market(1, { delayMs: 3000 }) } },
        ])
        yield* house.settle
        house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
        yield* house.tell([ingested([fill({ price: 0.6 })])])
        yield* until(house, "reserved")
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* only(house)).state, "reserved")
        house.venue.setBook(book(1, { asks: [[0.61, 1000]] }))
        yield* house.settle
        const copy = yield* only(house)
        assert.strictEqual(copy.gross! / copy.size!, 0.61)
        const [row] =
          yield* house.sql`SELECT arrive_at_ms - reserved_at_ms AS delay, priced_at_ms >=
        arrive_at_ms AS late, priced_book FROM copies`
        assert.deepInclude(row, { delay: 3250, late: 1 })
        assert.include(String(row!.priced_book), "610000")
      }),
  )
})

describe("a copied sale", () => {
  it.effect("sells our part of the leader's part, first in, first out, and closes", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.7, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6, size: 100 })])
      yield* deliver(house, [fill({ side: "SELL", price: 0.7, size: 50, n: 2, atMs: noon + 1000 })])
      const sales = yield* house.reports.copies({ outcome: "COPIED", state: "closed" })
      assert.strictEqual(sales.length, 1)
      // Half of 41.66 shares.
      assert.strictEqual(sales[0]!.size, 20_830_000)
      assert.strictEqual(sales[0]!.gross, 14_581_000)
      const [purchase] = yield* house.reports.copies({ state: "filled" })
      assert.strictEqual(purchase!.pnl, 14_581_000 - 12_498_000)
      yield* deliver(house, [fill({ side: "SELL", price: 0.7, size: 50, n: 3, atMs: noon + 2000 })])
      const whole = (yield* house.reports.copies({})).find((copy) => copy.side === "BUY")!
      assert.strictEqual(whole.state, "closed")
      assert.strictEqual(whole.pnl, 29_162_000 - 24_996_000)
      const ledger = yield* house.reports.ledger("portfolio")
      assert.strictEqual(ledger.cashMicro, 1_000_000_000 + 4_166_000)
      assert.strictEqual(ledger.openLots, 0)
      yield* sound(house)
    }),
  )

  it.effect("never touches shares bought by copying another wallet", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.59, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* deliver(house, [
        fill({ side: "SELL", price: 0.6, wallet: wallet(2), n: 2, atMs: noon + 1000 }),
      ])
      const [sale] = yield* house.reports.copies({ wallet: wallet(2) })
      assert.strictEqual(sale?.outcome, "SKIPPED_NOTHING_TO_SELL")
      assert.strictEqual((yield* house.reports.ledger("portfolio")).openLots, 1)
    }),
  )

  it.effect("that the book cannot take whole leaves the rest held", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.6, 10]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* deliver(house, [fill({ side: "SELL", price: 0.6, size: 100, n: 2, atMs: noon + 1 })])
      const [sale] = yield* house.reports.copies({ state: "closed" })
      assert.strictEqual(sale?.size, 10_000_000)
      const [held] = yield* house.sql`SELECT open_size FROM lots`
      assert.strictEqual(held?.open_size, 31_660_000)
      yield* sound(house)
    }),
  )
})

describe("a fill that is not copied", () => {
  const ends = Effect.fnUntraced(function* (
    outcome: string,
    prepare: (house: House) => Effect.Effect<unknown>,
    made: Parameters<typeof fill>[0] = {},
  ) {
    const house = yield* prepared()
    house.venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.59, 1000]] }))
    yield* prepare(house)
    yield* house.settle
    yield* deliver(house, [fill({ price: 0.6, ...made })])
    const copy = yield* only(house)
    assert.strictEqual(copy.outcome, outcome)
    assert.strictEqual(copy.state, "skipped")
    assert.isNotNull(copy.reason)
    assert.strictEqual((yield* house.reports.ledger("portfolio")).cashMicro, 1_000_000_000)
    yield* sound(house)
    return house
  })

  it.effect("because its market is unknown even to the venue", () =>
    Effect.gen(function* () {
      const house = yield* ends("SKIPPED_MARKET_UNKNOWN", () => Effect.void, { market: 99 })
      assert.isTrue(house.venue.calls.some((call) => call.startsWith("markets ")))
    }),
  )

  it.effect("because its market is closed", () =>
    ends("SKIPPED_MARKET_CLOSED", (house) =>
      house.tell([{ type: "MarketChanged", payload: { market: market(1, { status: "closed" }) } }]),
    ),
  )

  it.effect("because it was noticed too late", () =>
    ends("SKIPPED_DETECTION_LAG", () => TestClock.adjust("61 seconds")),
  )

  it.effect("because the venue has no book for its token", () =>
    ends("SKIPPED_NO_BOOK", (house) => Effect.sync(() => house.venue.books.clear())),
  )

  it.effect("because the venue does not answer", () =>
    ends("SKIPPED_NO_BOOK", (house) => Effect.sync(() => house.venue.down.add("book"))),
  )

  it.effect("because the book is too dear", () =>
    ends("SKIPPED_NO_FILL", (house) =>
      Effect.sync(() => house.venue.setBook(book(1, { asks: [[0.63, 1000]] }))),
    ),
  )

  it.effect("because there is nothing to sell", () =>
    ends("SKIPPED_NOTHING_TO_SELL", () => Effect.void, { side: "SELL" }),
  )

  it.effect("because the order would be smaller than the market takes", () =>
    ends("SKIPPED_BELOW_MINIMUM", (house) =>
      house.tell([
        {
          type: "MarketChanged",
          payload: { market: market(1, { minimumSize: shares(100_000_000) }) },
        },
      ]),
    ),
  )

  it.effect("because everything is halted", () =>
    ends("SKIPPED_HALTED", (house) => house.lane.halt({ reason: "test", untilMs: null })),
  )

  it.effect("because a later fill of the same wallet and token was decided before it", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.59, 1000]] }))
      yield* deliver(house, [fill({ side: "SELL", price: 0.6, atMs: noon + 2000 })])
      yield* deliver(house, [fill({ price: 0.6, atMs: noon + 1000, n: 2 })])
      const late = (yield* house.reports.copies({})).find((copy) => copy.side === "BUY")
      assert.strictEqual(late?.outcome, "SKIPPED_DETECTION_LAG")
      assert.include(late?.reason, "overtaken")
    }),
  )

  it.effect("but not because another wallet's later fill of the token was", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6, atMs: noon + 2000, wallet: wallet(2) })])
      yield* deliver(house, [fill({ price: 0.6, atMs: noon + 1000, n: 2 })])
      const outcomes = (yield* house.reports.copies({})).map((copy) => copy.outcome)
      assert.deepStrictEqual(outcomes, ["COPIED", "COPIED"])
    }),
  )

  it.effect("because the pool had no room for it", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { slots: 1, waiting: 1 } } })
      // Nobody told of it, and the venue takes its time: the first decision does.
      house.venue.markets.set(market(9).condition, market(9))
      house.venue.slow = "500 millis"
      yield* deliver(
        house,
        [1, 2, 3, 4].map((n) => fill({ price: 0.6, n, market: 9 })),
      )
      const { outcomes } = yield* house.reports.counts("portfolio", null)
      assert.strictEqual(outcomes.SKIPPED_OVERLOAD, 2)
      const queues = yield* house.backlogs.all
      for (const { offered, done, failed, dropped, coalesced, pending } of queues) {
        assert.strictEqual(offered, done + failed + dropped + coalesced + pending)
      }
      yield* sound(house)
    }),
  )
})
