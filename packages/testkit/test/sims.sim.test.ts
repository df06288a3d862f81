/**
 * Short simulations of a small world with much going wrong: the equations hold, a seed repeats itself,
 * and nothing waits for the real world. `npm run prove -- sims` does months of it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric, Schema } from "effect"
import { readFile } from "node:fs/promises"
import { loadSettings } from "@evaluator/app/Settings"
import { simulateDays } from "@evaluator/app/Sim"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import type { WorldChanges } from "@evaluator/venue/WorldParameters"
import { faultsOf, Summary } from "@evaluator/testkit/Equations"
import { labelFaults } from "@evaluator/testkit/MetricLabels"
import { watchPromises } from "@evaluator/testkit/OutlivingPromises"

const small: WorldChanges = {
  pastDays: 45,
  wallets: 50,
  eventsPerDay: 1,
  liveTradesPerSecond: null,
  quickEventEveryMs: 0,
}

const simulated = Effect.fnUntraced(function* (
  seed: number,
  watch: { readonly onAdvance?: (nowMs: number) => void; readonly shuffle?: number } = {},
) {
  const loaded = yield* loadSettings({ profiles: ["sim"], environment: {} })
  return yield* simulateDays(
    {
      loaded,
      seed,
      days: 1,
      wallets: null,
      world: null,
      faults: "many",
      approveAfter: null,
      keep: null,
      json: true,
    },
    { world: small, ...watch },
  )
}, Effect.orDie)

describe("a simulated day with many faults", () => {
  it.live(
    "gives the same tables for the same seed, others for another, and its equations hold",
    () =>
      Effect.gen(function* () {
        const first = yield* simulated(7)
        const again = yield* simulated(7)
        const other = yield* simulated(8)
        assert.deepStrictEqual(again.tables, first.tables)
        assert.notStrictEqual(other.state_hash, first.state_hash)
        for (const document of [first, other]) {
          const summary = yield* Schema.decodeUnknownEffect(Summary)(document)
          assert.deepStrictEqual(faultsOf(summary), [])
          assert.isAbove(document.funnel["trades"]!, 1000)
          assert.isAbove(
            Object.values(document.faults).reduce((sum, count) => sum + count, 0),
            20,
          )
        }
        assert.deepStrictEqual(yield* labelFaults, [])
        assert.isAbove((yield* Metric.snapshot).length, 50)
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
    120_000,
  )

  it.live(
    "waits for nothing outside while the clock moves",
    () =>
      Effect.gen(function* () {
        const promises = watchPromises()
        yield* simulated(9, { onAdvance: promises.moved })
        assert.deepStrictEqual(promises.stop(), [])
      }),
    120_000,
  )

  it.live("and a wait for a file is found", () =>
    Effect.gen(function* () {
      const promises = watchPromises()
      const time = new VirtualTime(0, { onAdvance: promises.moved })
      const program = Effect.gen(function* () {
        yield* Effect.sleep("1 second")
        const reading = yield* Effect.forkChild(
          Effect.promise(() => readFile(new URL(import.meta.url))),
        )
        while (reading.pollUnsafe() === undefined) yield* Effect.sleep("1 second")
      })
      yield* Effect.promise(() => time.run(program))
      assert.isAbove(promises.stop().length, 0)
    }),
  )
})
