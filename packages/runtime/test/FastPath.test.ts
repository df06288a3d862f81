import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Latch } from "effect"
import { TestClock } from "effect/testing"
import * as FastPath from "@evaluator/runtime/FastPath"
import { testLane } from "./TestLane.ts"

const options = {
  name: "copies",
  slots: 2,
  inFlight: 100,
  capacity: 2,
  deadline: "2 seconds",
} as const

describe("FastPath", () => {
  it.effect("starts at most as many as it has slots, sheds at once what has no room", () =>
    Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      const log: Array<string> = []
      const pool = yield* FastPath.make(options)
      const item = (key: string) => ({
        key,
        run: () =>
          Effect.sync(() => void log.push(`start ${key}`)).pipe(Effect.andThen(gate.await)),
        shed: Effect.sync(() => void log.push(`shed ${key}`)),
      })
      for (const key of ["a", "b", "c", "d", "e"]) yield* pool.submit(item(key))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(log, ["shed e", "start a", "start b"])
      yield* gate.open
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(log.slice(3), ["start c", "start d"])
      const counters = yield* pool.counters
      assert.deepStrictEqual(
        { done: counters.done, dropped: counters.dropped, pending: counters.pending },
        { done: 4, dropped: 1, pending: 0 },
      )
    }).pipe(Effect.provide(testLane)),
  )

  it.effect("sheds what could not start before its deadline", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const pool = yield* FastPath.make({ ...options, slots: 1 })
      const item = (key: string) => ({
        key,
        run: () =>
          Effect.sync(() => void log.push(`run ${key}`)).pipe(
            Effect.andThen(Effect.sleep("3 seconds")),
          ),
        shed: Effect.sync(() => void log.push(`shed ${key}`)),
      })
      yield* pool.submit(item("a"))
      yield* pool.submit(item("b"))
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(log, ["run a", "shed b"])
    }).pipe(Effect.provide(testLane)),
  )

  it.effect("sheds at the deadline though every slot stays taken", () =>
    Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      const log: Array<string> = []
      const pool = yield* FastPath.make({ ...options, slots: 1, capacity: 10 })
      const shedAt = (key: string) => ({
        key,
        run: () => Effect.die(new Error("it starts")),
        shed: Effect.map(Clock.currentTimeMillis, (ms) => void log.push(`${key} ${ms}`)),
      })
      yield* pool.submit({ key: "a", run: () => gate.await, shed: Effect.void })
      yield* pool.submit(shedAt("b"))
      yield* TestClock.adjust("500 millis")
      // Behind the one that runs, and behind the one that is shed first.
      yield* pool.submit(shedAt("a"))
      yield* pool.submit(shedAt("b"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(log, ["b 2000", "a 2500", "b 2500"])
      let ran = 0
      yield* pool.submit({ key: "b", run: () => Effect.sync(() => void ran++), shed: Effect.void })
      yield* gate.open
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(ran, 1)
      const { done, dropped, pending } = yield* pool.counters
      assert.deepStrictEqual({ done, dropped, pending }, { done: 2, dropped: 3, pending: 0 })
    }).pipe(Effect.provide(testLane)),
  )

  it.effect("keeps the order of one key though there are free slots", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const pool = yield* FastPath.make({ ...options, capacity: 10 })
      const item = (key: string, n: number, ms: number) => ({
        key,
        run: () =>
          Effect.sleep(ms).pipe(Effect.andThen(Effect.sync(() => void log.push(`${key}${n}`)))),
        shed: Effect.void,
      })
      yield* pool.submit(item("t", 1, 300))
      yield* pool.submit(item("t", 2, 10))
      yield* pool.submit(item("u", 1, 100))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(log, ["u1", "t1", "t2"])
    }).pipe(Effect.provide(testLane)),
  )

  it.effect("lets the next of its key begin when the turn of one is over, which goes on", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const pool = yield* FastPath.make({ ...options, slots: 1, capacity: 10 })
      const item = (n: number) => ({
        key: "t",
        run: (turnOver: Effect.Effect<void>) =>
          Effect.sync(() => void log.push(`begins ${n}`)).pipe(
            Effect.andThen(turnOver),
            Effect.andThen(Effect.sleep("1 minute")),
            Effect.andThen(Effect.sync(() => void log.push(`ends ${n}`))),
          ),
        shed: Effect.void,
      })
      for (const n of [1, 2, 3]) yield* pool.submit(item(n))
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(log, ["begins 1", "begins 2", "begins 3"])
      assert.deepInclude(yield* pool.counters, { done: 0, pending: 3 })
      assert.strictEqual(yield* pool.waiting, 0)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(log.slice(3), ["ends 1", "ends 2", "ends 3"])
      assert.deepInclude(yield* pool.counters, { done: 3, pending: 0 })
    }).pipe(Effect.provide(testLane)),
  )

  it.effect("begins none while as many as may be are in flight; what waits so long is shed", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const pool = yield* FastPath.make({ ...options, inFlight: 2, capacity: 10 })
      const item = (key: string, ms: number) => ({
        key,
        run: (turnOver: Effect.Effect<void>) =>
          Effect.sync(() => void log.push(`run ${key}`)).pipe(
            Effect.andThen(turnOver),
            Effect.andThen(Effect.sleep(ms)),
          ),
        shed: Effect.sync(() => void log.push(`shed ${key}`)),
      })
      yield* pool.submit(item("a", 1000))
      yield* pool.submit(item("b", 5000))
      yield* pool.submit(item("c", 5000))
      yield* pool.submit(item("d", 5000))
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(log, ["run a", "run b"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(log, ["run a", "run b", "run c", "shed d"])
    }).pipe(Effect.provide(testLane)),
  )

  it.effect(
    "gives the slot of one that waits for something else to other keys, not to its own",
    () =>
      Effect.gen(function* () {
        const gate = yield* Latch.make(false)
        const log: Array<string> = []
        const pool = yield* FastPath.make({ ...options, slots: 1, capacity: 10 })
        const item = (name: string, behind: boolean) => ({
          key: name[0]!,
          behind: () => (behind && !gate.isOpen() ? gate.await : null),
          run: () => Effect.sync(() => void log.push(name)),
          shed: Effect.sync(() => void log.push(`shed ${name}`)),
        })
        yield* pool.submit(item("t1", true))
        yield* pool.submit(item("t2", false))
        yield* pool.submit(item("u1", false))
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(log, ["u1"], "and nobody's wait behind it counts")
        // An eighth of ten, rounded up, waits behind it.
        yield* pool.submit(item("t3", false))
        yield* pool.submit(item("t4", false))
        assert.deepStrictEqual(log, ["u1", "shed t4"])
        assert.deepInclude(yield* pool.counters, { done: 1, dropped: 1, pending: 3 })
        yield* gate.open
        yield* Effect.repeat(TestClock.adjust("1 millis"), { times: 9 })
        assert.deepStrictEqual(log.slice(2), ["t1", "t2", "t3"])
        assert.deepInclude(yield* pool.counters, { done: 4, pending: 0 })
      }).pipe(Effect.provide(testLane)),
  )

  it.effect("survives a defect in an item and counts it as failed", () =>
    Effect.gen(function* () {
      const pool = yield* FastPath.make({ ...options, slots: 1, capacity: 10 })
      let ran = 0
      yield* pool.submit({ key: "a", run: () => Effect.die(new Error("boom")), shed: Effect.void })
      yield* pool.submit({ key: "b", run: () => Effect.sync(() => void ran++), shed: Effect.void })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(ran, 1)
      const { done, failed, pending } = yield* pool.counters
      assert.deepStrictEqual({ done, failed, pending }, { done: 1, failed: 1, pending: 0 })
    }).pipe(Effect.provide(testLane)),
  )
})
