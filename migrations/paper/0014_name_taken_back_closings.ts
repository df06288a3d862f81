/**
 * Counter-closings of purchases that were taken back have a cause of their own: no payout was theirs, so
 * none can be corrected. A CHECK is changed by making the table anew.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE closings RENAME TO old_closings`
  yield* sql`CREATE TABLE closings (
    id INTEGER PRIMARY KEY,
    lot_id INTEGER NOT NULL REFERENCES lots (id),
    transfer_id INTEGER NOT NULL REFERENCES transfers (id),
    cause TEXT NOT NULL CHECK (cause IN ('sold', 'resolved', 'taken back')),
    size INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    buy_fee INTEGER NOT NULL,
    proceeds INTEGER NOT NULL,
    sale_fee INTEGER NOT NULL,
    pnl INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`INSERT INTO closings SELECT x.id, x.lot_id, x.transfer_id,
      CASE t.kind WHEN 'void' THEN 'taken back' ELSE x.cause END, x.size, x.cost, x.buy_fee,
      x.proceeds, x.sale_fee, x.pnl, x.at_ms
    FROM old_closings x JOIN transfers t ON t.id = x.transfer_id`
  yield* sql`DROP TABLE old_closings`
  yield* sql`CREATE INDEX closings_by_lot ON closings (lot_id)`
})
