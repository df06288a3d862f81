/**
 * Proof `service-graph`: the service runs with a collector beside it (packages/testkit/src/ServiceGraphRun.ts),
 * is asked for a job, a halt, a pause and its page, and the graph that Tempo would draw of what it exported
 * is the one of docs/telemetry.md: no run draws another edge or loses half of one, and no edge is drawn in
 * none of them. Which markets resolve within two minutes differs from seed to seed.
 */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { goldenEdges, type GraphPlan, graphRun } from "@evaluator/testkit/ServiceGraphRun"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 42
const seeds = 3
/** Until then wallets were judged, followed and copied, and some markets they hold resolved. */
const runFor = "110s"

export const proof: Proof = {
  name: "service-graph",
  about: `${seeds} runs of ${runFor} with a collector beside them: Tempo's rules draw the edges of docs/telemetry.md, each in one of them and no others.`,
  run: async ({ count, folder, once, service }) => {
    const missing: Array<ReadonlyArray<string>> = []
    for (let seed = firstSeed; seed < firstSeed + (count ?? seeds); seed++) {
      const { row } = await once(`seed ${seed}`, () => {
        const cwd = join(folder, `seed-${seed}`)
        rmSync(cwd, { recursive: true, force: true })
        mkdirSync(cwd, { recursive: true })
        const entry = { ...service, cwd }
        return Effect.runPromise(caseOf({ entry, dataDir: join(cwd, "data"), runFor, seed }))
      })
      missing.push(String(row["not drawn"] ?? "").split(between))
    }
    await once("together", async () => togetherOf(missing))
  },
}

const between = ", "

/** An edge that none of the runs drew is missing. */
const togetherOf = (missing: ReadonlyArray<ReadonlyArray<string>>): CaseResult => {
  const never = goldenEdges.filter((edge) => missing.every((one) => one.includes(edge)))
  return {
    held: never.length === 0,
    faults: never.map((edge) => `${edge} was not drawn`),
    row: { seed: "all", edges: goldenEdges.length - never.length, golden: goldenEdges.length },
  }
}

const caseOf = (plan: GraphPlan): Effect.Effect<CaseResult> =>
  graphRun(plan).pipe(
    Effect.map(({ edges, faults, missing, spans }) => ({
      held: faults.length === 0,
      faults,
      row: {
        seed: plan.seed,
        spans,
        edges: Object.keys(edges).length,
        golden: goldenEdges.length,
        "times drawn": Object.values(edges).reduce((sum, times) => sum + times, 0),
        "not drawn": missing.join(between),
      },
    })),
    Effect.catchCause((cause) =>
      Effect.succeed({ held: false, faults: [String(cause)], row: { seed: plan.seed } }),
    ),
  )
