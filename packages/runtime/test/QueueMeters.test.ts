import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Latch, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Backlog from "@evaluator/runtime/Backlog"
import * as FastPath from "@evaluator/runtime/FastPath"
import { testLane } from "./TestLane.ts"

const shown = Effect.gen(function* () {
  const found: Record<string, number> = {}
  for (const { id, attributes, state } of yield* Metric.snapshot) {
    if (!id.startsWith("evaluator_queue_")) continue
    const key = `${id.slice("evaluator_queue_".length)} ${attributes?.["queue"]}`
    if ("count" in state) found[key] = Number(state.count)
    else if ("value" in state) found[key] = Number(state.value)
  }
  return found
})

const inRegistryOfItsOwn = Effect.provideService(Metric.MetricRegistry, new Map())

describe("a queue's metrics", () => {
  it.effect("say what the queue says of itself, at every moment, and are gone with it", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const gate = yield* Latch.make(false)
      const backlog = yield* Backlog.make({
        name: "wallets-to-ingest",
        capacity: 2,
        workers: 1,
        whenFull: "drop",
        timeout: "10 seconds",
        worstDelay: "1 second",
        key: (key: string) => key,
        handle: (key: string) => (key === "bad" ? Effect.fail("refused") : gate.await),
      }).pipe(Scope.provide(scope))
      yield* backlog.offer("first")
      yield* TestClock.adjust("1 millis")
      for (const key of ["bad", "bad", "third", "too many"]) yield* backlog.offer(key)
      const q = "wallets-to-ingest"
      const before = yield* shown
      assert.strictEqual(before[`offered_total ${q}`], 5)
      assert.strictEqual(before[`coalesced_total ${q}`], 1)
      assert.strictEqual(before[`dropped_total ${q}`], 1)
      assert.strictEqual(before[`pending ${q}`], 3)
      yield* TestClock.adjust("2 seconds")
      yield* gate.open
      yield* TestClock.adjust("1 second")
      const after = yield* shown
      assert.strictEqual(after[`done_total ${q}`], 2)
      assert.strictEqual(after[`failed_total ${q}`], 1)
      assert.strictEqual(after[`late_total ${q}`], 2)
      assert.strictEqual(after[`pending ${q}`], 0)
      yield* Scope.close(scope, Exit.void)
      assert.notProperty(yield* shown, `offered_total ${q}`)
    }).pipe(Effect.provide(testLane), inRegistryOfItsOwn),
  )

  it.effect("count as late in the fast path what a blocked thread let wait over the deadline", () =>
    Effect.gen(function* () {
      const real = yield* Clock.Clock
      let aheadNs = 0n
      const jumped = {
        ...real,
        monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe() + aheadNs,
      }
      const gate = yield* Latch.make(false)
      const pool = yield* FastPath.make({
        name: "fills-to-copy",
        slots: 1,
        inFlight: 1,
        capacity: 2,
        deadline: "1 second",
      }).pipe(Effect.provideService(Clock.Clock, jumped))
      const item = (key: string) => ({ key, run: () => gate.await, shed: Effect.void })
      yield* pool.submit(item("a"))
      yield* pool.submit(item("b"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* shown)["late_total fills-to-copy"], 0)
      assert.strictEqual((yield* shown)["dropped_total fills-to-copy"], 1)
      yield* pool.submit(item("c"))
      aheadNs = 2_000_000_000n
      yield* gate.open
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* shown)["dropped_total fills-to-copy"], 2)
      assert.strictEqual((yield* shown)["late_total fills-to-copy"], 1)
    }).pipe(Effect.provide(testLane), inRegistryOfItsOwn),
  )
})
