/**
 * How long copies took from hop to hop: the leader's trade → the first feed that showed it → detected
 * → decided (money set aside) → priced (the book read). Medians and 99th percentiles of the newest
 * {@link kept} copies that got that far.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"

export const kept = 1000

/** Milliseconds. */
export interface Hop {
  readonly hop: string
  readonly copies: number
  readonly p50: number
  readonly p99: number
}

const hops = [
  ["trade → visible", "visible_at_ms - leader_at_ms"],
  ["visible → detected", "detected_at_ms - visible_at_ms"],
  ["detected → decided", "reserved_at_ms - detected_at_ms"],
  ["decided → priced", "priced_at_ms - reserved_at_ms"],
] as const

export const makeLatency = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  /** Of one wallet's copies, or of all when `wallet` is null. */
  return Effect.fnUntraced(function* (strategy: Strategy, wallet: Uint8Array | null) {
    const found: Array<Hop> = []
    for (const [hop, expression] of hops) {
      const span = sql.literal(expression)
      const rows = yield* sql<{ ms: number }>`SELECT ${span} AS ms FROM copies
        WHERE strategy = ${strategy} AND origin = 'fill' AND ${span} IS NOT NULL
          ${wallet === null ? sql.literal("") : sql`AND wallet = ${wallet}`}
        ORDER BY leader_at_ms DESC LIMIT ${kept}`
      if (rows.length === 0) continue
      const sorted = rows.map((row) => row.ms).toSorted((a, b) => a - b)
      const at = (part: number) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!
      found.push({ hop, copies: sorted.length, p50: at(0.5), p99: at(0.99) })
    }
    return found
  }, Effect.orDie)
})
