/**
 * Every reason, not only the first.
 *
 * - `wallet_rules.failed`: all gates of the rules that fail where the wallet is, as JSON; `style_drift`:
 *   its distance from its style when approved, both of 30 days, NULL while either is unknown.
 * - `scoring_runs.filters`: what the run asked of markets and how many failed each filter, as JSON.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE wallet_rules ADD COLUMN failed TEXT NOT NULL DEFAULT '[]'`
  yield* sql`ALTER TABLE wallet_rules ADD COLUMN style_drift REAL`
  yield* sql`ALTER TABLE scoring_runs ADD COLUMN filters TEXT`
})
