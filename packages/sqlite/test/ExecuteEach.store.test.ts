/** The same answers from our driver in one step and from any client value by value. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { executeEach } from "@evaluator/sqlite/ExecuteEach"
import { itemsIn, itemsOf } from "./Items.ts"

const insert = "INSERT OR IGNORE INTO items (id, name) VALUES (?, ?)"
const each = [
  [1, "one"],
  [2, "two"],
  [1, "again"],
  [3, null],
]

const table = itemsIn("each.db")

describe("executeEach", () => {
  it.effect("says what each list of values changed, in a transaction and outside one", () =>
    Effect.gen(function* () {
      const inOneStep = yield* table
      const valueByValue = yield* table
      const changed = yield* executeEach(inOneStep, insert, each).pipe(inOneStep.withTransaction)
      assert.deepStrictEqual(changed, [1, 1, 0, 1])
      // Outside a transaction there is no connection to run on: as with a client that is not ours.
      assert.deepStrictEqual(yield* executeEach(valueByValue, insert, each), changed)
      assert.deepStrictEqual(yield* itemsOf(inOneStep), [
        [1, "one"],
        [2, "two"],
        [3, null],
      ])
      assert.deepStrictEqual(yield* itemsOf(valueByValue), yield* itemsOf(inOneStep))
    }),
  )

  it.effect("keeps nothing when one list is refused and the transaction ends", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const failed = yield* executeEach(sql, insert, [
        [1, "one"],
        ["no number", "two"],
      ]).pipe(sql.withTransaction, Effect.exit)
      assert.strictEqual(failed._tag, "Failure")
      assert.deepStrictEqual(yield* itemsOf(sql), [])
    }),
  )
})
