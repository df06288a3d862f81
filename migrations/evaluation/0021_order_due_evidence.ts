/**
 * `wallet_evidence_due` also holds the wallet: those due at one moment come in its order, and only the
 * rows taken are read; before, every due row was read whole to be sorted.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP INDEX wallet_evidence_due`
  yield* sql`CREATE INDEX wallet_evidence_due ON wallet_evidence (due_ms, wallet)
    WHERE due_ms IS NOT NULL`
})
