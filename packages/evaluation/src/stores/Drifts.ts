/**
 * Drifts of the fills of classified wallets, measured once each, and which wallets are due.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, bytesToToken, type TokenId } from "@evaluator/domain/Id"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import type { NextAttempt } from "../Backoff.ts"
import { atLeastOne } from "./AtLeastOne.ts"

/** Drifts older than this are in no window of a score. */
export const driftMemoryMs = 90 * 86_400_000

export interface DueToMeasure {
  readonly wallet: Uint8Array
  readonly attempts: number
}

/** Truth query of `measure-drift`. */
export const dueToMeasure = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  return yield* sql<DueToMeasure>`SELECT wallet, drift_attempts AS attempts FROM wallets
    WHERE drift_due_ms <= ${now} ORDER BY drift_due_ms, wallet LIMIT ${limit}`
}, Effect.orDie)

export interface FillToMeasure {
  readonly id: Uint8Array
  readonly atMs: number
  readonly token: TokenId
  readonly side: "BUY" | "SELL"
  readonly price: number
}

/** Of the newest `limit` fills since `fromMs` those that were not measured, oldest first. */
export const unmeasuredFills = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  fromMs: number,
  limit: number,
) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    id: Uint8Array
    at_ms: number
    token: Uint8Array
    side: "BUY" | "SELL"
    price: number
  }>`SELECT t.id, t.at_ms, t.token, t.side, t.price FROM (
      SELECT id, at_ms, token, side, price FROM trades
      WHERE wallet = ${wallet} AND at_ms >= ${fromMs} ORDER BY at_ms DESC, id LIMIT ${limit}) t
    LEFT JOIN fill_drifts d ON d.wallet = ${wallet} AND d.at_ms = t.at_ms AND d.fill = t.id
    WHERE d.fill IS NULL ORDER BY t.at_ms, t.id`
  return rows.map(({ at_ms, id, price, side, token }): FillToMeasure => ({
    id,
    atMs: at_ms,
    token: bytesToToken(token),
    side,
    price,
  }))
}, Effect.orDie)

export interface MeasuredFill {
  readonly fill: FillToMeasure
  readonly drift: number | null
  readonly afterMs: number | null
}

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

/** Stores what was measured; the wallet is due again at `dueMs`, and to be scored when there is news. */
export const storeDrifts = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  measured: ReadonlyArray<MeasuredFill>,
  dueMs: number | null,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  if (measured.length > 0) {
    yield* sql`INSERT OR REPLACE INTO fill_drifts ${sql.insert(
      atLeastOne(
        measured.map(({ afterMs, drift, fill }) => ({
          fill: fill.id,
          wallet,
          at_ms: fill.atMs,
          drift,
          after_ms: afterMs,
        })),
      ),
    )}`
    yield* sql`DELETE FROM fill_drifts WHERE wallet = ${wallet} AND at_ms < ${now - driftMemoryMs}`
    yield* sql`UPDATE wallets SET score_due_ms = min(coalesce(score_due_ms, ${now}), ${now})
      WHERE wallet = ${wallet}`
  }
  yield* sql`UPDATE wallets SET drift_due_ms = ${dueMs}, drift_attempts = 0
    WHERE wallet = ${wallet}`
}, inTransaction)

export const measureFailed = Effect.fnUntraced(function* (wallet: Uint8Array, next: NextAttempt) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE wallets SET drift_due_ms = ${next.dueMs}, drift_attempts = ${next.attempts}
    WHERE wallet = ${wallet}`
  if (next.dueMs === null) {
    yield* DeadLetters.write({
      source: "measure-drift",
      subject: bytesToHex(wallet),
      cause: next.reason,
      attempts: next.attempts,
    })
  }
}, inTransaction)

/** Known drifts of a wallet with their fills' times, at most the memory's. */
export const driftsOf = Effect.fnUntraced(function* (wallet: Uint8Array, fromMs: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ at_ms: number; drift: number }>`SELECT at_ms, drift FROM fill_drifts
    WHERE wallet = ${wallet} AND at_ms >= ${fromMs} AND drift IS NOT NULL`
}, Effect.orDie)
