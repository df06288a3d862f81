/**
 * When a row that failed is tried again, and when it is given up.
 *
 * 5 seconds doubling to an hour, each jittered by ±20 %. After {@link maxAttempts} failures a row is
 * dead-lettered and left out of its truth query, unless the venue as a whole was the reason: an
 * outage must not bury the backlog. A copy out of a cache is no failure: it is asked for again when
 * the cache has forgotten it.
 */
import { Clock, Effect, Random } from "effect"
import { SqlClient } from "effect/sql"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"

export const maxAttempts = 12
const firstMs = 5000
const longestMs = 3_600_000
/** The venue's network keeps a wallet's first page for 15 s. */
const staleMs = 20_000

export interface NextAttempt {
  readonly attempts: number
  /** Null: given up. */
  readonly dueMs: number | null
  readonly reason: string
}

/** The row's next attempt after its failure number `attempts + 1`. */
export const nextAttempt = Effect.fnUntraced(function* (attempts: number, error: PolymarketError) {
  const { reason } = error
  if (reason._tag === "Throttled" || reason._tag === "Stale") {
    const now = yield* Clock.currentTimeMillis
    const spread = 0.8 + 0.4 * (yield* Random.next)
    const wait = reason._tag === "Stale" ? staleMs : (reason.retryAfterMs ?? firstMs)
    return { attempts, dueMs: now + Math.ceil(wait * spread), reason: error.message }
  }
  return yield* nextAfterFailure(attempts, error.message, reason._tag === "Unreachable")
})

/** The same for a failure of our own: an `outage` is never given up. */
export const nextAfterFailure = Effect.fnUntraced(function* (
  attempts: number,
  reason: string,
  outage: boolean,
): Effect.fn.Return<NextAttempt> {
  const failed = attempts + 1
  if (failed >= maxAttempts && !outage) return { attempts: failed, dueMs: null, reason }
  const wait = Math.min(longestMs, firstMs * 2 ** Math.min(failed - 1, 16))
  const spread = 0.8 + 0.4 * (yield* Random.next)
  const now = yield* Clock.currentTimeMillis
  return { attempts: failed, dueMs: now + Math.ceil(wait * spread), reason }
})

/** Keeps what was given up, in the caller's transaction. */
export const keepDeadLetter = Effect.fnUntraced(function* (letter: {
  readonly source: string
  readonly subject: string
  readonly cause: string
  readonly attempts: number
}) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`INSERT INTO dead_letters (source, subject, cause, attempts, payload, at_ms)
    VALUES (${letter.source}, ${letter.subject}, ${letter.cause}, ${letter.attempts}, '{}', ${now})
    ON CONFLICT (source, subject) DO UPDATE SET cause = excluded.cause,
      attempts = excluded.attempts, at_ms = excluded.at_ms`
})
