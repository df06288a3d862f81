import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { inOneStep } from "@evaluator/sqlite/InOneStep"
import { RememberedReads } from "@evaluator/sqlite/RememberedReads"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"

const file = SqliteClient.layer({ filename: ":memory:" })

const opened = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE counts (name TEXT PRIMARY KEY, n INTEGER NOT NULL)`
  yield* sql`INSERT INTO counts VALUES ('a', 1), ('b', 10)`
  const remembered = new RememberedReads<number>(8)
  let reads = 0
  const read = (name: string) =>
    inOneStep(sql, (run) => {
      const known = remembered.known(name)
      if (known !== undefined) return known
      reads += 1
      const [row] = run<{ n: number }>("SELECT n FROM counts WHERE name = ?", name)
      return remembered.keep(name, row!.n)
    })
  const add = (name: string, n: number, next?: (before: number) => number) =>
    Effect.andThen(
      sql`UPDATE counts SET n = n + ${n} WHERE name = ${name}`,
      remembered.touched(sql, name, next),
    )
  return { sql, remembered, read, add, reads: () => reads }
})

describe("reads that are remembered", () => {
  it.effect("are made once, and again after a write to their key alone", () =>
    Effect.gen(function* () {
      const { sql, read, add, reads } = yield* opened
      assert.deepStrictEqual([yield* read("a"), yield* read("a"), yield* read("b")], [1, 1, 10])
      assert.strictEqual(reads(), 2)
      yield* sql.withTransaction(add("a", 4))
      assert.deepStrictEqual([yield* read("a"), yield* read("b")], [5, 10])
      assert.strictEqual(reads(), 3)
    }).pipe(Effect.provide(file)),
  )

  it.effect("become what the write says when it is committed, without another read", () =>
    Effect.gen(function* () {
      const { sql, read, add, reads } = yield* opened
      yield* read("a")
      yield* sql.withTransaction(add("a", 4, (before) => before + 4))
      assert.strictEqual(yield* read("a"), 5)
      assert.strictEqual(reads(), 1)
    }).pipe(Effect.provide(file)),
  )

  it.effect("within a transaction are its own, and forgotten when it is rolled back", () =>
    Effect.gen(function* () {
      const { sql, read, add } = yield* opened
      yield* read("a")
      const within: Array<number> = []
      yield* sql
        .withTransaction(
          Effect.gen(function* () {
            yield* add("a", 4, (before) => before + 4)
            within.push(yield* read("a"))
            return yield* Effect.fail("given up")
          }),
        )
        .pipe(Effect.ignore)
      assert.deepStrictEqual(within, [5])
      assert.strictEqual(yield* read("a"), 1)
    }).pipe(Effect.provide(file)),
  )

  it.effect("are not kept when something was written while they were on their way", () =>
    Effect.gen(function* () {
      const { sql, remembered, add } = yield* opened
      const since = remembered.writes
      const [row] = yield* sql<{ n: number }>`SELECT n FROM counts WHERE name = 'a'`
      yield* sql.withTransaction(add("a", 4))
      assert.strictEqual(remembered.keep("a", row!.n, since), 1)
      assert.isUndefined(remembered.known("a"))
    }).pipe(Effect.provide(file)),
  )
})
