/**
 * The next attempt of a row whose request failed, as the row keeps it: by how the venue is tried again
 * (`polymarket/VenueBackoff.ts`). A row that is given up is dead-lettered and left out of its truth query.
 */
import { Clock, Effect } from "effect"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { afterError, afterFailure, type VenueBackoff } from "@evaluator/polymarket/VenueBackoff"

export interface NextAttempt {
  readonly attempts: number
  /** Null: given up. */
  readonly dueMs: number | null
  readonly reason: string
}

const dueAfter = ({ attempts, waitMs }: VenueBackoff, reason: string) =>
  Effect.map(Clock.currentTimeMillis, (now): NextAttempt => ({
    attempts,
    dueMs: waitMs === null ? null : now + waitMs,
    reason,
  }))

/** The row's next attempt after one failure more than `attempts`. */
export const nextAttempt = (attempts: number, error: PolymarketError) =>
  Effect.flatMap(afterError(attempts, error), (backoff) => dueAfter(backoff, error.message))

/** The same for a failure of our own: an `outage` is never given up. */
export const nextAfterFailure = (attempts: number, reason: string, outage: boolean) =>
  Effect.flatMap(afterFailure(attempts, outage), (backoff) => dueAfter(backoff, reason))
