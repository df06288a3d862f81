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
import { Cause, Clock, Duration, Effect, Exit, Latch, Metric, type Scope } from "effect"
import { counterOf, gaugeOf, histogramOf, metrics } from "@evaluator/telemetry/Names"
import { Backlogs, type QueueCounters, type QueuePause, type QueueView } from "./Backlogs.ts"
import * as Pressure from "./Pressure.ts"
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
  /** Shares of the capacity at which pressure is raised and cleared; default 0.8 and 0.5. */
  readonly pressure?: { readonly high: number; readonly low: number }
}

export interface Backlog<A> {
  /** Hands an item over. Only `wait` can suspend; an offer given up while suspended counts as dropped. */
  readonly offer: (item: A) => Effect.Effect<void>
  readonly counters: Effect.Effect<QueueCounters>
}

const fates = {
  offered: metrics.queueOffered,
  done: metrics.queueDone,
  failed: metrics.queueFailed,
  dropped: metrics.queueDropped,
  coalesced: metrics.queueCoalesced,
  late: metrics.queueLate,
} as const
type Fate = keyof typeof fates

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
  const nowMs = () => clock.currentTimeMillisUnsafe()
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

  const attributes = { queue: name }
  const tally: Record<Fate, number> = {
    offered: 0,
    done: 0,
    failed: 0,
    dropped: 0,
    coalesced: 0,
    late: 0,
  }
  const meters = Object.entries(fates).map(
    ([fate, of]) => [fate, Metric.withAttributes(counterOf(of), attributes)] as const,
  )
  const meterOf = new Map(meters)
  const waits = Metric.withAttributes(histogramOf(metrics.queueWait), attributes)
  const pendingMeter = Metric.withAttributes(gaugeOf(metrics.queuePending), attributes)

  const count = (fate: Fate) => {
    tally[fate] += 1
    meterOf.get(fate)!.updateUnsafe(1, context)
  }
  const pending = () => room.pending + suspended.length
  const counters = (): QueueCounters => {
    const { late: _, ...counted } = tally
    return { name, ...counted, pending: pending() }
  }
  const pauseNow = () => {
    if (paused !== null && paused.untilMs !== null && paused.untilMs <= nowMs()) paused = null
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
    if (pauseNow() === null && room.size > 0) available.openUnsafe()
    pendingMeter.updateUnsafe(pending(), context)
    pressure.notice(room.size)
  }

  /** False when there is no room and the policy is to wait for it. */
  const admit = (item: A): boolean => {
    let admission = room.offer(item, nowMs())
    while (admission === "full") {
      if (whenFull === "wait") return false
      count("dropped")
      if (whenFull === "drop") return true
      // More than one when keys came back from beside the queue and overfilled it.
      room.slide()
      admission = room.offer(item, nowMs())
    }
    if (admission === "coalesced") count("coalesced")
    return true
  }

  /** Whoever waits for room gets it in the order of coming. */
  const letIn = () => {
    while (suspended.length > 0 && admit(suspended[0]!.item)) suspended.shift()!.go()
  }

  const offer = (item: A) =>
    Effect.callback<void>((resume) => {
      count("offered")
      const go = () => resume(Effect.void)
      // Nobody overtakes those who wait for room.
      if (suspended.length === 0 && admit(item)) {
        moved()
        return go()
      }
      const one = { item, go }
      suspended.push(one)
      moved()
      return Effect.sync(() => {
        const at = suspended.indexOf(one)
        if (at < 0) return
        suspended.splice(at, 1)
        count("dropped")
        moved()
      })
    })

  const take = () => {
    const place = pauseNow() === null ? room.take(nowMs()) : null
    if (place === null) {
      available.closeUnsafe()
      return null
    }
    const waitedMs = nowMs() - place.sinceMs
    waits.updateUnsafe(waitedMs, context)
    if (waitedMs > worstDelayMs) count("late")
    letIn()
    moved()
    return place
  }

  const finish = (place: Place<A>, fate: "done" | "failed") => {
    room.finish(place, nowMs())
    count(fate)
    letIn()
    moved()
  }

  const rest = Effect.suspend(() => {
    const untilMs = paused === null ? room.nextMs(nowMs()) : paused.untilMs
    return untilMs === null
      ? available.await
      : available.await.pipe(Effect.timeoutOption(Math.max(0, untilMs - nowMs())))
  })

  // Only the handler and the wait can be interrupted: a place that was taken is always given back.
  const turn = Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const place = take()
      if (place === null) return restore(rest)
      return Effect.suspend(() => options.handle(place.item)).pipe(
        Effect.timeout(options.timeout),
        restore,
        Effect.exit,
        Effect.tap((exit) =>
          Effect.sync(() => finish(place, Exit.isSuccess(exit) ? "done" : "failed")),
        ),
        Effect.flatMap((exit) =>
          Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
            ? Effect.void
            : Effect.logWarning(
                `${name}: ${place.key} failed, its row says when it is due again`,
                exit.cause,
              ),
        ),
      )
    }),
  )

  yield* Effect.forEach(
    Array.from({ length: workers }, (_, index) => index),
    (index) => supervisor.service(`${name}-${index + 1}`, Effect.forever(turn)),
    { discard: true },
  )
  const setPause = (to: QueuePause | null) =>
    Effect.sync(() => {
      paused = to
      // Also when it pauses: whoever rests must see until when.
      available.openUnsafe()
    })
  yield* (yield* Backlogs).add(counters, { view, pause: setPause, resume: setPause(null) })
  return { offer, counters: Effect.sync(counters) }
})
