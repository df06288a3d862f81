/**
 * What the other lane was told of each copy's result, by the id of the event that said so: events have
 * their time, and what paper money did does not.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE settlements (
    event_id TEXT PRIMARY KEY,
    fill_id BLOB NOT NULL,
    strategy TEXT NOT NULL,
    pnl INTEGER NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('sold', 'resolved')),
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
  yield* sql`INSERT INTO settlements SELECT id, unhex(json_extract(payload, '$.fill')),
      json_extract(payload, '$.strategy'), json_extract(payload, '$.pnlMicro'),
      json_extract(payload, '$.cause'), at_ms
    FROM events WHERE type = 'CopySettled'`
  // Of events that had their time before this table came: one piece a copy.
  yield* sql`INSERT INTO settlements SELECT lower(hex(c.fill_id)) || ' ' || c.strategy, c.fill_id,
      c.strategy, c.pnl - coalesce(told.pnl, 0), 'resolved', c.closed_at_ms
    FROM copies c LEFT JOIN (SELECT fill_id, strategy, sum(pnl) AS pnl FROM settlements
        GROUP BY fill_id, strategy) told USING (fill_id, strategy)
    WHERE c.state IN ('closed', 'reversed') AND c.side = 'BUY' AND c.pnl IS NOT NULL
      AND (told.pnl IS NULL OR told.pnl <> c.pnl)`
})
