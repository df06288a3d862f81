/**
 * How large the file is, table by table, and what it has no room for.
 *
 * - `table_sizes`: rows and bytes (indexes included) when last measured, and as they were at the
 *   beginning of the day before, so that growth per day can be told.
 * - `storage`: one row: bytes in use against `[data] max_bytes`, and what is given up for it.
 * - `markets_by_seen`: finds markets the venue has not listed for long. `markets_by_change`,
 *   `resolutions_by_seen`: find what was learned since a wallet was measured.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE table_sizes (
    name TEXT PRIMARY KEY,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    measured_at_ms INTEGER NOT NULL,
    base_rows INTEGER NOT NULL,
    base_bytes INTEGER NOT NULL,
    base_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE storage (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    used_bytes INTEGER NOT NULL,
    max_bytes INTEGER NOT NULL,
    gives_up TEXT NOT NULL CHECK (gives_up IN ('nothing', 'bodies', 'quarantine', 'tape')),
    at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX markets_by_seen ON markets (seen_at_ms)`
  yield* sql`CREATE INDEX markets_by_change ON markets (changed_at_ms)`
  yield* sql`CREATE INDEX resolutions_by_seen ON resolutions (seen_at_ms)`
})
