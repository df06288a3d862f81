/**
 * What the venue says of outcomes. A final resolution stands until the venue corrects it.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type ConditionId, hexToBytes } from "@evaluator/domain/Id"
import { isFinal, type Resolution } from "@evaluator/domain/market/Market"
import type { Price } from "@evaluator/domain/money/Micro"

interface ResolutionRow {
  readonly condition: Uint8Array
  readonly status: string
  readonly payouts: string
  readonly disputed: number
  readonly resolved_at_ms: number | null
}

const toResolution = (row: ResolutionRow): Resolution => ({
  condition: bytesToHex(row.condition) as ConditionId,
  status: row.status,
  payouts: JSON.parse(row.payouts) as ReadonlyArray<Price>,
  disputed: row.disputed === 1,
  resolvedAtMs: row.resolved_at_ms,
})

/**
 * Stores what was served, in the caller's transaction; an outcome served again was seen when it was
 * first. `news` when a final outcome is new or corrected. What is no longer final at a later look does
 * not take a final outcome back: it `stands`. `despite` says what is said against it.
 */
export const storeResolution = Effect.fnUntraced(function* (
  served: Resolution,
  confirmedBy: ReadonlyArray<string> = [],
  despite: string | null = null,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const condition = hexToBytes(served.condition)
  const [before] = yield* sql<{ payouts: string; final: number; seen_at_ms: number }>`
    SELECT payouts, final, seen_at_ms FROM resolutions WHERE condition = ${condition}`
  if (before?.final === 1 && !isFinal(served)) {
    return { news: false, stands: true, seenAtMs: before.seen_at_ms }
  }
  const payouts = JSON.stringify(served.payouts)
  const [kept] = yield* sql<{ seen_at_ms: number }>`INSERT INTO resolutions ${sql.insert({
    condition,
    status: served.status,
    payouts,
    disputed: served.disputed,
    final: isFinal(served),
    resolved_at_ms: served.resolvedAtMs,
    seen_at_ms: now,
    confirmed_by: confirmedBy.length === 0 ? null : confirmedBy.join(", "),
    despite,
  })} ON CONFLICT (condition) DO UPDATE SET status = excluded.status, payouts = excluded.payouts,
      disputed = excluded.disputed, final = excluded.final,
      resolved_at_ms = excluded.resolved_at_ms,
      seen_at_ms = iif(final = excluded.final AND payouts = excluded.payouts
        AND resolved_at_ms IS excluded.resolved_at_ms, seen_at_ms, excluded.seen_at_ms),
      confirmed_by = excluded.confirmed_by, despite = excluded.despite RETURNING seen_at_ms`
  const same = before?.final === 1 && before.payouts === payouts
  return { news: isFinal(served) && !same, stands: false, seenAtMs: kept!.seen_at_ms }
})

/** Since when the outcome kept of a condition is final; null when none is. */
export const finalSince = Effect.fnUntraced(function* (condition: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ since: number }>`SELECT coalesce(resolved_at_ms, seen_at_ms) AS since
    FROM resolutions WHERE condition = ${condition} AND final = 1`
  return row?.since ?? null
})

/** Resolutions of the conditions (at most 500) that have one. */
export const resolutionsOf = Effect.fnUntraced(function* (conditions: ReadonlyArray<Uint8Array>) {
  if (conditions.length === 0) return []
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<ResolutionRow>`SELECT condition, status, payouts, disputed, resolved_at_ms
    FROM resolutions WHERE ${sql.in("condition", conditions)} ORDER BY condition`
  return rows.map(toResolution)
}, Effect.orDie)
