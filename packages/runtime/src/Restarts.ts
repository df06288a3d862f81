/**
 * Keeps a loop that should never end running: one that ends or fails is logged, counted and started
 * again, 1 s to 60 s apart. An interruption ends it.
 */
import { Cause, Effect, Metric, Schedule } from "effect"
import { counterOf, metrics } from "@evaluator/telemetry/Names"

const restarts = counterOf(metrics.serviceRestarts)

export const restarting = <E, R>(
  name: string,
  effect: Effect.Effect<unknown, E, R>,
): Effect.Effect<void, never, R> =>
  effect.pipe(
    Effect.andThen(Effect.die(new Error("it ended by itself"))),
    Effect.tapCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.void
        : Effect.logError(`service ${name} stopped and is started again`, cause).pipe(
            Effect.andThen(Metric.update(Metric.withAttributes(restarts, { service: name }), 1)),
          ),
    ),
    Effect.sandbox,
    Effect.retry({
      schedule: Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("60 seconds")]),
      while: (cause) => !Cause.hasInterruptsOnly(cause),
    }),
    Effect.ignore,
  )
