/**
 * Of a wallet that was not judged since lanes are scored, what it did in its top domain is not known: null,
 * and no zeros, so that its scores have no lane until it is judged again. It is scored again at once.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const since = sql`(SELECT 1000 * (unixepoch(created_at) + 1) FROM migrations WHERE migration_id = 26)`
  yield* sql`UPDATE wallet_features SET features = json_set(features, '$.topDomainRoi', NULL,
      '$.topDomainClosedMarkets', NULL, '$.topDomainProfitableMarkets', NULL)
    WHERE at_ms < ${since}`
  yield* sql`UPDATE wallets SET score_due_ms = min(score_due_ms, judged_at_ms)
    WHERE score_due_ms IS NOT NULL AND judged_at_ms < ${since}`
})
