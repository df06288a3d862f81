import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import type { SqlClient } from "effect/sql"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"

/** Statements of every shape, made by a client. */
const statements = (sql: SqlClient.SqlClient) => [
  sql`SELECT 1`,
  sql`
    SELECT ${1} AS a, ${"two"} AS b, ${null} AS c, ${3n} AS d, ${true} AS e, ${new Uint8Array(2)} AS f
  `,
  sql`SELECT a FROM t WHERE ${sql.in("a", [1, 2])} AND b = ${3}`,
  sql`INSERT INTO t ${sql.insert({ a: 1, b: "x" })}`,
  sql`SELECT ${sql("a")} FROM ${sql("t")} WHERE ${sql.literal("a > 0")}`,
  sql.unsafe("SELECT ?, ?", [1, "b"]),
  sql.unsafe("SELECT 1"),
]

describe("a quiet statement", () => {
  it.effect("has the text and values of the stock one, also the second time", () =>
    Effect.gen(function* () {
      const quiet = yield* SqliteClient.make({ filename: ":memory:" })
      const stock = yield* SqliteClient.make({ filename: ":memory:", traceStatements: true })
      const expected = statements(stock).map((one) => one.compile())
      for (const time of [1, 2]) {
        const found = statements(quiet).map((one) => one.compile())
        assert.deepStrictEqual(found, expected, `time ${time}`)
      }
    }).pipe(Effect.provide(Reactivity.layer)),
  )
})
