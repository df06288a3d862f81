/** Several statements in one step: their answers, their failures, and whose transaction it is. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { inOneStep, type Run } from "@evaluator/sqlite/InOneStep"
import { StatementWatch } from "@evaluator/sqlite/StatementWatch"
import { itemsIn, itemsOf } from "./Items.ts"

const insert = "INSERT INTO items (id, name) VALUES (?, ?) RETURNING id"

const table = itemsIn("step.db")

const two = (run: Run) => {
  const [first] = run<{ id: number }>(insert, 1, "one")
  run(insert, first!.id + 1, "two")
  return first!.id
}

describe("statements in one step", () => {
  it.effect("see what those before them did", () =>
    Effect.gen(function* () {
      const sql = yield* table
      assert.strictEqual(yield* sql.withTransaction(inOneStep(sql, two)), 1)
      assert.deepStrictEqual(yield* itemsOf(sql), [
        [1, "one"],
        [2, "two"],
      ])
    }),
  )

  it.effect("are part of the caller's transaction and go with it", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* inOneStep(sql, two).pipe(
        Effect.andThen(Effect.fail("no")),
        sql.withTransaction,
        Effect.flip,
      )
      assert.deepStrictEqual(yield* itemsOf(sql), [])
    }),
  )

  it.effect("are a transaction of their own where there is none", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const failure = yield* inOneStep(sql, (run) => [two(run), run(insert, 1, "again")]).pipe(
        Effect.flip,
      )
      assert.strictEqual(failure.reason._tag, "UniqueViolation")
      assert.deepStrictEqual(yield* itemsOf(sql), [])
      yield* inOneStep(sql, two)
      assert.strictEqual((yield* itemsOf(sql)).length, 2)
    }),
  )

  it.effect("die of what is no failure of SQLite, and of a value SQLite does not know", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const broken = yield* inOneStep(sql, (run) => {
        two(run)
        throw new RangeError("too much")
      }).pipe(Effect.exit)
      assert.instanceOf(Exit.isFailure(broken) && Cause.squash(broken.cause), RangeError)
      assert.isTrue(Exit.isFailure(broken) && Cause.hasDies(broken.cause))
      const guarded = yield* inOneStep(sql, (run) => run(insert, Number.NaN, "x")).pipe(Effect.exit)
      assert.isTrue(Exit.isFailure(guarded))
      assert.deepStrictEqual(yield* itemsOf(sql), [])
    }),
  )

  it.effect("are each told to the watch", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const sql = yield* table.pipe(
        Effect.provideService(StatementWatch, (text) => void told.push(text)),
      )
      told.length = 0
      yield* inOneStep(sql, two)
      assert.strictEqual(told.filter((text) => text === insert).length, 2)
    }),
  )
})
