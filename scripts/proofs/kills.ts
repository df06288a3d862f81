/**
 * Proof `kills`: the service is killed with SIGKILL at seeded commits, ten times, and started again;
 * every outcome seen before stands and the equations hold (packages/testkit/src/KillRuns.ts).
 *
 * A case is one data directory that lives through five kills: the first come while histories are
 * fetched, the later ones while wallets are judged and copied. A life in which no copy had an outcome
 * before any of its kills proves too little and does not hold.
 */
import { join } from "node:path"
import { mkdirSync, rmSync } from "node:fs"
import { Effect } from "effect"
import { killCommits, type KillPlan, killRound } from "@evaluator/testkit/KillRuns"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 42
const kills = 10
const killsACase = 5
/** A start that has everything behind it still makes {@link lastCommit} commits within a minute. */
const firstCommit = 20
const lastCommit = 500

export const proof: Proof = {
  name: "kills",
  about: `${kills} times kill -9 at a seeded commit, then start: nothing is lost, nothing changes.`,
  run: async ({ count, folder, once, service }) => {
    const wanted = count ?? kills
    for (let done = 0; done < wanted; done += killsACase) {
      const seed = firstSeed + done / killsACase
      await once(`seed ${seed}`, () => {
        const cwd = join(folder, `seed-${seed}`)
        rmSync(cwd, { recursive: true, force: true })
        mkdirSync(cwd, { recursive: true })
        const plan = {
          entry: { ...service, cwd },
          dataDir: join(cwd, "data"),
          killWithin: "4m",
          resumeFor: "12s",
        }
        return Effect.runPromise(lifeOf(plan, seed, Math.min(killsACase, wanted - done)))
      })
    }
  },
}

const lifeOf = (plan: KillPlan, seed: number, kills: number): Effect.Effect<CaseResult> =>
  Effect.gen(function* () {
    const commits = yield* killCommits(seed, kills, firstCommit, lastCommit)
    const seen = new Map<string, string>()
    const rounds = yield* Effect.forEach(commits, (commit) => killRound(plan, commit, seen))
    const faults = rounds.flatMap((round) =>
      round.faults.map((fault) => `killed at commit ${round.commit}: ${fault}`),
    )
    if (rounds.every((round) => round.outcomesAtKill === 0)) {
      faults.push("no copy had an outcome before any of the kills")
    }
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
