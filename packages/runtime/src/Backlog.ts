/**
 * A bounded queue of work with its workers and a declared policy for what does not fit.
 *
 * Items are hints to work that the database knows: what is dropped, or fails, is found again by the
 * truth query of its kind. Of two items with one key the newer replaces the one that waits
 * (`coalesced`); one key is handled by one worker at a time.
 * Policies when full: `wait` suspends the offer, `drop` lets the new item go, `slide` lets the oldest go.
 */
import { Cause, type Duration, Effect, Metric, Queue, type Scope } from "effect"
import { Backlogs, type QueueCounters } from "./Backlogs.ts"
import { Supervisor } from "./Supervisor.ts"

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
}

export interface Backlog<A> {
  /** Hands an item over. Only `wait` can suspend. */
  readonly offer: (item: A) => Effect.Effect<void>
  readonly counters: Effect.Effect<QueueCounters>
}

const items = Metric.counter("backlog_items", { description: "Items of a queue by fate" })

export const make = Effect.fnUntraced(function* <A, E, R>(
  options: BacklogOptions<A, E, R>,
): Effect.fn.Return<Backlog<A>, never, R | Backlogs | Supervisor | Scope.Scope> {
  const { name, capacity, workers, whenFull, key } = options
  const supervisor = yield* Supervisor
  // The queue carries keys; the newest item of each waiting key is in `waiting`.
  const queue = yield* Queue.bounded<string>(capacity)
  const waiting = new Map<string, A>()
  const active = new Map<string, { again: boolean }>()
  const tally = { offered: 0, done: 0, failed: 0, dropped: 0, coalesced: 0 }

  const count = (fate: keyof typeof tally) => {
    tally[fate] += 1
    return Metric.update(Metric.withAttributes(items, { queue: name, fate }), 1)
  }
  const counters = (): QueueCounters => ({
    name,
    ...tally,
    pending: waiting.size + active.size,
  })

  const makeRoom = Effect.gen(function* () {
    if (whenFull !== "slide") return
    const oldest = yield* Queue.take(queue)
    waiting.delete(oldest)
    yield* count("dropped")
  })

  const offer = Effect.fnUntraced(function* (item: A) {
    const itemKey = key(item)
    yield* count("offered")
    const running = active.get(itemKey)
    if (waiting.has(itemKey)) {
      waiting.set(itemKey, item)
      yield* count("coalesced")
      return
    }
    if (running !== undefined) {
      // Handled again once the running turn is over; it waits outside the queue.
      running.again = true
      waiting.set(itemKey, item)
      return
    }
    if (queue.messages.length >= capacity) {
      if (whenFull === "drop") {
        yield* count("dropped")
        return
      }
      yield* makeRoom
    }
    waiting.set(itemKey, item)
    yield* Queue.offer(queue, itemKey)
  })

  const turn = Effect.fnUntraced(function* (itemKey: string) {
    const item = waiting.get(itemKey)
    if (item === undefined) return
    waiting.delete(itemKey)
    const running = { again: false }
    active.set(itemKey, running)
    yield* options.handle(item).pipe(
      Effect.timeout(options.timeout),
      Effect.matchCauseEffect({
        onSuccess: () => count("done"),
        onFailure: (cause) =>
          count("failed").pipe(
            Effect.andThen(
              Cause.hasInterruptsOnly(cause)
                ? Effect.void
                : Effect.logWarning(
                    `${name}: ${itemKey} failed, its row says when it is due again`,
                    cause,
                  ),
            ),
          ),
      }),
      Effect.onExit(() => Effect.sync(() => active.delete(itemKey))),
    )
    if (running.again) yield* turnAgain(itemKey)
  })
  const turnAgain = (itemKey: string): Effect.Effect<void, never, R> => turn(itemKey)

  yield* Effect.forEach(
    Array.from({ length: workers }, (_, index) => index),
    (index) =>
      supervisor.service(
        `${name}-${index + 1}`,
        Queue.take(queue).pipe(Effect.flatMap(turn), Effect.forever),
      ),
    { discard: true },
  )
  yield* (yield* Backlogs).add(counters)
  return { offer, counters: Effect.sync(counters) }
})
