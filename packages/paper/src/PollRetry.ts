/**
 * When a poll that failed is tried again.
 *
 * A copy out of a cache says nothing new until the cache has forgotten it: it is asked for again
 * {@link staleAgainMs} later and is no failed attempt. Everything else backs off from 5 s to 1 h,
 * made up to a fifth shorter or longer, not sooner than a throttle told. What the venue refuses or
 * garbles is given up after {@link giveUpAt} attempts. That it cannot be reached, or throttles, passes: it charges
 * {@link passingAttempts} at most and waits thirteen minutes at most, unless a throttle told more, so that the
 * first odd answer after an outage gives nothing up.
 */
import { Effect, Random } from "effect"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"

export const giveUpAt = 12
export const passingAttempts = 8
/** Longer than the venue's network keeps a wallet's first page (15 s). */
export const staleAgainMs = 20_000
const backOffFromMs = 5000
const backOffToMs = 3_600_000

export interface PollRetry {
  readonly attempts: number
  /** Null: given up. */
  readonly waitMs: number | null
}

export const pollRetry = Effect.fnUntraced(function* (
  failedBefore: number,
  { reason }: PolymarketError,
): Effect.fn.Return<PollRetry> {
  const spread = yield* Random.nextBetween(0.8, 1.2)
  if (reason._tag === "Stale") {
    return { attempts: failedBefore, waitMs: Math.ceil(staleAgainMs * spread) }
  }
  const passes = reason._tag === "Throttled" || reason._tag === "Unreachable"
  const attempts = passes
    ? Math.max(failedBefore, Math.min(failedBefore + 1, passingAttempts))
    : failedBefore + 1
  if (!passes && attempts >= giveUpAt) return { attempts, waitMs: null }
  const told = reason._tag === "Throttled" ? (reason.retryAfterMs ?? 0) : 0
  const backOff = Math.min(
    backOffToMs,
    backOffFromMs * 2 ** (Math.min(attempts, passes ? passingAttempts : giveUpAt) - 1),
  )
  return { attempts, waitMs: Math.max(told, Math.ceil(backOff * spread)) }
})
