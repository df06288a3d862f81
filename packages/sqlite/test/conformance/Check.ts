/** What the checks of the conformance suite share. */
import { Effect, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

export type Sql = SqlClient.SqlClient

/** Registers a check. It is given a client on a new file, and a way to open a second one on it. */
export type Check = (
  says: string,
  body: (
    sql: Sql,
    second: Effect.Effect<Sql, unknown, Scope.Scope>,
  ) => Effect.Effect<unknown, unknown, Sql | Scope.Scope>,
) => void

export const items = (sql: Sql) =>
  sql`CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER CHECK (size > 0)) STRICT`

export const add = (sql: Sql, id: number) =>
  sql`INSERT INTO items VALUES (${id}, ${`n${id}`}, ${id})`

export const ids = (sql: Sql) =>
  Effect.map(sql<{ id: number }>`SELECT id FROM items ORDER BY id`, (rows) =>
    rows.map(({ id }) => id),
  )

export const reasonOf = <A>(effect: Effect.Effect<A, SqlError.SqlError>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason)
