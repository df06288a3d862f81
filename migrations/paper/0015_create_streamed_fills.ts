/**
 * Fills that the venue's stream announced and the wallet's own ledger has not shown yet, and those it
 * never did: they failed, and what followed them goes back or has gone back.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // `looks`: polls that should have shown it; `missed`: of those, the ones that could read every row.
  yield* sql`CREATE TABLE streamed_fills (
    fill_id BLOB PRIMARY KEY,
    wallet BLOB NOT NULL,
    leader_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('announced', 'failed', 'taken back')),
    looks INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX streamed_fills_announced ON streamed_fills (wallet, leader_at_ms)
    WHERE state = 'announced'`
  yield* sql`CREATE INDEX streamed_fills_failed ON streamed_fills (fill_id)
    WHERE state = 'failed'`
  yield* sql`INSERT INTO streamed_fills (fill_id, wallet, leader_at_ms, state)
    SELECT DISTINCT c.fill_id, c.wallet, c.leader_at_ms, 'taken back'
    FROM closings x JOIN lots l ON l.id = x.lot_id JOIN copies c ON c.fill_id = l.fill_id
    WHERE x.cause = 'taken back'`
  // Asked by nobody any more.
  yield* sql`DROP INDEX copies_from_feed`
})
