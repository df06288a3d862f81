/**
 * Proof `kills`: the service is killed with SIGKILL at seeded commits, ten times, and started again;
 * every outcome seen before stands and the equations hold (packages/testkit/src/KillRuns.ts).
 *
 * A case is one data directory that lives through two kills, so that an interrupted proof can go on.
 */
import { join } from "node:path"
import { mkdirSync, rmSync } from "node:fs"
import { Effect } from "effect"
import { killCommits, killRound } from "@evaluator/testkit/KillRuns"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 42
const kills = 10
const killsACase = 2

export const proof: Proof = {
  name: "kills",
  about: `${kills} times kill -9 at a seeded commit, then start: nothing is lost, nothing changes.`,
  run: async ({ count, folder, once, service }) => {
    const cases = Math.ceil((count ?? kills) / killsACase)
    for (let n = 0; n < cases; n++) {
      const seed = firstSeed + n
      await once(`seed ${seed}`, () => {
        const cwd = join(folder, `seed-${seed}`)
        rmSync(cwd, { recursive: true, force: true })
        mkdirSync(cwd, { recursive: true })
        const plan = {
          entry: { ...service, cwd },
          dataDir: join(cwd, "data"),
          killWithin: "4m",
          resumeFor: "20s",
        }
        return Effect.runPromise(lifeOf(plan, seed))
      })
    }
  },
}

const lifeOf = (plan: Parameters<typeof killRound>[0], seed: number): Effect.Effect<CaseResult> =>
  Effect.gen(function* () {
    const commits = yield* killCommits(seed, killsACase, 50, 3000)
    const seen = new Map<string, string>()
    const rounds = yield* Effect.forEach(commits, (commit) => killRound(plan, commit, seen))
    const faults = rounds.flatMap((round) =>
      round.faults.map((fault) => `killed at commit ${round.commit}: ${fault}`),
    )
    const column = (of: (round: (typeof rounds)[number]) => number) => rounds.map(of).join(", ")
    return {
      held: faults.length === 0,
      faults,
      row: {
        seed,
        "killed at commit": column((round) => round.commit),
        "outcomes at the kill": column((round) => round.outcomesAtKill),
        "after the next drain": column((round) => round.outcomesAfter),
        "leader fills": column((round) => round.leaderFills),
      },
    }
  }).pipe(
    Effect.catch((failed) =>
      Effect.succeed({ held: false, faults: [failed.message], row: { seed } }),
    ),
  )
