import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import * as Backlog from "@evaluator/runtime/Backlog"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { growth, queueFaults, queuesIn, type Registry } from "@evaluator/testkit/QueueWatch"

const testLane = Layer.mergeAll(
  Layer.mock(Supervisor, {
    service: (_, effect) => Effect.forkScoped(Effect.ignore(effect)).pipe(Effect.asVoid),
  }),
  Backlogs.layer,
)

describe("a watch over queues", () => {
  it.effect("sees a queue as it is and finds who waited over the worst delay", () => {
    const registry: Registry = new Map()
    return Effect.gen(function* () {
      const backlog = yield* Backlog.make({
        name: "wallets-to-ingest",
        capacity: 5,
        workers: 1,
        whenFull: "wait",
        timeout: "1 hour",
        worstDelay: "1 minute",
        key: (key: string) => key,
        handle: () => Effect.sleep("2 minutes"),
      })
      for (const key of ["a", "b"]) yield* backlog.offer(key)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(queueFaults(queuesIn(registry)), [])
      assert.strictEqual(queuesIn(registry)[0]?.pending, 2)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(queueFaults(queuesIn(registry)), [
        "queue wallets-to-ingest: 1 items waited over its worst delay",
      ])
    }).pipe(Effect.provide(testLane), Effect.provideService(Metric.MetricRegistry, registry))
  })

  it("finds an item without a fate", () => {
    assert.deepStrictEqual(queueFaults([{ queue: "q", offered: 3, done: 1, pending: 1 }]), [
      "queue q: 3 items have 2 fates",
    ])
  })

  it("tells a heap that grows from one that swings", () => {
    assert.strictEqual(growth([9, 9, 5, 6, 5, 5, 6, 5]), 0)
    assert.approximately(growth([1, 2, 3, 4, 5, 6, 7, 8]), 1, 1e-9)
  })
})
