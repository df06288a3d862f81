import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { price, shares } from "@evaluator/domain/money/Micro"
import { book, fill, type House, ingested, openHouse, temporaryDirectory } from "./PaperHarness.ts"
import { only, prepared, sound, until } from "./CopyRuns.ts"

const bought = fill({ price: 0.6 })
/** Its best level is no price at all, which breaks the step that keeps it. */
const broken = { ...book(1, {}), asks: [{ price: price(0.5), size: shares(1) }] }
const order = { fill: bought.id, strategy: null, reason: "looked at" } as const

/** A copy whose step broke and whose undo breaks too, because of what `breaking` does. */
const stuck = Effect.fnUntraced(function* (
  breaking: (house: House) => Effect.Effect<unknown, Error>,
) {
  const house = yield* prepared()
  house.venue.setBook(broken)
  yield* house.tell([ingested([bought])])
  yield* until(house, "reserved")
  yield* breaking(house)
  yield* house.settle
  assert.strictEqual((yield* only(house)).state, "stuck")
  assert.strictEqual(yield* house.reports.stuck, 1)
  return house
})

/** Releases of promises fail while this stands. */
const jam = (house: House, strategy = "portfolio") =>
  house.sql.unsafe(`CREATE TRIGGER jam BEFORE UPDATE ON reservations
    WHEN NEW.state IN ('voided', 'expired') AND NEW.strategy = '${strategy}'
    BEGIN SELECT RAISE(ABORT, 'jammed'); END`)

const halved = (house: House) =>
  house.sql`UPDATE balances SET amount = 0 WHERE account = 'reserved'`

const isWhole = Effect.fnUntraced(function* (house: House) {
  const copy = yield* only(house)
  assert.deepStrictEqual([copy.state, copy.outcome], ["compensated", "FAILED"])
  assert.strictEqual((yield* house.reports.ledger("portfolio")).cashMicro, 1_000_000_000)
  assert.strictEqual(yield* house.reports.stuck, 0)
  yield* sound(house)
  // Its outcome was told when it got stuck, and is not told again.
  const told = yield* house.sql`SELECT 1 FROM events WHERE type = 'CopyDecided'`
  assert.strictEqual(told.length, 1)
})

const audits = (house: House) =>
  Effect.map(house.sql`SELECT verb, subject, reason FROM audits`, (rows) =>
    rows.map((row) => Object.values(row)),
  )

describe("a copy that is stuck", () => {
  it.effect("is freed by a retry once what broke its undo is mended, with an audit row", () =>
    Effect.gen(function* () {
      const house = yield* stuck((house) => jam(house))
      const refused = yield* Effect.flip(house.lane.freeStuck({ verb: "retry", ...order }))
      assert.include(refused.why, "stays stuck")
      assert.strictEqual((yield* only(house)).state, "stuck")
      assert.deepStrictEqual(yield* audits(house), [])
      yield* house.sql`DROP TRIGGER jam`
      const freed = yield* house.lane.freeStuck({ verb: "retry", ...order })
      assert.deepStrictEqual(
        freed.map((one) => [one.fill, one.book]),
        [[bought.id, "portfolio"]],
      )
      yield* isWhole(house)
      assert.deepStrictEqual(yield* audits(house), [
        ["copies retry", `${bought.id} portfolio`, "looked at"],
      ])
    }),
  )

  it.effect("whose book disagrees with its postings is freed by a void, not by a retry", () =>
    Effect.gen(function* () {
      const house = yield* stuck(halved)
      assert.isAbove((yield* house.reports.ledgerCheck).length, 0)
      yield* Effect.flip(house.lane.freeStuck({ verb: "retry", ...order }))
      yield* house.lane.freeStuck({ verb: "void", ...order })
      yield* isWhole(house)
    }),
  )

  it.effect("does not take the copies of other strategies with it", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ strategies: ["portfolio", "solo"] })
      house.venue.setBook(broken)
      yield* jam(house, "portfolio")
      yield* house.tell([ingested([bought])])
      yield* house.settle
      const copies = yield* house.reports.copies({})
      assert.deepStrictEqual(
        copies.map(({ state, strategy }) => `${strategy} ${state}`).toSorted(),
        ["portfolio stuck", "solo compensated"],
      )
    }),
  )

  it.effect("and stays so keeps no other from being freed, and the refusal says which went", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ strategies: ["portfolio", "solo"] })
      house.venue.setBook(broken)
      yield* house.sql.unsafe(`CREATE TRIGGER jam BEFORE UPDATE ON reservations
        WHEN NEW.state IN ('voided', 'expired') BEGIN SELECT RAISE(ABORT, 'jammed'); END`)
      yield* house.tell([ingested([bought])])
      yield* house.settle
      assert.strictEqual(yield* house.reports.stuck, 2)
      yield* house.sql`DROP TRIGGER jam`
      yield* jam(house, "portfolio")
      const refused = yield* Effect.flip(house.lane.freeStuck({ verb: "retry", ...order }))
      assert.include(refused.why, "the portfolio copy of fill")
      assert.include(refused.why, "the solo copy was freed")
      assert.strictEqual(yield* house.reports.stuck, 1)
    }),
  )

  it.effect("since its promise could not be taken back at a start does not stop the start", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const first = yield* prepared({ directory })
      first.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* first.tell([ingested([bought])])
      yield* until(first, "reserved")
      yield* jam(first)
      yield* first.stop
      yield* TestClock.adjust("10 minutes")
      const second = yield* openHouse({ directory })
      assert.strictEqual((yield* only(second)).state, "stuck")
      yield* second.sql`DROP TRIGGER jam`
      yield* second.lane.freeStuck({ verb: "retry", ...order })
      yield* isWhole(second)
    }),
  )

  it.effect("is the only kind that can be freed", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      const unknown = yield* Effect.flip(house.lane.freeStuck({ verb: "void", ...order }))
      assert.include(unknown.why, "has no copy")
      yield* house.tell([ingested([bought])])
      yield* house.settle
      const refused = yield* Effect.flip(house.lane.freeStuck({ verb: "void", ...order }))
      assert.include(refused.why, "portfolio is filled")
      yield* sound(house)
    }),
  )
})
