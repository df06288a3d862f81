/**
 * WScores by window with all their parts, and the ranking by the 30-day score.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import type { ScoreInputs, WalletScore } from "@evaluator/domain/wallet/WalletScore"
import { atLeastOne } from "./AtLeastOne.ts"
import { reachStage } from "./Funnel.ts"

/** A score decays: this much later a wallet is scored again, whether it changed or not. */
export const scoredAgainMs = dayMs

/** The window by which wallets are ranked. */
export const rankingWindowDays = 30

export interface WindowScore {
  readonly windowDays: number
  readonly inputs: ScoreInputs
  readonly score: WalletScore
  readonly tradeCount: number
  /** Fills whose drift is known. */
  readonly drifts: number
}

export interface DueToScore {
  readonly wallet: Uint8Array
  readonly verdict: "waiting" | "classified" | "excluded"
  readonly firstFillMs: number | null
  readonly leaderboardAtMs: number | null
}

/** Truth query of `score-wallets`. */
export const dueToScore = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<{
    wallet: Uint8Array
    verdict: DueToScore["verdict"]
    first_fill_ms: number | null
    leaderboard_at_ms: number | null
  }>`SELECT wallet, verdict, first_fill_ms, leaderboard_at_ms FROM wallets
    WHERE score_due_ms <= ${now} ORDER BY score_due_ms, wallet LIMIT ${limit}`
  return rows.map((row): DueToScore => ({
    wallet: row.wallet,
    verdict: row.verdict,
    firstFillMs: row.first_fill_ms,
    leaderboardAtMs: row.leaderboard_at_ms,
  }))
}, Effect.orDie)

/** When the last fill known of a wallet was, now at the latest; null without one. */
export const lastFillMs = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const [row] = yield* sql<{ at_ms: number | null }>`SELECT max(at_ms) AS at_ms FROM trades
    WHERE wallet = ${wallet} AND at_ms <= ${now}`
  return row?.at_ms ?? null
}, Effect.orDie)

/**
 * Replaces a wallet's scores, in the caller's transaction; its rules are due, and with a score it is to
 * be scored again.
 */
export const storeScores = Effect.fnUntraced(function* (
  due: DueToScore,
  scores: ReadonlyArray<WindowScore>,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const { wallet } = due
  yield* sql`DELETE FROM wallet_scores WHERE wallet = ${wallet}`
  if (scores.length > 0) {
    yield* sql`INSERT INTO wallet_scores ${sql.insert(
      atLeastOne(
        scores.map(({ windowDays, inputs, score, tradeCount, drifts }) => ({
          wallet,
          window_days: windowDays,
          wscore: score.wscore,
          edge: score.edge,
          consistency: score.consistency,
          market_skill: score.marketSkill,
          timing: score.timing,
          behaviour: score.behaviour,
          raw: score.raw,
          hit_rate_factor: score.hitRateFactor,
          trust_factor: score.trustFactor,
          obscurity_factor: score.obscurityFactor,
          lane_factor: score.laneFactor,
          recency_factor: score.recencyFactor,
          roi_percent: inputs.roiPercent,
          deviation: inputs.deviation,
          hit_rate: inputs.hitRate,
          profitable_markets: inputs.profitableMarkets,
          markets: inputs.markets,
          noise: inputs.noise,
          age_days: inputs.ageDays,
          on_leaderboard: inputs.onLeaderboard ? 1 : 0,
          idle_days: inputs.idleDays,
          lane: inputs.lane?.topic ?? null,
          lane_roi_percent: inputs.lane?.roiPercent ?? null,
          lane_profitable_markets: inputs.lane?.profitableMarkets ?? null,
          lane_markets: inputs.lane?.markets ?? null,
          trade_count: tradeCount,
          drift_cents: inputs.driftCents,
          drift_fills: drifts,
          at_ms: now,
        })),
      ),
    )}`
  }
  const againMs = scores.length === 0 ? null : now + scoredAgainMs
  yield* sql`UPDATE wallets SET score_due_ms = ${againMs}, rules_due_ms = ${now}
    WHERE wallet = ${wallet}`
  const ranked = scores.some((score) => score.windowDays === rankingWindowDays)
  if (ranked && due.verdict === "classified") yield* reachStage("ranked", [wallet])
})

export interface RankedWallet {
  readonly wallet: Uint8Array
  readonly wscore: number
  readonly verdict: string | null
}

/** Followable wallets with a 30-day score, best first, ties by address. */
export const ranking = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<RankedWallet>`SELECT s.wallet, s.wscore, v.verdict FROM wallet_scores s
    JOIN wallets w ON w.wallet = s.wallet
    LEFT JOIN verdicts v ON v.wallet = s.wallet AND v.until_ms IS NULL
    WHERE s.window_days = ${rankingWindowDays} AND w.verdict = 'classified'
    ORDER BY s.wscore DESC, s.wallet LIMIT ${limit}`
}, Effect.orDie)
