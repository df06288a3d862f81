/**
 * The bounded fiber pool in which decisions are made: slots, a waiting room, a deadline.
 *
 * An item has a slot for its turn only: when it says that its turn is over it goes on beside the slots,
 * and the next item of its key starts. One that has to wait for something else at its turn gives its slot
 * back meanwhile, and stays first of its key.
 * Promises: what is submitted either starts within the deadline or is shed then, also while every slot
 * is taken, and shedding runs the item's own `shed`, so that it too leaves its outcome; items of one
 * key have their turns one at a time, in the order of submission. The deadline is the queue's worst delay:
 * what waited for {@link timerSlackMs} longer, because the thread stood still, counts as late. It is asked of
 * the wait for a slot, not of the one for something else.
 * {@link Pressure} says when so many wait for a slot that it will soon shed. It cannot be paused.
 * Limits: `slots` turns, `inFlight` in a slot or beside, `capacity` waiting, an eighth of them behind one
 * that waits for something else; beyond that an item is shed at once.
 */
import { Cause, Clock, Duration, Effect, Exit, Latch, Metric, Scope, Semaphore } from "effect"
import type { EventType } from "@evaluator/domain/event/DomainEvent"
import { histogramOf, metrics } from "@evaluator/telemetry/Names"
import { Backlogs, type QueueCounters, type QueueView } from "./Backlogs.ts"
import * as Pressure from "./Pressure.ts"
import * as QueueMeters from "./QueueMeters.ts"
import { type Submission, SubmissionLine, type Waiting } from "./SubmissionLine.ts"
import { Supervisor } from "./Supervisor.ts"

/** How much later than asked a timer of a busy thread may come. */
export const timerSlackMs = 250

export interface FastPathOptions {
  readonly name: string
  readonly slots: number
  /** Items that have begun and not ended, most; while there are so many none begins. */
  readonly inFlight: number
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
  /** Items that wait or have their turn. */
  readonly waiting: Effect.Effect<number>
}

export const make = Effect.fnUntraced(function* (
  options: FastPathOptions,
): Effect.fn.Return<FastPath, never, Backlogs | Supervisor | Scope.Scope> {
  const { name, slots, capacity } = options
  const scope = yield* Scope.Scope
  const supervisor = yield* Supervisor
  const clock = yield* Clock.Clock
  const deadlineNanos = Duration.toNanosUnsafe(Duration.fromInputUnsafe(options.deadline))
  const lateNanos = deadlineNanos + BigInt(timerSlackMs) * 1_000_000n
  const line = new SubmissionLine()
  const begun = Semaphore.makeUnsafe(options.inFlight)
  const mostHeldUp = Math.ceil(capacity / 8)
  /** Open while somebody waits for a slot, or for the one before of the same key. */
  const waitedFor = Latch.makeUnsafe(false)
  const tally = { offered: 0, done: 0, failed: 0, dropped: 0, coalesced: 0 }
  let late = 0
  let pending = 0

  const waits = Metric.withAttributes(histogramOf(metrics.queueWait), { queue: name })

  const pressure = yield* Pressure.make({ queue: name, capacity, high: 0.8, low: 0.5 })
  const moved = () => pressure.notice(Math.max(0, line.size - slots))

  const counters = (): QueueCounters => ({ name, ...tally, pending })
  const oldestMs = () => {
    const oldest = line.oldestForSlot
    return oldest === null ? null : Number(clock.monotonicTimeNanosUnsafe() - oldest) / 1e6
  }
  const view = (): QueueView => ({
    ...counters(),
    capacity,
    workers: slots,
    whenFull: "shed",
    oldestMs: oldestMs(),
    late,
    pressed: pressure.raised(),
    paused: null,
  })

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
    if (line.size >= capacity + slots || line.heldUp(item.key) >= mostHeldUp) {
      yield* guarded(item.shed)
      tally.dropped += 1
      return
    }
    pending += 1
    line.join(item, clock.monotonicTimeNanosUnsafe())
    moved()
    if (line.oldest !== undefined) waitedFor.openUnsafe()
  })

  const leave = (item: Waiting) => {
    line.leave(item)
    moved()
  }

  const nextItem = Effect.callback<Waiting>((resume) => {
    const goAway = line.next((item) => resume(Effect.succeed(item)))
    return Effect.sync(goAway)
  })

  /** How long the wait of an item has counted. */
  const waited = (item: Waiting) => {
    const nanos = clock.monotonicTimeNanosUnsafe() - item.countsFrom
    if (nanos > lateNanos) late += 1
    return nanos
  }

  const noteWait = (item: Waiting) =>
    Metric.update(waits, Number(clock.monotonicTimeNanosUnsafe() - item.since) / 1e6)

  const ended = Effect.andThen(
    Effect.sync(() => void (pending -= 1)),
    begun.release(1),
  )

  const shed = Effect.fnUntraced(function* (item: Waiting) {
    yield* noteWait(item)
    yield* guarded(item.shed)
    tally.dropped += 1
  })

  /** Its key waits for `before`, the slot does not. */
  const putBack = (item: Waiting, before: Effect.Effect<void>) => {
    line.putBack(item)
    const goOn = Effect.sync(() => {
      line.goOn(item.key, clock.monotonicTimeNanosUnsafe())
      if (line.oldest !== undefined) waitedFor.openUnsafe()
    })
    return guarded(before).pipe(Effect.ensuring(goOn), Effect.forkIn(scope))
  }

  /** Until its turn is over. */
  const begin = (item: Waiting) => {
    const over = Latch.makeUnsafe(false)
    const turnOver = Effect.sync(() => {
      if (over.openUnsafe()) leave(item)
    })
    // What a stop cuts off keeps its key: the next one must not be decided as if it had ended.
    const run = Effect.suspend(() => item.run(turnOver)).pipe(
      Effect.onExit((exit) =>
        Exit.hasInterrupts(exit) ? Effect.sync(() => void over.openUnsafe()) : turnOver,
      ),
    )
    return guarded(run).pipe(
      Effect.map((went) => void (tally[went ? "done" : "failed"] += 1)),
      Effect.ensuring(ended),
      Effect.forkIn(scope, { startImmediately: true }),
      Effect.andThen(over.await),
    )
  }

  const turn = Effect.gen(function* () {
    yield* begun.take(1)
    const item = yield* nextItem
    if (waited(item) > deadlineNanos) {
      return yield* shed(item).pipe(
        Effect.ensuring(Effect.sync(() => leave(item))),
        Effect.ensuring(ended),
      )
    }
    const before = item.behind?.() ?? null
    if (before !== null) {
      yield* begun.release(1)
      return yield* putBack(item, before)
    }
    yield* noteWait(item)
    yield* begin(item)
  })

  // The slots may all be taken for longer: whoever has waited long enough does not wait for one.
  const shedAtDeadline = Effect.gen(function* () {
    const first = line.oldest
    if (first === undefined) {
      waitedFor.closeUnsafe()
      return yield* waitedFor.await
    }
    const leftNanos = first.countsFrom + deadlineNanos - clock.monotonicTimeNanosUnsafe()
    if (leftNanos > 0n) return yield* Effect.sleep(Math.ceil(Number(leftNanos) / 1e6))
    line.withdraw(first)
    moved()
    waited(first)
    yield* shed(first).pipe(Effect.ensuring(Effect.sync(() => void (pending -= 1))))
  })

  yield* Effect.forEach(
    Array.from({ length: slots }, (_, index) => index),
    (index) => supervisor.service(`${name}-${index + 1}`, Effect.forever(turn)),
    { discard: true },
  )
  yield* supervisor.service(`${name}-deadline`, Effect.forever(shedAtDeadline))
  yield* QueueMeters.show(() => ({ ...counters(), late }))
  const backlogs = yield* Backlogs
  yield* backlogs.wire({ name, on: options.on, emits: options.emits })
  yield* backlogs.add(counters, { view, hold: null })
  yield* backlogs.watchAge(oldestMs)
  return { submit, counters: Effect.sync(counters), waiting: Effect.sync(() => line.size) }
})
