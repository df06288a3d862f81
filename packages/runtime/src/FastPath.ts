/**
 * The bounded fiber pool in which decisions are made: slots, a waiting room, a deadline.
 *
 * Promises: what is submitted either starts within the deadline or is shed, and shedding runs the
 * item's own `shed`, so that it too leaves its outcome; items of one key run one at a time, in the
 * order of submission.
 * Limits: `slots` running, `capacity` waiting; beyond that an item is shed at once.
 */
import { Cause, Clock, Duration, Effect, Metric, Queue, type Scope } from "effect"
import { histogramOf, metrics } from "@evaluator/telemetry/Names"
import { Backlogs, type QueueCounters } from "./Backlogs.ts"
import * as QueueMeters from "./QueueMeters.ts"
import { Supervisor } from "./Supervisor.ts"

export interface FastPathOptions {
  readonly name: string
  readonly slots: number
  readonly capacity: number
  /** Longest wait from submission to start. */
  readonly deadline: Duration.Input
}

export interface Submission {
  /** Items with the same key keep their order. */
  readonly key: string
  readonly run: Effect.Effect<void>
  /** Runs instead of `run` when the item could not start in time. */
  readonly shed: Effect.Effect<void>
}

export interface FastPath {
  readonly submit: (item: Submission) => Effect.Effect<void>
  readonly counters: Effect.Effect<QueueCounters>
}

interface Waiting extends Submission {
  readonly since: bigint
}

export const make = Effect.fnUntraced(function* (
  options: FastPathOptions,
): Effect.fn.Return<FastPath, never, Backlogs | Supervisor | Scope.Scope> {
  const { name, slots, capacity } = options
  const supervisor = yield* Supervisor
  const clock = yield* Clock.Clock
  const deadlineNanos = Duration.toNanosUnsafe(Duration.fromInputUnsafe(options.deadline))
  // The queue carries keys that are ready; a key's items wait in its lane, in order.
  const ready = yield* Queue.unbounded<string>()
  const lanes = new Map<string, Array<Waiting>>()
  const tally = { offered: 0, done: 0, failed: 0, dropped: 0, coalesced: 0 }
  /** Those of {@link lanes} that are in a slot. */
  const started = new WeakSet<Waiting>()
  let pending = 0

  const waits = Metric.withAttributes(histogramOf(metrics.queueWait), { queue: name })

  const counters = (): QueueCounters => ({ name, ...tally, pending })

  const guarded = (effect: Effect.Effect<void>) =>
    effect.pipe(
      Effect.matchCauseEffect({
        onSuccess: () => Effect.succeed(true),
        onFailure: (cause) =>
          Cause.hasInterruptsOnly(cause)
            ? Effect.succeed(false)
            : Effect.logError(
                `${name}: an item ended in a defect; recovery takes it up`,
                cause,
              ).pipe(Effect.as(false)),
      }),
    )

  const submit = Effect.fnUntraced(function* (item: Submission) {
    tally.offered += 1
    if (pending >= capacity + slots) {
      yield* guarded(item.shed)
      tally.dropped += 1
      return
    }
    pending += 1
    const since = clock.monotonicTimeNanosUnsafe()
    const lane = lanes.get(item.key)
    if (lane === undefined) {
      lanes.set(item.key, [{ ...item, since }])
      yield* Queue.offer(ready, item.key)
    } else {
      lane.push({ ...item, since })
    }
  })

  const runNext = Effect.fnUntraced(function* (key: string) {
    const lane = lanes.get(key)!
    const item = lane[0]!
    started.add(item)
    const waited = clock.monotonicTimeNanosUnsafe() - item.since
    yield* Metric.update(waits, Number(waited) / 1e6)
    if (waited > deadlineNanos) {
      yield* guarded(item.shed)
      tally.dropped += 1
    } else {
      tally[(yield* guarded(item.run)) ? "done" : "failed"] += 1
    }
  })

  const release = (key: string) =>
    Effect.suspend(() => {
      pending -= 1
      const lane = lanes.get(key)!
      lane.shift()
      if (lane.length > 0) return Queue.offer(ready, key)
      lanes.delete(key)
      return Effect.void
    })

  yield* Effect.forEach(
    Array.from({ length: slots }, (_, index) => index),
    (index) =>
      supervisor.service(
        `${name}-${index + 1}`,
        Queue.take(ready).pipe(
          Effect.flatMap((key) => runNext(key).pipe(Effect.ensuring(release(key)))),
          Effect.forever,
        ),
      ),
    { discard: true },
  )
  yield* QueueMeters.show(counters)
  const backlogs = yield* Backlogs
  yield* backlogs.add(counters)
  yield* backlogs.watchAge(() => {
    let oldest: bigint | null = null
    for (const [first] of lanes.values()) {
      if (first === undefined || started.has(first)) continue
      if (oldest === null || first.since < oldest) oldest = first.since
    }
    return oldest === null ? null : Number(clock.monotonicTimeNanosUnsafe() - oldest) / 1e6
  })
  return { submit, counters: Effect.sync(counters) }
})
