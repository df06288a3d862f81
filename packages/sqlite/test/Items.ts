/** A file of the test's own with a table of items. */
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"
import { tempFile } from "./TempDirectory.ts"

export const itemsIn = Effect.fnUntraced(function* (name: string) {
  const context = yield* Layer.build(SqliteClient.layer({ filename: yield* tempFile(name) }))
  const sql = yield* Effect.provideContext(SqlClient.SqlClient, context)
  yield* sql`CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT) STRICT`
  return sql
})

export const itemsOf = (sql: SqlClient.SqlClient) =>
  sql`SELECT id, name FROM items ORDER BY id`.values
