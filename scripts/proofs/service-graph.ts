/**
 * Proof `service-graph`: the service runs with a collector beside it (packages/testkit/src/ServiceGraphRun.ts),
 * is asked for a job, a halt, a pause and its page, and the graph that Tempo would draw of what it exported
 * is the one of docs/telemetry.md, edge for edge.
 */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { goldenEdges, type GraphPlan, graphRun } from "@evaluator/testkit/ServiceGraphRun"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 42
const seeds = 2
/** Until then wallets were judged, followed and copied, and markets they hold resolved. */
const runFor = "110s"

export const proof: Proof = {
  name: "service-graph",
  about: `${seeds} runs of ${runFor} with a collector beside them: Tempo's rules draw the edges of docs/telemetry.md, no more and no fewer.`,
  run: async ({ count, folder, once, service }) => {
    for (let seed = firstSeed; seed < firstSeed + (count ?? seeds); seed++) {
      await once(`seed ${seed}`, () => {
        const cwd = join(folder, `seed-${seed}`)
        rmSync(cwd, { recursive: true, force: true })
        mkdirSync(cwd, { recursive: true })
        const entry = { ...service, cwd }
        const dataDir = join(cwd, "data")
        return Effect.runPromise(caseOf({ entry, dataDir, runFor, seed }))
      })
    }
  },
}

const caseOf = (plan: GraphPlan): Effect.Effect<CaseResult> =>
  graphRun(plan).pipe(
    Effect.map(({ edges, faults, missing, spans }) => {
      const all = [...faults, ...missing.map((edge) => `${edge} was not drawn`)]
      return {
        held: all.length === 0,
        faults: all,
        row: {
          seed: plan.seed,
          spans,
          edges: Object.keys(edges).length,
          golden: goldenEdges.length,
          "times drawn": Object.values(edges).reduce((sum, times) => sum + times, 0),
        },
      }
    }),
    Effect.catchCause((cause) =>
      Effect.succeed({ held: false, faults: [String(cause)], row: { seed: plan.seed } }),
    ),
  )
