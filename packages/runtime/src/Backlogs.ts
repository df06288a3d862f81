/**
 * The queues of a lane, by name: their counters, and waiting until all are empty.
 *
 * The law every queue keeps: `offered = done + failed + dropped + coalesced + pending`.
 */
import { Context, Effect, Layer, Schedule } from "effect"

export interface QueueCounters {
  readonly name: string
  /** Items handed to the queue. */
  readonly offered: number
  /** Items handled. */
  readonly done: number
  /** Items whose handler failed; the truth query finds their work again. */
  readonly failed: number
  /** Items let go because the queue was full or they came too late. */
  readonly dropped: number
  /** Items merged into one already waiting under the same key. */
  readonly coalesced: number
  /** Items waiting or being handled. */
  readonly pending: number
}

export class Backlogs extends Context.Service<
  Backlogs,
  {
    readonly add: (counters: () => QueueCounters) => Effect.Effect<void>
    readonly all: Effect.Effect<ReadonlyArray<QueueCounters>>
    /** Returns when no queue has anything pending. */
    readonly drained: Effect.Effect<void>
  }
>()("runtime/Backlogs") {
  static readonly layer = Layer.sync(Backlogs, () => {
    const readers: Array<() => QueueCounters> = []
    const all = Effect.sync(() =>
      readers.map((read) => read()).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    )
    return Backlogs.of({
      add: (counters) => Effect.sync(() => void readers.push(counters)),
      all,
      drained: all.pipe(
        Effect.repeat({
          while: (queues) => queues.some((queue) => queue.pending > 0),
          schedule: Schedule.spaced("10 millis"),
        }),
        Effect.asVoid,
      ),
    })
  })
}
