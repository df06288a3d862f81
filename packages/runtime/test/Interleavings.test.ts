import { assert, describe, it } from "@effect/vitest"
import { Effect, Latch } from "effect"
import * as Backlog from "@evaluator/runtime/Backlog"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import {
  claimOf,
  explore,
  type Explored,
  type Hint,
  type MakeBacklog,
} from "./interleavings/Interleavings.ts"

const seeds = Array.from({ length: 300 }, (_, seed) => seed)

/** So many seeds must find a planted bug: one alone would be luck that the next change ends. */
const enough = 5

/** The first seeds, of those with the claim that hints suffice, whose shuffle finds a fault. */
const firstFaulty = Effect.fnUntraced(function* (make: MakeBacklog) {
  const found: Array<Explored> = []
  for (const seed of seeds.filter((one) => claimOf(one) === "hints")) {
    const explored = yield* Effect.promise(() => explore(seed, make))
    if (explored.faults.length > 0) found.push(explored)
    if (found.length === enough) break
  }
  return found
})

/** Planted: a hint that comes while its row is being worked on is taken for that turn's own. */
const deaf: MakeBacklog = Effect.fnUntraced(function* (options) {
  const busy = new Set<string>()
  const backlog = yield* Backlog.make({
    ...options,
    handle: (hint: Hint) =>
      Effect.sync(() => busy.add(hint.row)).pipe(
        Effect.andThen(options.handle(hint)),
        Effect.ensuring(Effect.sync(() => busy.delete(hint.row))),
      ),
  })
  const offer = (hint: Hint) =>
    Effect.suspend(() => (busy.has(hint.row) ? Effect.void : backlog.offer(hint)))
  return { ...backlog, offer }
})

/** Planted: the worker looks, and closes its latch a moment later; what came between sleeps. */
const dozing: MakeBacklog = Effect.fnUntraced(function* (options) {
  const supervisor = yield* Supervisor
  const waiting: Array<Hint> = []
  const work = yield* Latch.make(false)
  const tally = { offered: 0, done: 0, active: 0 }
  const turn = Effect.gen(function* () {
    const hint = waiting.shift()
    if (hint === undefined) {
      yield* Effect.sleep("1 milli")
      yield* work.close
      return yield* work.await
    }
    tally.active = 1
    yield* Effect.ignoreCause(options.handle(hint))
    tally.active = 0
    tally.done += 1
  })
  const counters = () => ({
    name: options.name,
    offered: tally.offered,
    done: tally.done,
    failed: 0,
    dropped: 0,
    coalesced: 0,
    pending: waiting.length + tally.active,
  })
  yield* supervisor.service("dozing", Effect.forever(turn))
  yield* (yield* Backlogs).add(counters)
  return {
    counters: Effect.sync(counters),
    offer: (hint: Hint) =>
      Effect.suspend(() => {
        tally.offered += 1
        waiting.push(hint)
        return work.open
      }),
  }
})

describe("interleavings of a backlog", () => {
  it.live(`${seeds.length} shuffles lose no wake-up, keep a row in one hand and conserve`, () =>
    Effect.gen(function* () {
      const explored = yield* Effect.forEach(seeds, (seed) => Effect.promise(() => explore(seed)))
      const faulty = explored.filter(({ faults }) => faults.length > 0)
      assert.deepStrictEqual(
        faulty.map(({ seed, claim, faults }) => ({ seed, claim, faults })),
        [],
      )
      const orders = new Set(explored.map(({ steps }) => steps.join(",")))
      assert.strictEqual(orders.size, seeds.length, "every seed is an order of its own")
      const crashes = explored.filter(({ steps }) => steps.includes("kill")).length
      assert.strictEqual(crashes, seeds.length / 2)
    }),
  )

  for (const [about, make] of [
    ["a hint taken for the turn's own", deaf],
    ["a latch closed after the look", dozing],
  ] as const) {
    it.live(`finds a planted bug: ${about}; its seed repeats it`, () =>
      Effect.gen(function* () {
        const found = yield* firstFaulty(make)
        assert.lengthOf(found, enough, "too few shuffles found it")
        for (const { faults } of found) {
          assert.match(faults.join("; "), /row [a-e] wants \d+ and has \d+|still taken/)
        }
        const again = yield* Effect.promise(() => explore(found[0]!.seed, make))
        assert.deepStrictEqual(again, found[0])
      }),
    )
  }
})
