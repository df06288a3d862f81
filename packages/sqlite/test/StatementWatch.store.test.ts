import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"
import { StatementWatch } from "@evaluator/sqlite/StatementWatch"

describe("a watched connection", () => {
  it.effect("tells of every call that ended, the failed ones too", () =>
    Effect.gen(function* () {
      const told: Array<readonly [string, number]> = []
      const client = SqliteClient.layer({ filename: ":memory:" }).pipe(
        Layer.provide(Layer.succeed(StatementWatch, (sql, ms) => void told.push([sql, ms]))),
      )
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT`
        yield* sql.withTransaction(sql`INSERT INTO numbers VALUES (1)`)
        yield* Effect.flip(sql`INSERT INTO numbers VALUES (1)`)
        yield* sql`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 300000)
          SELECT count(*) FROM c`
      }).pipe(Effect.provide(client))
      const calls = told.map(([sql]) => sql.split(" ")[0])
      assert.includeMembers(calls, ["CREATE", "BEGIN", "INSERT", "COMMIT", "WITH"])
      assert.strictEqual(calls.filter((call) => call === "INSERT").length, 2)
      const slowest = told.toSorted(([, a], [, b]) => b - a)[0]!
      assert.match(slowest[0], /^WITH RECURSIVE/)
      assert.isAbove(slowest[1], 1)
    }),
  )
})
