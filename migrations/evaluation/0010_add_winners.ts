/**
 * Wallets may be found among the biggest winners of resolved markets.
 *
 * SQLite cannot change a CHECK: `wallets` and `discovery_items` are made anew from their own
 * definitions with the wider one, rows and indexes as they were.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const widened = [
  ["wallets", "'LEADERBOARD', 'RECORDING'", "'LEADERBOARD', 'WINNER', 'RECORDING'"],
  ["discovery_items", "'market', 'leaderboard'", "'market', 'leaderboard', 'winners'"],
] as const

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const [table, narrow, wide] of widened) {
    const made = yield* sql<{ type: string; sql: string | null }>`SELECT type, sql
      FROM sqlite_schema WHERE tbl_name = ${table} AND sql IS NOT NULL ORDER BY type DESC, name`
    const definition = made.find(({ type }) => type === "table")!.sql!
    const old = `${table}_before`
    yield* sql`ALTER TABLE ${sql(table)} RENAME TO ${sql(old)}`
    yield* sql.unsafe(definition.replace(narrow, wide))
    yield* sql`INSERT INTO ${sql(table)} SELECT * FROM ${sql(old)}`
    yield* sql`DROP TABLE ${sql(old)}`
    for (const { type, sql: text } of made) if (type === "index") yield* sql.unsafe(text!)
  }
})
