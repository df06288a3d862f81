/**
 * What a verdict was told of a wallet beside purchases and copies, from rows as far as they go: how much of
 * its history was complete, and which gates failed.
 *
 * Fills say which was the first known; how far the feeds were complete then is kept with the verdict alone.
 * A gate's row says since when it fails, and is gone when it does not fail any more: of a wallet that was
 * judged again since, a gate that is not there now, or failed anew, is as the verdict was told.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Reason } from "@evaluator/judgement/Judgement"
import { completeShareOf, type Coverage } from "../../stores/Evidence.ts"
import type { VerdictRow } from "../VerdictPage.ts"

const excluded = "excluded:"

export interface GateThen {
  readonly code: string
  /** Null: there is no row of it any more. */
  readonly sinceMs: number | null
}

export interface KnownThen {
  readonly completeShare: number
  readonly firstFillMs: number | null
  readonly completeThroughMs: number | null
  readonly weighedAtMs: number | null
  readonly gates: ReadonlyArray<GateThen>
}

/** The codes of exclusions among what was said. */
export const exclusionsSaid = (row: VerdictRow): ReadonlyArray<string> =>
  [row.reasons_for, row.reasons_against]
    .flatMap((side) => JSON.parse(side) as ReadonlyArray<Reason>)
    .flatMap(({ code }) => (code.startsWith(excluded) ? [code.slice(excluded.length)] : []))

const gatesThen = Effect.fnUntraced(function* (row: VerdictRow) {
  const sql = yield* SqlClient.SqlClient
  const { confirmed_at_ms: asOf, wallet } = row
  const failing = yield* sql<{ code: string; since_ms: number }>`SELECT code, since_ms
    FROM wallet_gates WHERE wallet = ${wallet} AND since_ms <= ${asOf} ORDER BY position`
  const [judged] = yield* sql<{ at_ms: number | null }>`SELECT judged_at_ms AS at_ms FROM wallets
    WHERE wallet = ${wallet}`
  const rows = failing.map(({ code, since_ms: sinceMs }): GateThen => ({ code, sinceMs }))
  if ((judged?.at_ms ?? 0) <= asOf) return rows
  const gone = exclusionsSaid(row).filter((code) => rows.every((gate) => gate.code !== code))
  return [...rows, ...gone.map((code): GateThen => ({ code, sinceMs: null }))]
})

export const knownThen = Effect.fnUntraced(function* (row: VerdictRow) {
  const sql = yield* SqlClient.SqlClient
  const coverage = JSON.parse(row.coverage) as Partial<Coverage>
  const weighedAtMs = coverage.weighedAtMs ?? null
  const completeThroughMs = coverage.completeThroughMs ?? null
  const [first] = yield* sql<{ at_ms: number | null }>`SELECT min(at_ms) AS at_ms FROM trades
    WHERE wallet = ${row.wallet} AND seen_at_ms <= ${weighedAtMs ?? row.confirmed_at_ms}`
  const firstFillMs = first?.at_ms ?? null
  return {
    // Of a verdict from before its coverage had a time there is nothing to work it out from.
    completeShare:
      weighedAtMs === null
        ? row.complete_share
        : completeShareOf(firstFillMs, completeThroughMs, weighedAtMs),
    firstFillMs,
    completeThroughMs,
    weighedAtMs,
    gates: yield* gatesThen(row),
  } satisfies KnownThen
})
