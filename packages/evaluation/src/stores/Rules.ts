/**
 * The lifecycle state of each wallet, every move with its reason, and the evidence of our own copies.
 *
 * A look that moves nothing updates the wallet's one row: the first reason, every gate that fails,
 * the drift from its style when approved. Only moves become history.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type WalletAddress } from "@evaluator/domain/Id"
import { dailyProfits, maxDrawdown } from "@evaluator/domain/wallet/Returns"
import type { CopyEvidence, Style } from "@evaluator/domain/wallet/RuleGates"
import type { RulesDecision, RulesState } from "@evaluator/domain/wallet/WalletRules"
import { EventLog } from "@evaluator/runtime/EventLog"
import { rankingWindowDays } from "./Scores.ts"
import { followableSql, standingVerdictSql } from "./Followable.ts"
import { type FunnelStage, reachStage } from "./Funnel.ts"

export interface DueToRule {
  readonly wallet: Uint8Array
  readonly followable: boolean
  readonly lastFillMs: number | null
  readonly state: RulesState
  readonly sinceMs: number
  readonly baseline: Style | null
  /** Probability that copying it does not pay when its verdict is AVOID; else null. */
  readonly avoid: number | null
  readonly largestFill: number | null
}

interface RuledRow {
  readonly wallet: Uint8Array
  readonly followable: number
  readonly avoid: number | null
  readonly largest_fill: number | null
  readonly last_fill_ms: number | null
  readonly state: RulesState | null
  readonly since_ms: number | null
  readonly baseline: string | null
}

const toDue = (row: RuledRow, now: number): DueToRule => ({
  wallet: row.wallet,
  followable: row.followable === 1,
  lastFillMs: row.last_fill_ms,
  state: row.state ?? "CANDIDATE",
  sinceMs: row.since_ms ?? now,
  baseline: row.baseline === null ? null : (JSON.parse(row.baseline) as Style),
  avoid: row.avoid,
  largestFill: row.largest_fill,
})

/** A wallet as the rules see it; the caller adds which. */
const ruledColumns = (
  sql: SqlClient.SqlClient,
) => sql`w.wallet, ${followableSql(sql)} AS followable,
    w.last_fill_ms, r.state, r.since_ms, r.baseline,
    iif(v.verdict = 'AVOID', v.local_fdr, NULL) AS avoid,
    (SELECT json_extract(e.habits, '$.largestFill') FROM wallet_evidence e
      WHERE e.wallet = w.wallet) AS largest_fill
  FROM wallets w LEFT JOIN wallet_rules r ON r.wallet = w.wallet ${standingVerdictSql(sql)}`

/** Truth query of `apply-rules`. */
export const dueToRule = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<RuledRow>`SELECT ${ruledColumns(sql)}
    WHERE w.rules_due_ms <= ${now} ORDER BY w.rules_due_ms, w.wallet LIMIT ${limit}`
  return rows.map((row) => toDue(row, now))
}, Effect.orDie)

/** Where one wallet stands; null when it is not on the watchlist. */
export const standingOf = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const [row] = yield* sql<RuledRow>`SELECT ${ruledColumns(sql)} WHERE w.wallet = ${wallet}`
  return row === undefined ? null : toDue(row, now)
}, Effect.orDie)

/** What the `solo` copies of a wallet earned since `sinceMs`; at most 10,000 settlements are read. */
export const copyEvidence = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  sinceMs: number,
  bankrollMicro: number,
): Effect.fn.Return<CopyEvidence, never, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ fill: Uint8Array; pnl: number; at_ms: number }>`
    SELECT fill, pnl, at_ms FROM copy_settlements
    WHERE wallet = ${wallet} AND strategy = 'solo' AND at_ms >= ${sinceMs}
    ORDER BY at_ms DESC LIMIT 10000`.pipe(Effect.orDie)
  const daily = dailyProfits(rows.map((row) => ({ atMs: row.at_ms, pnl: row.pnl })))
  return {
    settled: new Set(rows.map((row) => bytesToHex(row.fill))).size,
    profitMicro: rows.reduce((sum, row) => sum + row.pnl, 0),
    drawdown: maxDrawdown(daily, bankrollMicro),
  }
})

/** The paper traded wallet with the best score of 30 days, ties by address; null when none is. */
export const bestPaperTraded = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ wallet: Uint8Array }>`SELECT r.wallet FROM wallet_rules r
    LEFT JOIN wallet_scores s ON s.wallet = r.wallet AND s.window_days = ${rankingWindowDays}
    WHERE r.state = 'PAPER_TRADING' ORDER BY s.wscore DESC, r.wallet LIMIT 1`
  return row === undefined ? null : (bytesToHex(row.wallet) as WalletAddress)
}).pipe(Effect.orDie)

const stages: Partial<Record<RulesState, FunnelStage>> = {
  PAPER_TRADING: "paper_trading",
  APPROVED: "approved",
}

/** Stores a decision, in the caller's transaction; a move is recorded and announced. */
export const storeDecision = Effect.fnUntraced(function* (
  due: DueToRule,
  decision: RulesDecision,
  style: { readonly baseline: Style | null; readonly drift: number | null },
  nextDueMs: number | null,
) {
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const now = yield* Clock.currentTimeMillis
  const moved = decision.to !== due.state
  yield* sql`INSERT INTO wallet_rules ${sql.insert({
    wallet: due.wallet,
    state: decision.to,
    since_ms: moved ? now : due.sinceMs,
    reason: decision.reason,
    metric: decision.metric,
    threshold: decision.threshold,
    baseline: style.baseline === null ? null : JSON.stringify(style.baseline),
    style_drift: style.drift,
    failed: JSON.stringify(decision.failed),
    failing: JSON.stringify(decision.failed.map((gate) => gate.reason)),
    looked_at_ms: now,
  })} ON CONFLICT (wallet) DO UPDATE SET state = excluded.state, since_ms = excluded.since_ms,
      reason = excluded.reason, metric = excluded.metric, threshold = excluded.threshold,
      baseline = excluded.baseline, style_drift = excluded.style_drift, failed = excluded.failed,
      failing = excluded.failing, looked_at_ms = excluded.looked_at_ms`
  yield* sql`UPDATE wallets SET rules_due_ms = ${nextDueMs} WHERE wallet = ${due.wallet}`
  if (!moved) return false
  const [numbers] = yield* sql<{ at_ms: number | null }>`SELECT max(at_ms) AS at_ms
    FROM wallet_features WHERE wallet = ${due.wallet}`
  yield* sql`INSERT INTO rule_transitions ${sql.insert({
    wallet: due.wallet,
    at_ms: now,
    from_state: due.state,
    to_state: decision.to,
    reason: decision.reason,
    metric: decision.metric,
    threshold: decision.threshold,
    numbers_at_ms: numbers?.at_ms ?? null,
  })}`
  if (decision.to === "PAPER_TRADING") yield* reachStage("followable", [due.wallet])
  const stage = stages[decision.to]
  if (stage !== undefined) yield* reachStage(stage, [due.wallet])
  yield* log.append([
    {
      type: "WalletRulesEvaluated",
      payload: {
        wallet: bytesToHex(due.wallet) as WalletAddress,
        from: due.state,
        to: decision.to,
        reason: decision.reason,
      },
    },
  ])
  return true
})
