import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import { price } from "@evaluator/domain/money/Micro"
import { book, condition, fill, type House, noon, resolved, wallet } from "./PaperHarness.ts"
import { deliver, only, prepared, sound } from "./CopyRuns.ts"

const cash = (house: House) =>
  Effect.map(house.reports.ledger("portfolio"), ({ cashMicro }) => cashMicro)

const settled = (house: House) =>
  Effect.map(
    house.sql<{ payload: string }>`SELECT payload FROM events WHERE type = 'CopySettled'
      ORDER BY seq`,
    (rows) => rows.map((row) => (JSON.parse(row.payload) as { pnlMicro: number }).pnlMicro),
  )

const tell = (house: House, draft: EventDraft) =>
  house.tell([draft]).pipe(Effect.andThen(house.settle))

/** 50 shares at 0.50. */
const bought = Effect.gen(function* () {
  const house = yield* prepared()
  house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.6, 1000]] }))
  yield* deliver(house, [fill({ price: 0.5 })])
  return house
})

describe("a payout that the venue corrects", () => {
  it.effect("is taken back from the loser and the copy is reversed", () =>
    Effect.gen(function* () {
      const house = yield* bought
      yield* tell(house, resolved(1, [1, 0]))
      assert.strictEqual(yield* cash(house), 1_025_000_000)
      yield* tell(house, resolved(1, [0, 1]))
      assert.deepInclude(yield* only(house), {
        state: "reversed",
        outcome: "COPIED",
        pnl: -25_000_000,
      })
      assert.strictEqual(yield* cash(house), 975_000_000)
      assert.deepStrictEqual(yield* settled(house), [25_000_000, -50_000_000])
      yield* sound(house)
    }),
  )

  it.effect("to 50/50 and back again ends where the last word says", () =>
    Effect.gen(function* () {
      const house = yield* bought
      for (const payouts of [
        [0, 1],
        [0.5, 0.5],
        [1, 0],
        [1, 0],
      ]) {
        yield* tell(house, resolved(1, payouts))
      }
      assert.deepInclude(yield* only(house), { state: "reversed", pnl: 25_000_000 })
      assert.strictEqual(yield* cash(house), 1_025_000_000)
      yield* sound(house)
    }),
  )

  it.effect("waits for the cash it takes, and is found by a sweep", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { bankroll: 30 } } })
      house.venue.setBook(book(1, { asks: [[0.05, 1000]] }))
      yield* deliver(house, [fill({ price: 0.05 })])
      const copy = yield* only(house)
      assert.strictEqual(copy.outcome, "COPIED")
      yield* tell(house, resolved(1, [1, 0]))
      const rich = yield* cash(house)
      // All but one USDC is promised elsewhere when the correction comes.
      yield* house.sql`UPDATE balances SET amount = 1000000 WHERE account = 'cash'`
      yield* tell(house, resolved(1, [0, 1]))
      assert.strictEqual((yield* only(house)).state, "closed")
      yield* house.sql`UPDATE balances SET amount = ${rich} WHERE account = 'cash'`
      yield* TestClock.adjust("10 minutes")
      yield* house.settle
      assert.strictEqual((yield* only(house)).state, "reversed")
      yield* sound(house)
    }),
  )

  it.effect("is not what a dispute is: nothing is paid until the venue calls it resolved", () =>
    Effect.gen(function* () {
      const house = yield* bought
      const disputed = (status: string): EventDraft => ({
        type: "MarketResolved",
        payload: {
          resolution: {
            condition: condition(1),
            status,
            payouts: status === "resolved" ? [price(500_000), price(500_000)] : [],
            disputed: true,
            resolvedAtMs: null,
          },
        },
      })
      yield* tell(house, disputed("disputed"))
      assert.strictEqual((yield* only(house)).state, "filled")
      // Voided: each outcome pays half.
      yield* tell(house, disputed("resolved"))
      assert.deepInclude(yield* only(house), { state: "closed", pnl: 0 })
      yield* sound(house)
    }),
  )
})

describe("a leader's fill that fails after we followed it", () => {
  const announced = Effect.gen(function* () {
    const house = yield* prepared({
      overrides: { watch: { poll_often: "10s", poll_seldom: "10s" } },
    })
    house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.6, 1000]] }))
    yield* Queue.offer(house.venue.announced, fill({ price: 0.5 }))
    yield* house.settle
    assert.deepInclude(yield* only(house), { outcome: "COPIED", detectedVia: "feed" })
    return house
  })

  it.effect("takes the purchase back: cash and fees as if it had not been", () =>
    Effect.gen(function* () {
      const house = yield* announced
      yield* TestClock.adjust("40 seconds")
      yield* house.settle
      assert.deepInclude(yield* only(house), { state: "reversed", pnl: 0 })
      assert.strictEqual(yield* cash(house), 1_000_000_000)
      const { positionsMicro, feesMicro } = yield* house.reports.ledger("portfolio")
      assert.deepStrictEqual([positionsMicro, feesMicro], [0, 0])
      yield* sound(house)
    }),
  )

  it.effect("takes it back also when it was paid out already", () =>
    Effect.gen(function* () {
      const house = yield* announced
      yield* tell(house, resolved(1, [1, 0]))
      assert.strictEqual(yield* cash(house), 1_025_000_000)
      yield* TestClock.adjust("40 seconds")
      yield* house.settle
      assert.deepInclude(yield* only(house), { state: "reversed", pnl: 0 })
      assert.strictEqual(yield* cash(house), 1_000_000_000)
      assert.deepStrictEqual(yield* settled(house), [25_000_000, -25_000_000])
      yield* sound(house)
    }),
  )

  it.effect(
    "takes it back also when its payout was corrected before, and no correction after",
    () =>
      Effect.gen(function* () {
        const house = yield* announced
        yield* tell(house, resolved(1, [1, 0]))
        yield* tell(house, resolved(1, [0.5, 0.5]))
        yield* tell(house, resolved(1, [0, 1]))
        assert.deepInclude(yield* only(house), { state: "reversed", pnl: -25_000_000 })
        assert.strictEqual(yield* cash(house), 975_000_000)
        yield* TestClock.adjust("40 seconds")
        yield* house.settle
        assert.deepInclude(yield* only(house), { state: "reversed", outcome: "COPIED", pnl: 0 })
        assert.include((yield* only(house)).reason, "failed")
        yield* tell(house, resolved(1, [1, 0]))
        assert.strictEqual(yield* cash(house), 1_000_000_000)
        assert.deepStrictEqual(
          yield* settled(house),
          [25_000_000, -25_000_000, -25_000_000, 25_000_000],
        )
        const { positionsMicro, feesMicro } = yield* house.reports.ledger("portfolio")
        assert.deepStrictEqual([positionsMicro, feesMicro], [0, 0])
        yield* sound(house)
      }),
  )

  it.effect("has no part in payouts, nor in their corrections", () =>
    Effect.gen(function* () {
      const house = yield* announced
      yield* TestClock.adjust("40 seconds")
      yield* house.settle
      assert.strictEqual((yield* only(house)).state, "reversed")
      for (const payouts of [
        [1, 0],
        [0, 1],
        [1, 0],
      ]) {
        yield* tell(house, resolved(1, payouts))
        assert.strictEqual(yield* cash(house), 1_000_000_000)
      }
      assert.deepInclude(yield* only(house), { state: "reversed", pnl: 0 })
      yield* sound(house)
    }),
  )

  it.effect("is found by a check when it has earned something all the same", () =>
    Effect.gen(function* () {
      const house = yield* bought
      yield* tell(house, resolved(1, [1, 0]))
      yield* house.sql`UPDATE closings SET cause = 'taken back'`
      const [fault] = yield* house.reports.ledgerCheck
      assert.deepInclude(fault, {
        rule: "a purchase taken back has earned and cost nothing",
        found: 25_000_000,
        expected: 0,
      })
    }),
  )

  it.effect("leaves a fill alone that the ledger shows", () =>
    Effect.gen(function* () {
      const house = yield* announced
      house.venue.rows.push({ kind: "fill", fill: fill({ price: 0.5 }) })
      yield* TestClock.adjust("40 seconds")
      yield* house.settle
      assert.strictEqual((yield* only(house)).state, "filled")
    }),
  )

  it.effect("and a purchase partly sold goes back with what the sale made", () =>
    Effect.gen(function* () {
      const house = yield* announced
      const sale = fill({ side: "SELL", price: 0.6, size: 50, n: 2, atMs: noon + 1000 })
      house.venue.rows.push({ kind: "fill", fill: sale })
      yield* deliver(house, [sale])
      assert.strictEqual(yield* cash(house), 1_000_000_000 - 25_000_000 + 15_000_000)
      yield* TestClock.adjust("40 seconds")
      yield* house.settle
      const purchase = (yield* house.reports.copies({ wallet: wallet(1) })).find(
        (copy) => copy.side === "BUY",
      )
      assert.deepInclude(purchase, { state: "reversed", pnl: 0 })
      assert.strictEqual(yield* cash(house), 1_000_000_000)
      assert.deepStrictEqual(yield* settled(house), [], "what was never told is not taken back")
      yield* sound(house)
    }),
  )
})
