/**
 * How fast a lane's bulk work may go: at full speed, or slowed because the other lane needs the machine.
 *
 * Being slowed is a lease: whoever asks for it asks again while it lasts, and when nobody asks any more
 * (it is over, or the asker is gone) the lane goes on at full speed by itself.
 * A lane that drains is slowed no more: then the other lane waits for it.
 * Bulk work awaits {@link TempoShape.pause} between its steps: a page of the venue, a round of a job.
 */
import { Clock, Context, Duration, Effect, Layer, Metric } from "effect"
import { gaugeOf, metrics } from "@evaluator/telemetry/Names"

/** How long an asking lasts. */
export const lease = Duration.seconds(3)
/** What a step waits while the lane is slowed. */
export const stepPause = Duration.millis(250)

export interface Slowed {
  readonly why: string
  readonly sinceMs: number
}

export interface TempoShape {
  /** Nothing at full speed. */
  readonly pause: Effect.Effect<void>
  /** Slows the lane for the {@link lease}. */
  readonly slow: (why: string) => Effect.Effect<void>
  /** Ends it before the lease does. */
  readonly go: Effect.Effect<void>
  /** Ends it for good: nobody slows the lane from now on. */
  readonly hurry: Effect.Effect<void>
  readonly slowed: Effect.Effect<Slowed | null>
}

export const Tempo = Context.Reference<TempoShape>("runtime/Tempo", {
  defaultValue: () => ({
    pause: Effect.void,
    slow: () => Effect.void,
    go: Effect.void,
    hurry: Effect.void,
    slowed: Effect.succeed(null),
  }),
})

const gauge = gaugeOf(metrics.laneSlowed)

/** The tempo of one lane. */
export const layer = Layer.effect(
  Tempo,
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const monotonicMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    let slowed: Slowed | null = null
    let untilMs = 0
    let hurried = false

    const end = Effect.suspend(() => {
      if (slowed === null) return Effect.void
      const forMs = Math.round(clock.currentTimeMillisUnsafe() - slowed.sinceMs)
      slowed = null
      return Effect.logInfo(`bulk work goes on at full speed after ${forMs} ms`).pipe(
        Effect.andThen(Metric.update(gauge, 0)),
      )
    })
    const lapse = Effect.suspend(() =>
      slowed !== null && monotonicMs() >= untilMs ? end : Effect.void,
    )
    return {
      pause: Effect.suspend(() =>
        slowed === null
          ? Effect.void
          : Effect.flatMap(lapse, () => (slowed === null ? Effect.void : Effect.sleep(stepPause))),
      ),
      slow: (why) =>
        Effect.suspend(() => {
          if (hurried) return Effect.void
          untilMs = monotonicMs() + Duration.toMillis(lease)
          if (slowed !== null) {
            slowed = { ...slowed, why }
            return Effect.void
          }
          slowed = { why, sinceMs: clock.currentTimeMillisUnsafe() }
          return Effect.logWarning(`bulk work is slowed down: ${why}`).pipe(
            Effect.andThen(Metric.update(gauge, 1)),
          )
        }),
      go: end,
      hurry: Effect.suspend(() => {
        hurried = true
        return end
      }),
      slowed: Effect.map(lapse, () => slowed),
    }
  }),
)
