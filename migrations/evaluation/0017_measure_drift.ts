/**
 * How far prices went a wallet's way after its fills.
 *
 * - `fill_drifts`: one row a measured fill: millionths of a dollar a share in the wallet's favour, and
 *   when that price was; NULL where the venue tells no price soon enough after the fill.
 * - `wallets.drift_due_ms`, `drift_attempts`: when a wallet's fills are measured next.
 * - `wallet_scores.drift_cents`, `drift_fills`: what the timing part of a score rests on.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE fill_drifts (
    fill BLOB PRIMARY KEY,
    wallet BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    drift INTEGER,
    after_ms INTEGER
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX fill_drifts_by_wallet ON fill_drifts (wallet, at_ms, drift)`
  yield* sql`ALTER TABLE wallets ADD COLUMN drift_due_ms INTEGER`
  yield* sql`ALTER TABLE wallets ADD COLUMN drift_attempts INTEGER NOT NULL DEFAULT 0`
  yield* sql`CREATE INDEX wallets_to_measure ON wallets (drift_due_ms)
    WHERE drift_due_ms IS NOT NULL`
  yield* sql`UPDATE wallets SET drift_due_ms = judged_at_ms WHERE verdict = 'classified'`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN drift_cents REAL`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN drift_fills INTEGER NOT NULL DEFAULT 0`
})
