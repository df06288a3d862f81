import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Latch, Ref, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Backlog from "@evaluator/runtime/Backlog"
import { Backlogs, type QueueCounters } from "@evaluator/runtime/Backlogs"
import { testLane } from "./TestLane.ts"

const conserves = (c: QueueCounters) =>
  assert.strictEqual(c.offered, c.done + c.failed + c.dropped + c.coalesced + c.pending, c.name)

/** Lets every worker come to rest: each turn of the clock runs what is ready. */
const settle = Effect.repeat(TestClock.adjust("1 second"), { times: 10 })

const options = {
  name: "items-to-handle",
  capacity: 3,
  workers: 1,
  whenFull: "drop",
  timeout: "10 seconds",
  key: (item: { key: string }) => item.key,
} as const

describe("Backlog", () => {
  it.effect("handles what it is offered and counts it", () =>
    Effect.gen(function* () {
      const handled = yield* Ref.make<ReadonlyArray<string>>([])
      const backlog = yield* Backlog.make({
        ...options,
        handle: (item: { key: string }) => Ref.update(handled, (all) => [...all, item.key]),
      })
      for (const key of ["a", "b", "c"]) yield* backlog.offer({ key })
      yield* (yield* Backlogs).drained.pipe(Effect.raceFirst(TestClock.adjust("1 minute")))
      assert.deepStrictEqual(yield* Ref.get(handled), ["a", "b", "c"])
      const counters = yield* backlog.counters
      assert.strictEqual(counters.done, 3)
      conserves(counters)
    }).pipe(Effect.provide(testLane)),
  )

  it.live("lets timers of its thread go off between handlers that never wait", () =>
    Effect.gen(function* () {
      const items = 100
      const backlog = yield* Backlog.make({
        ...options,
        capacity: items,
        workers: 4,
        handle: () =>
          Effect.sync(() => {
            const until = performance.now() + 2
            while (performance.now() < until);
          }),
      })
      for (let n = 0; n < items; n++) yield* backlog.offer({ key: String(n) })
      yield* Effect.sleep("20 millis")
      assert.isBelow((yield* backlog.counters).done, items)
    }).pipe(Effect.provide(testLane)),
  )

  it.effect("lets the newest of one key replace the one that waits", () =>
    Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      const handled: Array<number> = []
      const backlog = yield* Backlog.make({
        ...options,
        key: (item: { key: string; n: number }) => item.key,
        handle: (item: { key: string; n: number }) =>
          gate.await.pipe(Effect.map(() => void handled.push(item.n))),
      })
      yield* backlog.offer({ key: "busy", n: 0 })
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      for (const n of [1, 2, 3]) yield* backlog.offer({ key: "w", n })
      yield* gate.open
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(handled, [0, 3])
      const counters = yield* backlog.counters
      assert.strictEqual(counters.coalesced, 2)
      conserves(counters)
    }).pipe(Effect.provide(testLane)),
  )

  it.effect("handles a key again when it is offered while its turn runs", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const gate = yield* Latch.make(false)
      let runs = 0
      const backlog = yield* Backlog.make({
        ...options,
        workers: 4,
        handle: () =>
          Effect.suspend(() => {
            runs += 1
            return Deferred.succeed(started, undefined).pipe(Effect.andThen(gate.await))
          }),
      })
      yield* backlog.offer({ key: "a" })
      yield* Deferred.await(started)
      yield* backlog.offer({ key: "a" })
      assert.strictEqual((yield* backlog.counters).pending, 2)
      yield* gate.open
      yield* TestClock.adjust("1 second")
      assert.strictEqual(runs, 2)
      conserves(yield* backlog.counters)
    }).pipe(Effect.provide(testLane)),
  )

  for (const [whenFull, kept] of [
    ["drop", ["busy", "1", "2", "3"]],
    ["slide", ["busy", "3", "4", "5"]],
  ] as const) {
    it.effect(`when full, ${whenFull} keeps ${kept.join(" ")} and counts the rest as dropped`, () =>
      Effect.gen(function* () {
        const gate = yield* Latch.make(false)
        const handled: Array<string> = []
        const backlog = yield* Backlog.make({
          ...options,
          whenFull,
          handle: (item: { key: string }) =>
            gate.await.pipe(Effect.map(() => void handled.push(item.key))),
        })
        yield* backlog.offer({ key: "busy" })
        yield* TestClock.adjust("1 millis")
        for (const key of ["1", "2", "3", "4", "5"]) yield* backlog.offer({ key })
        yield* gate.open
        yield* settle
        assert.deepStrictEqual(handled, [...kept])
        assert.strictEqual((yield* backlog.counters).dropped, 2)
        conserves(yield* backlog.counters)
      }).pipe(Effect.provide(testLane)),
    )
  }

  it.effect("counts a failing and an over-long item as failed and goes on", () =>
    Effect.gen(function* () {
      const handled: Array<string> = []
      const backlog = yield* Backlog.make({
        ...options,
        handle: (item: { key: string }) =>
          item.key === "bad"
            ? Effect.fail("bad")
            : item.key === "slow"
              ? Effect.sleep("1 hour")
              : Effect.sync(() => void handled.push(item.key)),
      })
      for (const key of ["bad", "slow", "good"]) yield* backlog.offer({ key })
      yield* TestClock.adjust("11 seconds")
      assert.deepStrictEqual(handled, ["good"])
      assert.strictEqual((yield* backlog.counters).failed, 2)
      conserves(yield* backlog.counters)
    }).pipe(Effect.provide(testLane)),
  )

  it.effect.prop(
    "conserves its counters over any sequence of offers",
    [
      Schema.Array(
        Schema.Struct({
          key: Schema.Literals(["a", "b", "c", "d", "e", "f"]),
          fate: Schema.Literals(["ok", "fail", "slow"]),
          pause: Schema.Boolean,
        }),
      ),
      Schema.Literals(["drop", "slide"]),
    ],
    ([offers, whenFull]) =>
      Effect.gen(function* () {
        const backlog = yield* Backlog.make({
          ...options,
          whenFull,
          workers: 2,
          handle: (item: (typeof offers)[number]) =>
            item.fate === "fail"
              ? Effect.fail("x")
              : Effect.sleep(item.fate === "slow" ? "1 minute" : "1 second"),
        })
        for (const item of offers) {
          yield* backlog.offer(item)
          if (item.pause) yield* TestClock.adjust("500 millis")
          conserves(yield* backlog.counters)
        }
        yield* TestClock.adjust("1 hour")
        const end = yield* backlog.counters
        conserves(end)
        assert.strictEqual(end.pending, 0)
        assert.strictEqual(end.offered, offers.length)
      }).pipe(Effect.provide(testLane), Effect.scoped),
  )
})
