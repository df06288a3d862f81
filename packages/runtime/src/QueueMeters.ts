/**
 * A queue's counters as metrics.
 *
 * They are read when the metrics are, so a queue counts in plain numbers and pays for no metric on
 * its way. Promises: what the page shows is what the queue says of itself at that moment.
 */
import { Effect, Metric, type Scope } from "effect"
import { counterOf, gaugeOf, metrics } from "@evaluator/telemetry/Names"
import type { QueueCounters } from "./Backlogs.ts"

const fates = {
  offered: metrics.queueOffered,
  done: metrics.queueDone,
  failed: metrics.queueFailed,
  dropped: metrics.queueDropped,
  coalesced: metrics.queueCoalesced,
  late: metrics.queueLate,
} as const

export interface Counted extends QueueCounters {
  /** Only queues with a worst delay know it. */
  readonly late?: number
}

const ignored = { update: () => undefined, modify: () => undefined }

/** Shows the counters under the queue's name for as long as the scope lives. */
export const show = Effect.fnUntraced(function* (
  counters: () => Counted,
): Effect.fn.Return<void, never, Scope.Scope> {
  const context = yield* Effect.context<never>()
  const { name: queue, ...first } = counters()
  const shown: Array<Metric.Registration> = []
  for (const fate of ["offered", "done", "failed", "dropped", "coalesced", "late"] as const) {
    if (first[fate] === undefined) continue
    const counter = Metric.withAttributes(counterOf(fates[fate]), { queue })
    const get = () => ({ count: counters()[fate]!, incremental: true })
    shown.push(Metric.registerUnsafe(counter, context, { get, ...ignored }))
  }
  const pending = Metric.withAttributes(gaugeOf(metrics.queuePending), { queue })
  const get = () => ({ value: counters().pending })
  shown.push(Metric.registerUnsafe(pending, context, { get, ...ignored }))
  yield* Effect.addFinalizer(() => Effect.sync(() => shown.forEach((one) => one.remove())))
})
