/** `state_hash`: a change of any cell that counts is seen, a change of a volatile one is not. */
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import type { SqlClient } from "effect/sql"
import * as Database from "@evaluator/sqlite/Database"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { hashTable, hashTables } from "@evaluator/sqlite/TableHashes"
import { migrations } from "../src/Migrations.ts"
import { stateOf, volatileColumns } from "../src/StateHash.ts"

const open = (lane: "evaluation" | "paper") =>
  Effect.map(
    Layer.build(
      Layer.fresh(
        Database.layer({ file: ":memory:", lane, migrations: migrations[lane] }).pipe(
          Layer.provide(Reactivity.layer),
        ),
      ),
    ),
    (context) => Effect.provideContext(SqliteClient, context),
  ).pipe(Effect.flatten)

interface Column {
  readonly name: string
  readonly type: string
}

const columnsOf = (sql: SqlClient.SqlClient, table: string) =>
  sql<Column>`SELECT name, type FROM pragma_table_info(${table})`

const first = { INTEGER: "7", REAL: "7.5", TEXT: "'seven'", BLOB: "x'07'", DATETIME: "7" }
const second = { INTEGER: "8", REAL: "8.5", TEXT: "'eight'", BLOB: "x'08'", DATETIME: "8" }

const literal = (values: Readonly<Record<string, string>>, { type }: Column) =>
  values[type.replace(/\(.*/, "").toUpperCase()] ?? values["TEXT"]!

/** A row in every table, whatever its checks and references say. */
const fill = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, table: string) {
  const columns = yield* columnsOf(sql, table)
  yield* sql.unsafe(`DELETE FROM "${table}"`)
  yield* sql.unsafe(
    `INSERT INTO "${table}" (${columns.map(({ name }) => `"${name}"`).join(", ")})
     VALUES (${columns.map((column) => literal(first, column)).join(", ")})`,
  )
  return columns
})

for (const lane of ["evaluation", "paper"] as const) {
  it.effect(`sees a changed cell in every table of the ${lane} lane, and no volatile one`, () =>
    Effect.gen(function* () {
      const sql = yield* open(lane)
      yield* sql`PRAGMA foreign_keys = OFF`
      yield* sql`PRAGMA ignore_check_constraints = ON`
      const tables = Object.keys(yield* hashTables(sql, volatileColumns))
      expect(tables.length).toBeGreaterThan(10)
      for (const table of tables) {
        const columns = yield* fill(sql, table)
        const leftOut = volatileColumns[table] ?? []
        for (const column of columns) {
          const before = yield* hashTable(sql, table, leftOut)
          yield* sql.unsafe(`UPDATE "${table}" SET "${column.name}" = ${literal(second, column)}`)
          const after = yield* hashTable(sql, table, leftOut)
          const counts = !leftOut.includes(column.name)
          expect(
            { table, column: column.name, changed: before.sha256 !== after.sha256 },
            "a cell that counts changes the hash",
          ).toEqual({ table, column: column.name, changed: counts })
        }
      }
    }),
  )
}

it.effect("names volatile columns that exist", () =>
  Effect.gen(function* () {
    const lanes = [yield* open("evaluation"), yield* open("paper")]
    for (const [table, columns] of Object.entries(volatileColumns)) {
      const declared: Array<string> = []
      for (const sql of lanes) {
        declared.push(...(yield* columnsOf(sql, table)).map(({ name }) => name))
      }
      for (const column of columns) expect(declared, table).toContain(column)
    }
  }),
)

it.effect("hashes both files as one state, the same for the same rows", () =>
  Effect.gen(function* () {
    const [evaluation, paper] = [yield* open("evaluation"), yield* open("paper")]
    const before = yield* stateOf(evaluation, paper)
    expect(yield* stateOf(evaluation, paper)).toEqual(before)
    yield* paper`INSERT INTO audits (at_ms, verb, subject, reason) VALUES (1, 'halt', 'all', 'test')`
    const after = yield* stateOf(evaluation, paper)
    expect(after.state_hash).not.toBe(before.state_hash)
    expect(
      Object.keys(after.tables).filter(
        (name) =>
          after.tables[name] !== before.tables[name] &&
          after.tables[name]!.sha256 !== before.tables[name]!.sha256,
      ),
    ).toEqual(["paper.audits"])
  }),
)

it.effect("lets others work while a large table is read", () =>
  Effect.gen(function* () {
    const sql = yield* open("paper")
    yield* sql`CREATE TABLE large (id INTEGER PRIMARY KEY)`
    yield* sql`INSERT INTO large WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
      WHERE i < 5120) SELECT i FROM n`
    let turns = 0
    const others = yield* Effect.forkChild(
      Effect.forever(
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => (turns += 1)),
        ),
      ),
    )
    expect((yield* hashTable(sql, "large", [])).rows).toBe(5120)
    yield* Fiber.interrupt(others)
    expect(turns).toBeGreaterThanOrEqual(8)
  }).pipe(Effect.scoped),
)
