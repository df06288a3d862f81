/**
 * Verdicts on wallets and the numbers behind them.
 *
 * A judgement replaces the one before as a whole: features, failed gates, persona checks, traits,
 * verdict. A gate that keeps failing keeps the time since when it fails.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Classification } from "@evaluator/domain/wallet/Classify"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import type { WalletFeatures } from "@evaluator/domain/wallet/Features"
import type { WaitingReason } from "@evaluator/domain/wallet/Persona"
import { atLeastOne } from "./AtLeastOne.ts"
import { evidenceDue } from "./Evidence.ts"
import { reachStage } from "./Funnel.ts"

/** The key under which the features of the whole history are kept. */
export const lifetimeWindow = 0

/** A verdict that stands this long is worth asking the venue for prices; a young one may still change. */
export const restBeforeDriftMs = 600_000

export interface DueWallet {
  readonly wallet: Uint8Array
  readonly firstFillMs: number | null
  readonly lastFillMs: number | null
  readonly completeAtMs: number
  readonly judgedAtMs: number | null
}

/** Truth query of `classify-wallets`. */
export const dueToJudge = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<{
    wallet: Uint8Array
    first_fill_ms: number | null
    last_fill_ms: number | null
    history_complete_at_ms: number
    judged_at_ms: number | null
  }>`SELECT wallet, first_fill_ms, last_fill_ms, history_complete_at_ms, judged_at_ms
    FROM wallets WHERE judge_due_ms <= ${now} ORDER BY judge_due_ms, wallet LIMIT ${limit}`
  return rows.map((row): DueWallet => ({
    wallet: row.wallet,
    firstFillMs: row.first_fill_ms,
    lastFillMs: row.last_fill_ms,
    completeAtMs: row.history_complete_at_ms,
    judgedAtMs: row.judged_at_ms,
  }))
}, Effect.orDie)

/** A wallet that cannot be judged yet: why, and when to look again; in the caller's transaction. */
export const keepWaiting = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  reason: WaitingReason,
  dueMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE wallets SET judge_due_ms = ${dueMs},
      verdict_reason = iif(judged_at_ms IS NULL, ${reason}, verdict_reason)
    WHERE wallet = ${wallet}`
})

export interface Judgement {
  readonly wallet: Uint8Array
  readonly features: WalletFeatures
  readonly classification: Classification
  /** When it is judged again even if nothing changes. */
  readonly nextDueMs: number
}

/** Stores a judgement, in the caller's transaction. */
export const storeJudgement = Effect.fnUntraced(function* (judgement: Judgement) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const { wallet, features, classification } = judgement
  const windows: ReadonlyArray<readonly [number, Features]> = [
    [lifetimeWindow, features.life],
    ...features.windows,
  ]
  yield* sql`INSERT INTO wallet_features ${sql.insert(
    atLeastOne(
      windows.map(([window, values]) => ({
        wallet,
        window_days: window,
        at_ms: now,
        features: JSON.stringify(values),
      })),
    ),
  )} ON CONFLICT (wallet, window_days) DO UPDATE SET at_ms = excluded.at_ms,
      features = excluded.features`
  yield* storeGates(wallet, classification, now)
  yield* sql`INSERT INTO wallet_personas ${sql.insert(
    atLeastOne(
      classification.checks.map((check) => ({
        wallet,
        persona: check.persona,
        lacks: JSON.stringify(check.lacks),
        at_ms: now,
      })),
    ),
  )} ON CONFLICT (wallet, persona) DO UPDATE SET lacks = excluded.lacks, at_ms = excluded.at_ms`
  yield* sql`DELETE FROM wallet_traits WHERE wallet = ${wallet}`
  if (classification.traits.length > 0) {
    yield* sql`INSERT INTO wallet_traits ${sql.insert(
      atLeastOne(
        classification.traits.map((trait) => ({
          wallet,
          trait: trait.key,
          value: trait.value,
          at_ms: now,
        })),
      ),
    )}`
  }
  const reason =
    classification.verdict === "waiting"
      ? "NOTHING_MATCHED"
      : (classification.failed[0]?.code ?? null)
  const measureFromMs = now + restBeforeDriftMs
  yield* sql`UPDATE wallets SET verdict = ${classification.verdict}, verdict_reason = ${reason},
      persona = ${classification.persona}, persona_confidence = ${classification.confidence},
      judged_at_ms = ${now},
      judge_due_ms = ${judgement.nextDueMs}, judge_attempts = 0,
      score_due_ms = ${now}, rules_due_ms = ${now},
      drift_due_ms = CASE WHEN ${classification.verdict === "classified"}
        THEN min(coalesce(drift_due_ms, ${measureFromMs}), ${measureFromMs}) END
    WHERE wallet = ${wallet}`
  yield* evidenceDue(wallet, now)
  if (classification.verdict === "excluded") yield* reachStage("excluded", [wallet])
  if (classification.verdict === "classified") {
    yield* reachStage("classified", [wallet])
    yield* reachStage("followable", [wallet])
  }
})

const storeGates = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  classification: Classification,
  now: number,
) {
  const sql = yield* SqlClient.SqlClient
  if (classification.failed.length > 0) {
    yield* sql`INSERT INTO wallet_gates ${sql.insert(
      atLeastOne(
        classification.failed.map((gate, position) => ({
          wallet,
          position,
          code: gate.code,
          stage: gate.stage,
          metric: gate.metric,
          threshold: gate.threshold,
          evidence: gate.evidence,
          since_ms: now,
          at_ms: now,
        })),
      ),
    )} ON CONFLICT (wallet, code) DO UPDATE SET position = excluded.position,
        metric = excluded.metric, threshold = excluded.threshold, evidence = excluded.evidence,
        at_ms = excluded.at_ms`
  }
  const failing = classification.failed.map((gate) => gate.code)
  yield* failing.length === 0
    ? sql`DELETE FROM wallet_gates WHERE wallet = ${wallet}`
    : sql`DELETE FROM wallet_gates WHERE wallet = ${wallet} AND NOT ${sql.in("code", failing)}`
})

/** The stored features of a wallet by window. */
export const featuresOf = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ window_days: number; features: string }>`
    SELECT window_days, features FROM wallet_features WHERE wallet = ${wallet}`
  return new Map(rows.map((row) => [row.window_days, JSON.parse(row.features) as Features]))
}, Effect.orDie)
