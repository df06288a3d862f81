/**
 * Places where wallets are looked for: markets of selected events, leaderboards, biggest winners. Each has its own
 * due time and back-off, so that one that fails neither stops nor repeats the others.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import type { NextAttempt } from "../Backoff.ts"
import { atLeastOne } from "./AtLeastOne.ts"

export type ItemKind = "market" | "leaderboard" | "winners"

export interface DiscoveryItem {
  readonly kind: ItemKind
  /** A condition (`0x…`), or `category:period`. */
  readonly subject: string
  readonly attempts: number
}

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

/**
 * Makes the items of a kind be exactly `subjects` (at most 1,000): new ones are due now, known ones
 * keep their due time, absent ones are not due any more.
 */
export const setItems = Effect.fnUntraced(function* (
  kind: ItemKind,
  subjects: ReadonlyArray<string>,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const known = new Map(
    (yield* sql<{ subject: string; due_ms: number | null; attempts: number }>`
      SELECT subject, due_ms, attempts FROM discovery_items WHERE kind = ${kind}`).map((row) => [
      row.subject,
      row,
    ]),
  )
  const wanted = new Set(subjects)
  const fresh = subjects.filter((subject) => !known.has(subject))
  for (let at = 0; at < fresh.length; at += 500) {
    yield* sql`INSERT INTO discovery_items ${sql.insert(
      atLeastOne(fresh.slice(at, at + 500).map((subject) => ({ kind, subject, due_ms: now }))),
    )}`
  }
  for (const [subject, row] of known) {
    if (wanted.has(subject) && row.due_ms === null && row.attempts === 0) {
      yield* sql`UPDATE discovery_items SET due_ms = ${now}
        WHERE kind = ${kind} AND subject = ${subject}`
    }
    if (!wanted.has(subject)) {
      yield* sql`DELETE FROM discovery_items WHERE kind = ${kind} AND subject = ${subject}`
    }
  }
}, inTransaction)

/** Truth query of `discover-wallets`. */
export const dueItems = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  return yield* sql<DiscoveryItem>`SELECT kind, subject, attempts FROM discovery_items
    WHERE due_ms <= ${now} ORDER BY due_ms, kind, subject LIMIT ${limit}`
}, Effect.orDie)

/** The place was visited; in the transaction that adds what was found. */
export const itemVisited = Effect.fnUntraced(function* (
  item: DiscoveryItem,
  dueMs: number,
  found: number,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE discovery_items SET due_ms = ${dueMs}, attempts = 0, reason = NULL,
      visited_at_ms = ${now}, wallets = wallets + ${found}
    WHERE kind = ${item.kind} AND subject = ${item.subject}`
})

export const itemFailed = Effect.fnUntraced(function* (item: DiscoveryItem, next: NextAttempt) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE discovery_items SET due_ms = ${next.dueMs}, attempts = ${next.attempts},
    reason = ${next.reason} WHERE kind = ${item.kind} AND subject = ${item.subject}`
  if (next.dueMs === null) {
    yield* DeadLetters.write({
      source: "discover-wallets",
      subject: `${item.kind} ${item.subject}`,
      cause: next.reason,
      attempts: next.attempts,
    })
  }
}, inTransaction)

export const marketSubject = (condition: Uint8Array): string => bytesToHex(condition)
export const subjectCondition = (subject: string): Uint8Array => hexToBytes(subject)
