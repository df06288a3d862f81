/**
 * Scores know the wallet's lane and decay, and keep all they were made of.
 *
 * - `wallet_scores.lane` … `lane_markets`: what the wallet did in the topic most of its trading is in; NULL
 *   without such a topic. The other columns are inputs, NULL of a score from before.
 * - Numbers of the windows get what was closed in the top domain: nothing, until the wallet is judged
 *   again, which is due at once.
 * - `wallets_to_score` also holds the wallet, as the other indexes of wallets due: every scored wallet is
 *   in it now.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN deviation REAL`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN profitable_markets INTEGER`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN markets INTEGER`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN noise REAL`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN age_days REAL`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN on_leaderboard INTEGER`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN idle_days REAL`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN lane TEXT`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN lane_roi_percent REAL`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN lane_profitable_markets INTEGER`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN lane_markets INTEGER`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN lane_factor REAL NOT NULL DEFAULT 1`
  yield* sql`ALTER TABLE wallet_scores ADD COLUMN recency_factor REAL NOT NULL DEFAULT 1`
  yield* sql`UPDATE wallet_features SET features = json_set(features, '$.topDomainRoi', 0,
    '$.topDomainClosedMarkets', 0, '$.topDomainProfitableMarkets', 0)`
  yield* sql`UPDATE wallets SET judge_due_ms = judged_at_ms
    WHERE judged_at_ms IS NOT NULL AND judge_due_ms IS NOT NULL`
  yield* sql`DROP INDEX wallets_to_score`
  yield* sql`CREATE INDEX wallets_to_score ON wallets (score_due_ms, wallet)
    WHERE score_due_ms IS NOT NULL`
})
