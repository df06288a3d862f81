/**
 * A wallet as the judging jobs leave it: features, a 30-day score, its rules due.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { monthlyFeatures } from "@evaluator/testkit/MonthlyFeatures"
import { walletNo } from "./Rows.ts"
import { inTransaction } from "./WithLane.ts"

export const judged = (n: number, wscore = 0.5, verdict = "classified") =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const wallet = hexToBytes(walletNo(n))
    const at = yield* Clock.currentTimeMillis
    yield* addWallets([{ wallet: walletNo(n), source: "HOLDER", condition: null }], ["activity"])
    yield* sql`UPDATE wallets SET verdict = ${verdict}, persona = 'INFORMED_SPECIALIST',
      history_complete_at_ms = ${at}, judged_at_ms = ${at}, rules_due_ms = ${at},
      last_fill_ms = ${at} WHERE wallet = ${wallet}`
    yield* sql`UPDATE wallet_feeds SET complete_through_ms = ${at}, priority = 2
      WHERE wallet = ${wallet}`
    for (const window of [30, 90]) {
      yield* sql`INSERT INTO wallet_features ${sql.insert({
        wallet,
        window_days: window,
        at_ms: at,
        features: JSON.stringify({ ...monthlyFeatures, windowDays: window }),
      })}`
    }
    yield* sql`INSERT INTO wallet_scores ${sql.insert({
      wallet,
      window_days: 30,
      wscore,
      edge: 0,
      consistency: 0,
      market_skill: 0,
      timing: null,
      behaviour: 0,
      raw: 0,
      hit_rate_factor: 1,
      trust_factor: 1,
      obscurity_factor: 1,
      roi_percent: 0,
      hit_rate: 0,
      trade_count: 60,
      at_ms: at,
    })}`
  }).pipe(inTransaction)
