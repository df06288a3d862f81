/**
 * When a row that failed is tried again, and when it is given up.
 *
 * 5 seconds doubling, how far depends on the trouble; each wait is then made up to a fifth shorter or longer:
 * - poison (refused, garbled, a defect of ours): to an hour. After {@link maxAttempts} failures the row is
 *   dead-lettered and left out of its truth query.
 * - outage: to 640 seconds, thirteen minutes at most, never given up. It charges at most {@link outageAttempts}:
 *   an outage must not bury the backlog, nor leave a row that its first odd answer afterwards would bury.
 * - throttle: to 80 seconds and no sooner than told, never given up; it charges at most {@link throttleAttempts}.
 *
 * A copy out of a cache is no failure: it is asked for again when the cache has forgotten it.
 */
import { Clock, Effect, Random } from "effect"
import { SqlClient } from "effect/sql"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"

export const maxAttempts = 12
export const outageAttempts = 8
export const throttleAttempts = 5
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
  const { message, reason } = error
  const now = yield* Clock.currentTimeMillis
  if (reason._tag === "Stale") {
    const spread = 0.8 + 0.4 * (yield* Random.next)
    return { attempts, dueMs: now + Math.ceil(staleMs * spread), reason: message }
  }
  if (reason._tag !== "Throttled") {
    return yield* nextAfterFailure(attempts, message, reason._tag === "Unreachable")
  }
  const dueMs = yield* jittered(charged(attempts, throttleAttempts), throttleAttempts)
  return {
    attempts: charged(attempts, throttleAttempts),
    dueMs: Math.max(dueMs, now + (reason.retryAfterMs ?? 0)),
    reason: message,
  }
})

/** The same for a failure of our own: an `outage` is never given up. */
export const nextAfterFailure = Effect.fnUntraced(function* (
  attempts: number,
  reason: string,
  outage: boolean,
): Effect.fn.Return<NextAttempt> {
  if (outage) {
    const failed = charged(attempts, outageAttempts)
    return { attempts: failed, dueMs: yield* jittered(failed, outageAttempts), reason }
  }
  const failed = attempts + 1
  if (failed >= maxAttempts) return { attempts: failed, dueMs: null, reason }
  return { attempts: failed, dueMs: yield* jittered(failed, maxAttempts), reason }
})

/** One attempt more, as far as this trouble may charge; what was charged before stays. */
const charged = (attempts: number, most: number): number =>
  Math.max(attempts, Math.min(attempts + 1, most))

/** The moment of the next attempt after `failed` of them; beyond `most` it waits no longer. */
const jittered = Effect.fnUntraced(function* (failed: number, most: number) {
  const wait = Math.min(longestMs, firstMs * 2 ** (Math.min(failed, most) - 1))
  const spread = 0.8 + 0.4 * (yield* Random.next)
  return (yield* Clock.currentTimeMillis) + Math.ceil(wait * spread)
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
