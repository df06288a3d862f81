/**
 * Proof `sims`: a month of a seeded world with many faults, twenty seeds. The equations hold, something
 * was copied, every kind of fault was met; the first seed is run twice and gives the same tables.
 */
import { availableParallelism } from "node:os"
import { Effect, Schema } from "effect"
import { faultsOf, Summary } from "@evaluator/testkit/Equations"
import { document, type ServiceEntry } from "@evaluator/testkit/ServiceProcess"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 7
const seeds = 20
const days = 30

const Simulated = Schema.Struct({
  ...Summary.fields,
  wall_ms: Schema.Int,
  state_hash: Schema.String,
  faults: Schema.Record(Schema.String, Schema.Int),
  evidence: Schema.Struct({
    ...Summary.fields.evidence.fields,
    detection_ms: Schema.NullOr(Schema.Struct({ p50: Schema.Int })),
    results: Schema.Record(Schema.String, Schema.Struct({ realized_pnl_usdc: Schema.String })),
    lie_usdc: Schema.String,
  }),
})

export const proof: Proof = {
  name: "sims",
  about: `sim --days ${days} --faults many with ${seeds} seeds: the equations hold, copies above zero, a seed repeats itself.`,
  run: async ({ count, days: asked, folder, once, service }) => {
    const entry: ServiceEntry = { ...service, cwd: folder }
    const wanted = count ?? seeds
    const month = (seed: number) => {
      const key = asked === undefined ? `seed ${seed}` : `seed ${seed}, ${asked} days`
      const simulated = monthOf(entry, seed, asked ?? days, seed === firstSeed ? 2 : 1)
      return Effect.promise(() => once(key, () => Effect.runPromise(simulated)))
    }
    const all = Array.from({ length: wanted }, (_, n) => month(firstSeed + n))
    // A simulation is one thread, and no time of it is compared with another's.
    await Effect.runPromise(Effect.all(all, { concurrency: availableParallelism(), discard: true }))
  },
}

const simulate = (entry: ServiceEntry, seed: number, length: number) =>
  document(
    entry,
    {
      args: ["sim", "--seed", `${seed}`, "--days", `${length}`, "--faults", "many", "--json"],
      env: {},
      within: "30 minutes",
    },
    Simulated,
  )

const monthOf = (
  entry: ServiceEntry,
  seed: number,
  length: number,
  times: 1 | 2,
): Effect.Effect<CaseResult> =>
  Effect.gen(function* () {
    const month = yield* simulate(entry, seed, length)
    const faults = [...faultsOf(month)]
    const copied = month.copies.outcomes["COPIED"] ?? 0
    if (copied === 0) faults.push("nothing was copied")
    if (month.copies.in_flight > 0) faults.push(`${month.copies.in_flight} copies are in flight`)
    if (month.copies.undetected > 0) faults.push(`${month.copies.undetected} fills are undetected`)
    for (const { name, failed } of month.jobs) {
      if (failed > 0) faults.push(`${failed} runs of ${name} failed`)
    }
    if (times === 2 && (yield* simulate(entry, seed, length)).state_hash !== month.state_hash) {
      faults.push("the same seed gave other tables")
    }
    return {
      held: faults.length === 0,
      faults,
      row: {
        seed,
        "leader fills": month.copies.leader_fills,
        copied,
        "detected after s": (month.evidence.detection_ms?.p50 ?? 0) / 1000,
        "solo usdc": month.evidence.results["solo"]!.realized_pnl_usdc,
        "careless usdc": month.evidence.results["careless"]!.realized_pnl_usdc,
        "lie usdc": month.evidence.lie_usdc,
        "faults served": Object.values(month.faults).reduce((sum, served) => sum + served, 0),
        seconds: Math.round(month.wall_ms / 1000),
      },
    }
  }).pipe(
    Effect.catch((failed) =>
      Effect.succeed({ held: false, faults: [failed.message], row: { seed } }),
    ),
  )
