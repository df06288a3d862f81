/**
 * A promise that age ends has expired, and is told from one that an undo takes back. A CHECK is changed
 * by making the table anew.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP INDEX reservations_pending`
  yield* sql`ALTER TABLE reservations RENAME TO old_reservations`
  yield* sql`CREATE TABLE reservations (
    id INTEGER PRIMARY KEY REFERENCES transfers (id),
    book TEXT NOT NULL,
    strategy TEXT NOT NULL,
    fill_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided', 'expired')),
    wallet BLOB NOT NULL,
    condition_id BLOB NOT NULL,
    theme TEXT NOT NULL,
    token BLOB NOT NULL,
    cash INTEGER NOT NULL,
    exposure INTEGER NOT NULL,
    size INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (fill_id, strategy)
  ) STRICT`
  yield* sql`INSERT INTO reservations SELECT r.id, r.book, r.strategy, r.fill_id,
      CASE WHEN r.state = 'voided' AND c.outcome = 'SKIPPED_DETECTION_LAG' THEN 'expired'
        ELSE r.state END,
      r.wallet, r.condition_id, r.theme, r.token, r.cash, r.exposure, r.size, r.at_ms
    FROM old_reservations r LEFT JOIN copies c USING (fill_id, strategy)`
  yield* sql`DROP TABLE old_reservations`
  yield* sql`CREATE INDEX reservations_pending ON reservations (book) WHERE state = 'pending'`
})
