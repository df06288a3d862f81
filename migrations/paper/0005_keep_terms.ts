/**
 * The terms a copy was priced on: where its book came from and how old it was, and the market's fee at
 * that time. And what is known of the leaders' bankrolls, which sizes copies.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Null in rows older than these columns, and for copies that met no book.
  yield* sql`ALTER TABLE copies ADD COLUMN book_source TEXT
    CHECK (book_source IN ('socket', 'fetched'))`
  yield* sql`ALTER TABLE copies ADD COLUMN book_age_ms INTEGER`
  yield* sql`ALTER TABLE copies ADD COLUMN fee_rate INTEGER`
  yield* sql`ALTER TABLE copies ADD COLUMN fee_exponent INTEGER`
  // `bankroll` as told last, `peak` the most ever told; micro-USDC.
  yield* sql`CREATE TABLE leaders (
    wallet BLOB PRIMARY KEY,
    bankroll INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    seq INTEGER,
    at_ms INTEGER NOT NULL
  ) STRICT`
})
