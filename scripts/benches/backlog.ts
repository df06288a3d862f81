/**
 * Benchmark `backlog`: items a second through a backlog as the service uses it (coalescing by key, four
 * workers, serial per key, timeout, counters and metrics), against a bare `Queue` of Effect with four
 * fibers that take. Both hold {@link capacity} items, both offers wait for room, both handlers add one.
 *
 * Every key comes once, so that each item is handled and none merged: merging is the cheaper way out.
 */
import { Effect, Layer, Logger, Queue } from "effect"
import * as Backlog from "@evaluator/runtime/Backlog"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import type { Bench } from "./Bench.ts"

/** An odd number, so that the median is one of them. */
const runs = 5
const items = 200_000
const capacity = 1000
const workers = 4

const keys = Array.from({ length: items }, (_, n) => `wallet-${n}`)

const lane = Layer.mergeAll(
  Layer.mock(Supervisor, {
    service: (_, effect) => Effect.forkScoped(Effect.ignore(effect)).pipe(Effect.asVoid),
  }),
  Backlogs.layer,
)

/** Items a second from the first offer until the last was handled. */
const rateOf = <E, R>(
  offer: (key: string) => Effect.Effect<unknown, E, R>,
  handled: () => number,
): Effect.Effect<number, E, R> =>
  Effect.gen(function* () {
    const began = process.hrtime.bigint()
    yield* Effect.forEach(keys, offer, { discard: true })
    while (handled() < items) yield* Effect.yieldNow
    return items / (Number(process.hrtime.bigint() - began) / 1e9)
  })

const throughBacklog = Effect.gen(function* () {
  let handled = 0
  const backlog = yield* Backlog.make({
    name: "wallets-to-ingest",
    capacity,
    workers,
    whenFull: "wait",
    timeout: "1 minute",
    worstDelay: "1 minute",
    key: (key: string) => key,
    handle: () => Effect.sync(() => void handled++),
  })
  const rate = yield* rateOf(backlog.offer, () => handled)
  const { done, offered, pending } = yield* backlog.counters
  if (offered !== items || done + pending !== items) {
    return yield* Effect.die(new Error(`${offered} offered, ${done} done, ${pending} pending`))
  }
  return rate
}).pipe(Effect.scoped, Effect.provide(lane))

const throughQueue = Effect.gen(function* () {
  let handled = 0
  const queue = yield* Queue.bounded<string>(capacity)
  const take = Effect.flatMap(Queue.take(queue), () => Effect.sync(() => void handled++))
  yield* Effect.forEach(
    Array.from({ length: workers }),
    () => Effect.forkScoped(Effect.forever(take)),
    { discard: true },
  )
  return yield* rateOf(
    (key) => Queue.offer(queue, key),
    () => handled,
  )
}).pipe(Effect.scoped)

const middle = (values: ReadonlyArray<number>) =>
  values.toSorted((a, b) => a - b)[(values.length - 1) / 2]!

export const bench: Bench = {
  name: "backlog",
  about: `${items} items through a backlog with ${workers} workers, against a bare Queue`,
  run: (say) =>
    Effect.gen(function* () {
      const ours: Array<number> = []
      const bare: Array<number> = []
      for (let run = 1; run <= runs; run++) {
        ours.push(yield* throughBacklog)
        bare.push(yield* throughQueue)
        say(
          `run ${run} of ${runs}: ${ours.at(-1)!.toFixed(0)}/s, bare ${bare.at(-1)!.toFixed(0)}/s`,
        )
      }
      return [
        {
          name: "backlog",
          ratio: middle(ours.map((one, run) => one / bare[run]!)),
          better: "higher" as const,
          ours: middle(ours),
          baseline: middle(bare),
          unit: "items/s",
          runs,
        },
      ]
    }).pipe(Effect.provide(Logger.layer([])), Effect.runPromise),
}
