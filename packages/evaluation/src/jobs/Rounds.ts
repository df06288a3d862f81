/**
 * A job's work in bounded steps: one after the other while there is more, a limited number a run.
 */
import { Effect } from "effect"
import type { JobCounts } from "@evaluator/runtime/Job"
import { reached, stopAsked } from "@evaluator/runtime/JobProgress"
import { Tempo } from "@evaluator/runtime/Tempo"

export interface Step {
  readonly counts: JobCounts
  /** The truth query was full: there may be more. */
  readonly more: boolean
}

/**
 * Sums the counts of the steps; `more` is 1 when work is left for the next run. A lane that comes to
 * rest is waited for a step long, not a run.
 */
export const inRounds = <E, R>(
  step: Effect.Effect<Step, E, R>,
  rounds: number,
): Effect.Effect<JobCounts, E, R> =>
  Effect.gen(function* () {
    const total: Record<string, number> = {}
    let more = true
    for (let round = 0; round < rounds && more; round++) {
      const done = yield* step
      yield* reached(`round ${round + 1}`)
      more = done.more
      for (const [name, count] of Object.entries(done.counts)) {
        total[name] = (total[name] ?? 0) + count
      }
      if (yield* stopAsked) break
      yield* (yield* Tempo).pause
      yield* Effect.yieldNow
    }
    return { ...total, more: more ? 1 : 0 }
  })
