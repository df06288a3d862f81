/**
 * The bounded fiber pool in which decisions are made: slots, a waiting room, a deadline.
 *
 * Promises: what is submitted either starts within the deadline or is shed then, also while every slot
 * is taken, and shedding runs the item's own `shed`, so that it too leaves its outcome; items of one
 * key run one at a time, in the order of submission. The deadline is the queue's worst delay: what
 * waited for {@link timerSlackMs} longer, because the thread stood still, counts as late.
 * Limits: `slots` running, `capacity` waiting; beyond that an item is shed at once.
 */
import { Cause, Clock, Duration, Effect, Latch, Metric, type Scope } from "effect"
import type { EventType } from "@evaluator/domain/event/DomainEvent"
import { histogramOf, metrics } from "@evaluator/telemetry/Names"
import { Backlogs, type QueueCounters } from "./Backlogs.ts"
import * as QueueMeters from "./QueueMeters.ts"
import { type Submission, SubmissionLine, type Waiting } from "./SubmissionLine.ts"
import { Supervisor } from "./Supervisor.ts"

/** How much later than asked a timer of a busy thread may come. */
export const timerSlackMs = 250

export interface FastPathOptions {
  readonly name: string
  readonly slots: number
  readonly capacity: number
  /** Longest wait from submission to start. */
  readonly deadline: Duration.Input
  /** The event types after which items are submitted, and those they append. */
  readonly on?: ReadonlyArray<EventType>
  readonly emits?: ReadonlyArray<EventType>
}

export interface FastPath {
  readonly submit: (item: Submission) => Effect.Effect<void>
  readonly counters: Effect.Effect<QueueCounters>
}

export const make = Effect.fnUntraced(function* (
  options: FastPathOptions,
): Effect.fn.Return<FastPath, never, Backlogs | Supervisor | Scope.Scope> {
  const { name, slots, capacity } = options
  const supervisor = yield* Supervisor
  const clock = yield* Clock.Clock
  const deadlineNanos = Duration.toNanosUnsafe(Duration.fromInputUnsafe(options.deadline))
  const lateNanos = deadlineNanos + BigInt(timerSlackMs) * 1_000_000n
  const line = new SubmissionLine()
  /** Open while somebody waits for a slot, or for the one before of the same key. */
  const waitedFor = Latch.makeUnsafe(false)
  const tally = { offered: 0, done: 0, failed: 0, dropped: 0, coalesced: 0 }
  let late = 0
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
    line.join(item, clock.monotonicTimeNanosUnsafe())
    if (line.oldest !== undefined) waitedFor.openUnsafe()
  })

  const nextItem = Effect.callback<Waiting>((resume) => {
    const goAway = line.next((item) => resume(Effect.succeed(item)))
    return Effect.sync(goAway)
  })

  const waited = Effect.fnUntraced(function* (item: Waiting) {
    const nanos = clock.monotonicTimeNanosUnsafe() - item.since
    if (nanos > lateNanos) late += 1
    yield* Metric.update(waits, Number(nanos) / 1e6)
    return nanos
  })

  const shed = Effect.fnUntraced(function* (item: Waiting) {
    yield* guarded(item.shed)
    tally.dropped += 1
  })

  const runOne = (item: Waiting) =>
    Effect.gen(function* () {
      if ((yield* waited(item)) > deadlineNanos) yield* shed(item)
      else tally[(yield* guarded(item.run)) ? "done" : "failed"] += 1
    }).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          pending -= 1
          line.leave(item)
        }),
      ),
    )

  // The slots may all be taken for longer: whoever has waited long enough does not wait for one.
  const shedAtDeadline = Effect.gen(function* () {
    const first = line.oldest
    if (first === undefined) {
      waitedFor.closeUnsafe()
      return yield* waitedFor.await
    }
    const leftNanos = first.since + deadlineNanos - clock.monotonicTimeNanosUnsafe()
    if (leftNanos > 0n) return yield* Effect.sleep(Math.ceil(Number(leftNanos) / 1e6))
    line.withdraw(first)
    yield* waited(first)
    yield* shed(first).pipe(Effect.ensuring(Effect.sync(() => void (pending -= 1))))
  })

  yield* Effect.forEach(
    Array.from({ length: slots }, (_, index) => index),
    (index) =>
      supervisor.service(
        `${name}-${index + 1}`,
        nextItem.pipe(Effect.flatMap(runOne), Effect.forever),
      ),
    { discard: true },
  )
  yield* supervisor.service(`${name}-deadline`, Effect.forever(shedAtDeadline))
  yield* QueueMeters.show(() => ({ ...counters(), late }))
  const backlogs = yield* Backlogs
  yield* backlogs.wire({ name, on: options.on, emits: options.emits })
  yield* backlogs.add(counters)
  yield* backlogs.watchAge(() => {
    const oldest = line.oldestForSlot
    return oldest === null ? null : Number(clock.monotonicTimeNanosUnsafe() - oldest) / 1e6
  })
  return { submit, counters: Effect.sync(counters) }
})
