/**
 * A wallet as the judging jobs leave it: features, a 30-day score, its rules due.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walletNo } from "./Rows.ts"
import { inTransaction } from "./WithLane.ts"

const month: Features = {
  windowDays: 30,
  tradeCount: 60,
  uniqueMarkets: 10,
  observedDays: 30,
  tradesPerDay: 2,
  tradesPerWeek: 14,
  meanTradeMicro: 10_000_000,
  turnoverMicro: 600_000_000,
  closedLots: 20,
  wins: 12,
  losses: 8,
  winRate: 0.6,
  realizedMicro: 10_000_000,
  closedCostMicro: 100_000_000,
  roi: 0.1,
  closedMarkets: 8,
  profitableMarkets: 5,
  topMarketProfitShare: 0.3,
  meanWinMicro: 2_000_000,
  largestLossMicro: 2_000_000,
  meanHoldHours: 30,
  medianHoldMinutes: 600,
  capitalMicro: 100_000_000,
  maxDrawdown: 0.05,
  sharpe: 1.5,
  activePositions: 3,
  concentration: 0.7,
  sizeCv: 0.3,
  buySellBalance: 0.4,
  midFillRatio: 0.2,
  extremePriceRatio: 0.1,
  burstiness: 0.1,
  topDomain: "Politics",
  topDomainRatio: 0.4,
  unmatchedShares: 0,
}

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
        features: JSON.stringify({ ...month, windowDays: window }),
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
