/**
 * A second opinion on every outcome.
 *
 * - `resolutions.confirmed_by`: who said the same as the resolution feed when it was believed
 *   (`gamma`, `clob`, or both); NULL when nobody else said anything.
 * - `outcome_doubts`: what another source said that the resolution feed did not, once a source;
 *   `settled_at_ms` when they came to agree. While one is open the outcome is not believed.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE resolutions ADD COLUMN confirmed_by TEXT`
  yield* sql`CREATE TABLE outcome_doubts (
    condition BLOB NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('facts', 'gamma', 'clob')),
    served TEXT NOT NULL,
    said TEXT NOT NULL,
    first_at_ms INTEGER NOT NULL,
    last_at_ms INTEGER NOT NULL,
    times INTEGER NOT NULL,
    settled_at_ms INTEGER,
    PRIMARY KEY (condition, source)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX outcome_doubts_open ON outcome_doubts (last_at_ms)
    WHERE settled_at_ms IS NULL`
})
