import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { price, shares } from "@evaluator/domain/money/Micro"
import { book, fill, type House, ingested } from "./PaperHarness.ts"
import { only, prepared, sound, until } from "./CopyRuns.ts"

const bought = fill({ price: 0.6 })
const order = { fill: bought.id, strategy: null, reason: "looked at" } as const

/** A copy whose step broke and whose undo breaks too, because of what `breaking` does. */
const stuck = Effect.fnUntraced(function* (
  breaking: (house: House) => Effect.Effect<unknown, Error>,
) {
  const house = yield* prepared()
  const broken = book(1, { asks: [[0.6, 1000]] })
  house.venue.setBook({ ...broken, asks: [{ price: price(0.5), size: shares(1) }] })
  yield* house.tell([ingested([bought])])
  yield* until(house, "reserved")
  yield* breaking(house)
  yield* house.settle
  assert.strictEqual((yield* only(house)).state, "stuck")
  assert.strictEqual(yield* house.reports.stuck, 1)
  return house
})

/** Releases of promises fail while this stands. */
const jam = (house: House) =>
  house.sql`CREATE TRIGGER jam BEFORE UPDATE ON reservations WHEN NEW.state = 'voided'
    BEGIN SELECT RAISE(ABORT, 'jammed'); END`

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
      const house = yield* stuck(jam)
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
