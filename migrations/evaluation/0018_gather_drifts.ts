/**
 * Drifts of a wallet's fills lie together, so that storing them touches few pages: a key that scatters
 * made a commit of many wallets wait for a long checkpoint. What was measured is measured again.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP TABLE fill_drifts`
  yield* sql`CREATE TABLE fill_drifts (
    wallet BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    fill BLOB NOT NULL,
    drift INTEGER,
    after_ms INTEGER,
    PRIMARY KEY (wallet, at_ms, fill)
  ) STRICT, WITHOUT ROWID`
  yield* sql`UPDATE wallets SET drift_due_ms = judged_at_ms WHERE verdict = 'classified'`
})
