/**
 * A small world's day with much going wrong leaves work behind; one quiet sweep does all of it.
 * `npm run prove -- virtual-day` does twenty days of the ordinary world.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { loadSettings } from "@evaluator/app/Settings"
import { simulateDays } from "@evaluator/app/Sim"
import { dayWithFaults, quietSweep } from "@evaluator/testkit/QuietSweep"
import { simulate } from "@evaluator/venue/Simulation"

const small = {
  seed: 7,
  pastDays: 45,
  wallets: 50,
  eventsPerDay: 1,
  liveTradesPerSecond: null,
  quickEventEveryMs: 0,
}

describe("a quiet sweep", () => {
  it.live(
    "leaves nothing due of what a day with many faults left",
    () =>
      Effect.acquireUseRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "trader-evaluator-quiet-"))),
        (folder) =>
          Effect.gen(function* () {
            const keep = join(folder, "day")
            const simulation = simulate({ parameters: small, faults: "many" })
            const day = yield* simulateDays(
              dayWithFaults(yield* loadSettings({ profiles: ["sim"], environment: {} }), keep),
              { simulation },
            )
            assert.isAbove(
              day.due.reduce((sum, { count }) => sum + count, 0),
              0,
            )
            assert.deepStrictEqual(yield* quietSweep(simulation, day, keep), [])
          }),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
      ),
    120_000,
  )
})
