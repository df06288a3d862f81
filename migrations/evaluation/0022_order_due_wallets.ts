/**
 * The indexes of wallets due to be judged and to be measured also hold the wallet: those due at one
 * moment come in its order, and only the rows taken are read.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP INDEX wallets_to_judge`
  yield* sql`DROP INDEX wallets_to_measure`
  yield* sql`CREATE INDEX wallets_to_judge ON wallets (judge_due_ms, wallet)
    WHERE judge_due_ms IS NOT NULL`
  yield* sql`CREATE INDEX wallets_to_measure ON wallets (drift_due_ms, wallet)
    WHERE drift_due_ms IS NOT NULL`
})
