/**
 * A bounded queue of work with its workers and a declared policy for what does not fit.
 *
 * Items are hints to work that the database knows: what is dropped, or fails, is found again by the
 * truth query of its kind. Of two items with one key the newer replaces the one that waits
 * (`coalesced`); one key is handled by one worker at a time; {@link WaitingRoom} says who is next.
 * Policies when full: `wait` suspends the offer, `drop` lets the new item go, `slide` lets the oldest go.
 *
 * Promises: while something is ready and a worker is free, it is taken. Workers wait for a level (the
 * room holds something) and not for a signal, so there is no wake-up to lose. Counters conserve at
 * every moment. {@link Pressure} says when the queue fills up.
 */
import { Cause, Clock, Duration, Effect, Latch, Metric, type Scope } from "effect"
import type { EventType } from "@evaluator/domain/event/DomainEvent"
import { histogramOf, metrics } from "@evaluator/telemetry/Names"
import { monotonicMsOf } from "./MonotonicTime.ts"
import { Backlogs, type QueueCounters, type QueuePause, type QueueView } from "./Backlogs.ts"
import * as Pressure from "./Pressure.ts"
import * as QueueMeters from "./QueueMeters.ts"
import { Supervisor } from "./Supervisor.ts"
import { type Place, WaitingRoom } from "./WaitingRoom.ts"

export interface BacklogOptions<A, E, R> {
  /** `noun-to-verb`, e.g. `wallets-to-ingest`. */
  readonly name: string
  readonly capacity: number
  readonly workers: number
  readonly whenFull: "wait" | "drop" | "slide"
  /** A handler longer than this is interrupted and the item counts as failed. */
  readonly timeout: Duration.Input
  readonly key: (item: A) => string
  readonly handle: (item: A) => Effect.Effect<void, E, R>
  /** A small whole number, greater goes first; default 0 for all. */
  readonly priority?: (item: A) => number
  /** How long an item waits to be worth one priority more: bounds how long others overtake it. */
  readonly ageing?: Duration.Input
  /** An item waits this long for more of its key before a worker takes it; default none. */
  readonly gather?: Duration.Input
  /** What the period of the truth query behind the queue is; an item that waited longer counts as late. */
  readonly worstDelay?: Duration.Input
  /** The event types after which items are handed over, and those the handler appends. */
  readonly on?: ReadonlyArray<EventType>
  readonly emits?: ReadonlyArray<EventType>
  /** Shares of the capacity at which pressure is raised and cleared; default 0.8 and 0.5. */
  readonly pressure?: { readonly high: number; readonly low: number }
}

export interface Backlog<A> {
  /** Hands an item over. Only `wait` can suspend; an offer given up while suspended counts as dropped. */
  readonly offer: (item: A) => Effect.Effect<void>
  readonly counters: Effect.Effect<QueueCounters>
}

/**
 * A worker lets the thread's other work in after so long. Handlers that never wait (SQL) run in fibers of
 * their own, too short each for the scheduler to stop them: between them timers and sockets would starve.
 */
const breathEveryMs = 10

/** How often a paused queue looks whether its pause is over. */
const pauseLookEveryMs = 30_000

interface Suspended<A> {
  readonly item: A
  readonly go: () => void
}

export const make = Effect.fnUntraced(function* <A, E, R>(
  options: BacklogOptions<A, E, R>,
): Effect.fn.Return<Backlog<A>, never, R | Backlogs | Supervisor | Scope.Scope> {
  const { name, capacity, workers, whenFull } = options
  const supervisor = yield* Supervisor
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  // Waits are counted on the clock that nobody sets.
  const nowMs = () => monotonicMsOf(clock)
  const wallMs = () => clock.currentTimeMillisUnsafe()
  const millis = (input: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(input))

  const room = new WaitingRoom<A>({
    capacity,
    key: options.key,
    priority: options.priority ?? (() => 0),
    ageingMs: millis(options.ageing ?? "1 minute"),
    gatherMs: millis(options.gather ?? 0),
  })
  const worstDelayMs = millis(options.worstDelay ?? Duration.infinity)
  const { high, low } = options.pressure ?? { high: 0.8, low: 0.5 }
  const pressure = yield* Pressure.make({ queue: name, capacity, high, low })
  /** Offers that wait for room, in order. */
  const suspended: Array<Suspended<A>> = []
  /** Open while the room may have something to take. */
  const available = Latch.makeUnsafe(false)
  let paused: QueuePause | null = null

  const tally = { offered: 0, done: 0, failed: 0, dropped: 0, coalesced: 0, late: 0 }
  const waits = Metric.withAttributes(histogramOf(metrics.queueWait), { queue: name })

  const pending = () => room.pending + suspended.length
  const counters = (): QueueCounters => {
    const { late: _, ...counted } = tally
    return { name, ...counted, pending: pending() }
  }
  const pauseNow = () => {
    if (paused !== null && paused.untilMs !== null && paused.untilMs <= wallMs()) paused = null
    return paused
  }
  const view = (): QueueView => {
    const oldestMs = room.oldestMs
    return {
      ...counters(),
      capacity,
      workers,
      whenFull,
      oldestMs: oldestMs === null ? null : nowMs() - oldestMs,
      late: tally.late,
      pressed: pressure.raised(),
      paused: pauseNow(),
    }
  }

  /** After every move: wakes who may go on, and sees whether a water mark was passed. */
  const moved = () => {
    if (room.size > 0 && pauseNow() === null) available.openUnsafe()
    pressure.notice(room.size)
  }

  /** False when there is no room and the policy is to wait for it. */
  const admit = (item: A): boolean => {
    let admission = room.offer(item, nowMs())
    while (admission === "full") {
      if (whenFull === "wait") return false
      tally.dropped += 1
      if (whenFull === "drop") return true
      // More than one when keys came back from beside the queue and overfilled it.
      room.slide()
      admission = room.offer(item, nowMs())
    }
    if (admission === "coalesced") tally.coalesced += 1
    return true
  }

  /** Whoever waits for room gets it in the order of coming. */
  const letIn = () => {
    while (suspended.length > 0 && admit(suspended[0]!.item)) suspended.shift()!.go()
  }

  /** Counts the item and takes it in, or does neither. */
  const enter = (item: A): boolean => {
    // Nobody overtakes those who wait for room.
    if (suspended.length > 0) return false
    tally.offered += 1
    if (admit(item)) return true
    tally.offered -= 1
    return false
  }

  // Other fibers may have come between the offer and this: there may be room by now.
  const waitForRoom = (item: A) =>
    Effect.callback<void>((resume) => {
      const one = { item, go: () => resume(Effect.void) }
      if (enter(item)) {
        moved()
        return one.go()
      }
      tally.offered += 1
      suspended.push(one)
      moved()
      return Effect.sync(() => {
        const at = suspended.indexOf(one)
        if (at < 0) return
        suspended.splice(at, 1)
        tally.dropped += 1
        moved()
      })
    })

  const offer = (item: A) =>
    Effect.suspend(() => {
      if (!enter(item)) return waitForRoom(item)
      moved()
      return Effect.void
    })

  const take = (now: number) => {
    const place = pauseNow() === null ? room.take(now) : null
    if (place === null) {
      available.closeUnsafe()
      return null
    }
    const waitedMs = now - place.sinceMs
    waits.updateUnsafe(waitedMs, context)
    if (waitedMs > worstDelayMs) tally.late += 1
    letIn()
    moved()
    return place
  }

  const finish = (place: Place<A>, fate: "done" | "failed", now: number) => {
    room.finish(place, now)
    tally[fate] += 1
    letIn()
    moved()
  }

  const rest = Effect.suspend(() => {
    const now = nowMs()
    // The clock that a pause ends by may be set meanwhile: it is looked at again.
    const untilMs =
      paused === null
        ? room.nextMs(now)
        : paused.untilMs === null
          ? null
          : now + Math.min(pauseLookEveryMs, paused.untilMs - wallMs())
    return untilMs === null
      ? available.await
      : available.await.pipe(Effect.timeoutOption(Math.max(0, untilMs - now)))
  })

  const timeout = Duration.fromInputUnsafe(options.timeout)
  const overran = Effect.flatMap(Effect.sleep(timeout), () =>
    Effect.fail(new Cause.TimeoutError(`${name}: longer than ${Duration.format(timeout)}`)),
  )

  // Only the handler and the wait can be interrupted: a place that was taken is always given back.
  const worker = Effect.uninterruptibleMask((restore) => {
    let breathedMs = nowMs()
    const turn = Effect.suspend(() => turnAt(nowMs()))
    const turnAt = (now: number): Effect.Effect<never, never, R> => {
      const place = take(now)
      if (place === null) return Effect.flatMap(restore(rest), () => turn)
      const handled = Effect.suspend(() => options.handle(place.item))
      return Effect.matchCauseEffect(restore(Effect.raceFirst(handled, overran)), {
        onSuccess: () => {
          const then = nowMs()
          finish(place, "done", then)
          if (then - breathedMs < breathEveryMs) return turnAt(then)
          breathedMs = then
          return Effect.flatMap(Effect.yieldNow, () => turn)
        },
        onFailure: (cause) => {
          finish(place, "failed", nowMs())
          // A worker that is told to go goes here, before it takes another place.
          return Effect.flatMap(
            Cause.hasInterruptsOnly(cause)
              ? restore(Effect.void)
              : Effect.logWarning(
                  `${name}: ${place.key} failed, its truth query finds it again`,
                  cause,
                ),
            () => turn,
          )
        },
      })
    }
    return turn
  })

  yield* Effect.forEach(
    Array.from({ length: workers }, (_, index) => index),
    (index) => supervisor.service(`${name}-${index + 1}`, worker),
    { discard: true },
  )
  yield* QueueMeters.show(() => ({ ...counters(), late: tally.late }))
  const setPause = (to: QueuePause | null) =>
    Effect.sync(() => {
      paused = to
      // Also when it pauses: whoever rests must see until when.
      available.openUnsafe()
    })
  const backlogs = yield* Backlogs
  yield* backlogs.wire({ name, on: options.on, emits: options.emits })
  yield* backlogs.add(counters, {
    view,
    hold: { pause: setPause, resume: setPause(null) },
  })
  return { offer, counters: Effect.sync(counters) }
})
