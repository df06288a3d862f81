/**
 * The queues of a lane, by name: their counters, pausing one, and waiting until all are empty.
 *
 * The law every queue keeps: `offered = done + failed + dropped + coalesced + pending`.
 */
import { Context, Effect, Layer, Schedule, Schema } from "effect"
import type { Wired } from "./Lineage.ts"

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

/** Why a queue hands nothing out, and until when; `untilMs` null: until it is resumed. */
export interface QueuePause {
  readonly reason: string
  readonly untilMs: number | null
}

export interface QueueView extends QueueCounters {
  readonly capacity: number
  readonly workers: number
  readonly whenFull: string
  /** How long the first in the queue has waited, ms; null when nobody waits. */
  readonly oldestMs: number | null
  /** Items that waited longer than the queue's declared worst delay. */
  readonly late: number
  /** It filled up to its high-water mark and has not come down to its low one. */
  readonly pressed: boolean
  readonly paused: QueuePause | null
}

/** How a queue is held up and let go on. */
export interface QueueHold {
  readonly pause: (pause: QueuePause) => Effect.Effect<void>
  readonly resume: Effect.Effect<void>
}

/** What can be asked of a queue beside its counters. */
export interface QueueControls {
  readonly view: () => QueueView
  /** Null: it cannot be paused. */
  readonly hold: QueueHold | null
}

/** No queue of this lane that can be paused has the name. */
export class QueueNotFound extends Schema.TaggedError<QueueNotFound>()("QueueNotFound", {
  queue: Schema.String,
  known: Schema.Array(Schema.String),
}) {
  override get message(): string {
    return `no queue is called ${this.queue}; there are ${this.known.join(", ")}`
  }
}

/** Pauses that a queue begins with, by its name; none unless the lane keeps them. */
export const StandingPauses = Context.Reference<ReadonlyMap<string, QueuePause>>(
  "runtime/StandingPauses",
  { defaultValue: () => new Map() },
)

interface Registered {
  readonly counters: () => QueueCounters
  readonly controls: QueueControls | null
}

export class Backlogs extends Context.Service<
  Backlogs,
  {
    readonly add: (counters: () => QueueCounters, controls?: QueueControls) => Effect.Effect<void>
    /** Says what leads to a queue and what comes of it. */
    readonly wire: (queue: Wired) => Effect.Effect<void>
    readonly wired: Effect.Effect<ReadonlyArray<Wired>>
    /** Lets a queue whose place in time matters to other lanes say how long its first has waited, ms. */
    readonly watchAge: (oldestMs: () => number | null) => Effect.Effect<void>
    /** The longest wait of the queues that say theirs. */
    readonly oldestMs: Effect.Effect<number | null>
    readonly all: Effect.Effect<ReadonlyArray<QueueCounters>>
    /** The queues with a policy of their own, with how full they are and what holds them up. */
    readonly views: Effect.Effect<ReadonlyArray<QueueView>>
    /** The queue takes items in and hands none out until it is resumed or the pause is over. */
    readonly pause: (name: string, pause: QueuePause) => Effect.Effect<QueueView, QueueNotFound>
    readonly resume: (name: string) => Effect.Effect<QueueView, QueueNotFound>
    /** Returns when no queue has anything pending. A paused queue is at rest: its work is due in its rows. */
    readonly drained: Effect.Effect<void>
  }
>()("runtime/Backlogs") {
  static readonly layer = Layer.sync(Backlogs, () => {
    const registered: Array<Registered> = []
    const wired: Array<Wired> = []
    const ages: Array<() => number | null> = []
    const byName = <A extends { readonly name: string }>(rows: ReadonlyArray<A>) =>
      rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))

    const controlled = () => registered.flatMap(({ controls }) => controls ?? [])
    const changed = Effect.fnUntraced(function* (
      name: string,
      change: (hold: QueueHold) => Effect.Effect<void>,
    ): Effect.fn.Return<QueueView, QueueNotFound> {
      const pausable = controlled().flatMap(({ hold, view }) =>
        hold === null ? [] : [{ hold, view }],
      )
      const found = pausable.find(({ view }) => view().name === name)
      if (found === undefined) {
        const known = byName(pausable.map(({ view }) => view())).map((view) => view.name)
        return yield* new QueueNotFound({ queue: name, known })
      }
      yield* change(found.hold)
      return found.view()
    })

    const busy = () =>
      registered.some(
        ({ counters, controls }) =>
          counters().pending > 0 && (controls === null || controls.view().paused === null),
      )

    return Backlogs.of({
      add: (counters, controls) => {
        const register = Effect.sync(
          () => void registered.push({ counters, controls: controls ?? null }),
        )
        const hold = controls?.hold ?? null
        if (hold === null) return register
        return Effect.flatMap(StandingPauses, (standing) => {
          const pause = standing.get(counters().name)
          return pause === undefined ? register : Effect.andThen(register, hold.pause(pause))
        })
      },
      wire: (queue) => Effect.sync(() => void wired.push(queue)),
      wired: Effect.sync(() => byName(wired)),
      watchAge: (oldestMs) => Effect.sync(() => void ages.push(oldestMs)),
      oldestMs: Effect.sync(() => {
        const waits = ages.flatMap((age) => age() ?? [])
        return waits.length === 0 ? null : Math.max(...waits)
      }),
      all: Effect.sync(() => byName(registered.map(({ counters }) => counters()))),
      views: Effect.sync(() => byName(controlled().map(({ view }) => view()))),
      pause: (name, pause) => changed(name, (hold) => hold.pause(pause)),
      resume: (name) => changed(name, (hold) => hold.resume),
      drained: Effect.sync(busy).pipe(
        Effect.repeat({ while: (is) => is, schedule: Schedule.spaced("10 millis") }),
        Effect.asVoid,
      ),
    })
  })
}
