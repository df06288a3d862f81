/**
 * Trying again inside a run, by the kind of trouble.
 *
 * - `throttle`: the other side asks for patience. Long pauses, several of them.
 * - `outage`: nobody answers. Short pauses that double.
 * - `poison`: the work itself is wrong. Not again: the same input fails the same way.
 *
 * A defect is poison. Pauses are exponential and jittered between half and the whole, drawn from
 * `Random`. Promises: each kind has its own count, all share one budget of pauses; whatever is used
 * up, the error goes out as it came.
 */
import { Duration, Effect, Metric, Random } from "effect"
import { counterOf, metrics } from "@evaluator/telemetry/Names"

export type Trouble = "throttle" | "outage" | "poison"

export interface RetryLimits {
  /** Attempts after the first. */
  readonly times: number
  readonly firstPause: Duration.Input
  readonly longestPause: Duration.Input
}

export interface Retry<E> {
  /** What kind of trouble an error of this work is. */
  kindOf(error: E): Trouble
  /** Differences to {@link defaultLimits}. */
  readonly limits?: Partial<Record<Trouble, RetryLimits>>
  /** All pauses of one run together; default 2 minutes. */
  readonly budget?: Duration.Input
}

export const defaultLimits: Readonly<Record<Trouble, RetryLimits>> = {
  throttle: { times: 5, firstPause: "5 seconds", longestPause: "1 minute" },
  outage: { times: 3, firstPause: "1 second", longestPause: "15 seconds" },
  poison: { times: 0, firstPause: 0, longestPause: 0 },
}
export const defaultBudget: Duration.Input = "2 minutes"

const millis = (input: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(input))

/** The pause before attempt `attempt` (1: the first after the failure) when chance drew `drawn` of [0, 1). */
export const pauseMs = (limits: RetryLimits, attempt: number, drawn: number): number => {
  const whole = Math.min(
    millis(limits.longestPause),
    millis(limits.firstPause) * 2 ** Math.max(0, attempt - 1),
  )
  return Math.round(whole * (0.5 + drawn / 2))
}

/** The work, tried again as the policy has it; `name` is the job's, for the log and the count. */
export const retrying =
  <E>(name: string, retry: Retry<E>) =>
  <A, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const attempts: Record<Trouble, number> = { throttle: 0, outage: 0, poison: 0 }
      let leftMs = millis(retry.budget ?? defaultBudget)
      const again = Effect.fnUntraced(function* (error: E): Effect.fn.Return<A, E, R> {
        const trouble = retry.kindOf(error)
        const limits = retry.limits?.[trouble] ?? defaultLimits[trouble]
        attempts[trouble] += 1
        const pause = pauseMs(limits, attempts[trouble], yield* Random.next)
        if (attempts[trouble] > limits.times || pause > leftMs) return yield* Effect.fail(error)
        leftMs -= pause
        yield* Metric.update(
          Metric.withAttributes(counterOf(metrics.jobRetries), { job: name, trouble }),
          1,
        )
        yield* Effect.logWarning(
          `${name}: ${trouble}, attempt ${attempts[trouble]} of ${limits.times} to go on in ${pause} ms`,
          error,
        )
        yield* Effect.sleep(pause)
        return yield* attempt
      })
      const attempt: Effect.Effect<A, E, R> = Effect.catch(work, again)
      return attempt
    })
