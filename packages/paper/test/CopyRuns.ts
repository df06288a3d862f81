/**
 * What the tests of the copy saga do again and again.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import {
  fill,
  follow,
  type House,
  type HouseOptions,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  wallet,
} from "./PaperHarness.ts"

/** A house that knows markets 1 to 8 and follows wallets 1 to 4. */
export const prepared = Effect.fnUntraced(function* (options: HouseOptions = {}, atMs = noon) {
  yield* TestClock.setTime(atMs)
  const house = yield* openHouse(options)
  const markets = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => market(n))
  yield* introduce(
    house,
    markets,
    [1, 2, 3, 4].map((n) => follow(wallet(n))),
  )
  return house
})

export const deliver = (house: House, fills: ReadonlyArray<ReturnType<typeof fill>>) =>
  house.tell([ingested(fills)]).pipe(Effect.andThen(house.settle))

export const only = (house: House) =>
  Effect.map(house.reports.copies({}), (copies) => {
    assert.strictEqual(copies.length, 1)
    return copies[0]!
  })

/** Lets time pass in small steps until the only copy is in a state. */
export const until = Effect.fnUntraced(function* (house: House, state: string) {
  for (let step = 0; step < 100; step++) {
    const copies = yield* house.reports.copies({})
    if (copies.length === 1 && copies[0]!.state === state) return
    yield* TestClock.adjust("5 millis")
  }
  return yield* Effect.die(new Error(`the copy never is ${state}`))
})

/** The ledger has no fault, the receipts leave no remainder, and books and ids tell the same. */
export const sound = Effect.fnUntraced(function* (house: House) {
  assert.deepStrictEqual(yield* house.reports.ledgerCheck, [])
  assert.deepInclude(yield* house.reports.evidence, {
    receipts_with_remainder: 0,
    takes_unlike_book: 0,
    fills_unlike_id: 0,
  })
})
