/**
 * Keeps a loop that should never end running: one that ends or fails is logged, counted and started
 * again, 1 s to 60 s apart; one that had run for {@link soundAfter} begins at 1 s again. An interruption
 * ends it.
 */
import { Cause, Clock, Duration, Effect, Exit, Metric } from "effect"
import { counterOf, metrics } from "@evaluator/telemetry/Names"

const restarts = counterOf(metrics.serviceRestarts)
const firstPauseMs = 1000
const longestPauseMs = 60_000
export const soundAfter = Duration.minutes(1)

export const restarting = <E, R>(
  name: string,
  effect: Effect.Effect<unknown, E, R>,
): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    let failures = 0
    for (;;) {
      const beganNs = yield* Clock.monotonicTimeNanos
      const exit = yield* Effect.exit(
        Effect.andThen(effect, Effect.die(new Error("it ended by itself"))),
      )
      if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
      const ranMs = Number((yield* Clock.monotonicTimeNanos) - beganNs) / 1e6
      failures = ranMs >= Duration.toMillis(soundAfter) ? 1 : failures + 1
      yield* Effect.logError(`service ${name} stopped and is started again`, exit.cause)
      yield* Metric.update(Metric.withAttributes(restarts, { service: name }), 1)
      yield* Effect.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)))
    }
  })
