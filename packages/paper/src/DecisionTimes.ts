/**
 * How long decisions took: from a fill decoded in this lane to its reservation committed.
 *
 * On the monotonic clock. Exact percentiles over the newest {@link kept} decisions, and a histogram
 * on the metrics page. Under a virtual clock every duration is what virtual time says, so the figure
 * means nothing there.
 */
import { Clock, Effect, Metric } from "effect"
import { histogramOf, metrics } from "@evaluator/telemetry/Names"

export const kept = 10_000

/** Milliseconds, fractions kept. `count` is every decision since the start. */
export interface DecisionSummary {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface DecisionTimes {
  readonly now: Effect.Effect<bigint>
  /** Notes a decision that began at a reading of `now`. */
  readonly note: (since: bigint) => Effect.Effect<void>
  readonly summary: Effect.Effect<DecisionSummary>
}

const histogram = histogramOf(metrics.decision)

export const makeDecisionTimes: Effect.Effect<DecisionTimes> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const newest: Array<number> = []
  let count = 0

  const note = (since: bigint) =>
    Effect.suspend(() => {
      const ms = Number(clock.monotonicTimeNanosUnsafe() - since) / 1e6
      newest[count % kept] = ms
      count += 1
      return Metric.update(histogram, ms)
    })

  const summary = Effect.sync(() => {
    const sorted = newest.toSorted((a, b) => a - b)
    const at = (part: number) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
    return { count, p50: at(0.5), p99: at(0.99), max: at(1) }
  })

  return { now: clock.monotonicTimeNanos, note, summary }
})
