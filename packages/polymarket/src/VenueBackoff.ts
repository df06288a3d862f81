/**
 * When work that failed at the venue is tried again, and when it is given up.
 *
 * 5 seconds doubling, how far depends on the trouble; each wait is then made up to a fifth shorter or longer:
 * - poison (refused, garbled, a defect of ours): to an hour. Given up after {@link maxAttempts} failures.
 * - outage: to 640 seconds, thirteen minutes at most, never given up. It charges at most {@link outageAttempts}:
 *   an outage must not bury the backlog, nor leave work that its first odd answer afterwards would bury.
 * - throttle: to 80 seconds and no sooner than told, never given up; it charges at most {@link throttleAttempts}.
 *
 * A copy out of a cache is no failure: it is asked for again when the cache has forgotten it.
 */
import { Effect, Random } from "effect"
import type { PolymarketError } from "./PolymarketError.ts"

export const maxAttempts = 12
export const outageAttempts = 8
export const throttleAttempts = 5
/** Longer than the venue's network keeps a wallet's first page (15 s). */
export const staleAgainMs = 20_000
const firstMs = 5000
const longestMs = 3_600_000

export interface VenueBackoff {
  /** Failures that are charged until now. */
  readonly attempts: number
  /** Null: given up. */
  readonly waitMs: number | null
}

const jittered = (waitMs: number) =>
  Effect.map(Random.nextBetween(0.8, 1.2), (spread) => Math.ceil(waitMs * spread))

/** After one failure more of a kind that charges `most` attempts; beyond these it waits no longer. */
const charging = Effect.fnUntraced(function* (charged: number, most: number) {
  const attempts = Math.max(charged, Math.min(charged + 1, most))
  const waitMs = Math.min(longestMs, firstMs * 2 ** (Math.min(attempts, most) - 1))
  return { attempts, waitMs: yield* jittered(waitMs) }
})

/** After one more failure of our own: an `outage` is never given up. */
export const afterFailure = (charged: number, outage: boolean): Effect.Effect<VenueBackoff> =>
  outage
    ? charging(charged, outageAttempts)
    : charged + 1 >= maxAttempts
      ? Effect.succeed({ attempts: charged + 1, waitMs: null })
      : charging(charged, maxAttempts)

/** After one more request that failed. */
export const afterError = Effect.fnUntraced(function* (
  charged: number,
  { reason }: PolymarketError,
): Effect.fn.Return<VenueBackoff> {
  if (reason._tag === "Stale") return { attempts: charged, waitMs: yield* jittered(staleAgainMs) }
  if (reason._tag !== "Throttled") {
    return yield* afterFailure(charged, reason._tag === "Unreachable")
  }
  const { attempts, waitMs } = yield* charging(charged, throttleAttempts)
  return { attempts, waitMs: Math.max(waitMs, reason.retryAfterMs ?? 0) }
})
