/**
 * Proof `kills`: the service is ended a hundred times under load, fifty times by SIGKILL and fifty by
 * SIGTERM, each at a seeded commit, and started again (packages/testkit/src/Lives.ts): every row and
 * event that was there is there, outcomes stand, the ledger checks, and after the last drain every event
 * was delivered and every leader fill has one fate.
 *
 * A case is one data directory that lives through ten such ends; one start is one end. The first ends
 * come while histories are fetched, the later ones while wallets are judged and copied. A life in which
 * no copy had an outcome before its last end proves too little and does not hold.
 */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import {
  type End,
  endsOf,
  type LifePlan,
  liveOn,
  liveUntil,
  nothing,
} from "@evaluator/testkit/Lives"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 42
const ends = 100
const endsACase = 10
/** A start that has everything behind it still makes so many commits within a minute. */
const firstCommit = 20
const lastCommit = 260

export const proof: Proof = {
  name: "kills",
  about: `${ends} ends at seeded commits under load, half by kill -9, half by SIGTERM: nothing is lost, nothing changes, nothing is applied twice.`,
  run: async ({ count, folder, once, service }) => {
    const wanted = count ?? ends
    for (let done = 0; done < wanted; done += endsACase) {
      const seed = firstSeed + done / endsACase
      await once(`seed ${seed}`, () => {
        const cwd = join(folder, `seed-${seed}`)
        rmSync(cwd, { recursive: true, force: true })
        mkdirSync(cwd, { recursive: true })
        const plan = {
          entry: { ...service, cwd },
          dataDir: join(cwd, "data"),
          endWithin: "4m",
          lastFor: "15s",
        }
        return Effect.runPromise(lifeOf(plan, seed, Math.min(endsACase, wanted - done)))
      })
    }
  },
}

const column = (planned: ReadonlyArray<End>, signal: End["signal"]) =>
  planned.flatMap((end) => (end.signal === signal ? [end.commit] : [])).join(", ")

const lifeOf = (plan: LifePlan, seed: number, count: number): Effect.Effect<CaseResult> =>
  Effect.gen(function* () {
    const began = process.hrtime.bigint()
    const planned = yield* endsOf(seed, count, firstCommit, lastCommit)
    const remembered = nothing()
    const faults: Array<string> = []
    const outcomes: Array<number> = []
    for (const end of planned) {
      faults.push(...(yield* liveUntil(plan, end, remembered)))
      outcomes.push(remembered.outcomes.size)
    }
    faults.push(...(yield* liveOn(plan, remembered)))
    if (outcomes.at(-1) === 0) faults.push("no copy had an outcome before the last end")
    return {
      held: faults.length === 0,
      faults,
      row: {
        seed,
        "killed at commit": column(planned, "SIGKILL"),
        "stopped at commit": column(planned, "SIGTERM"),
        "outcomes at each end": outcomes.join(", "),
        "outcomes at last": remembered.outcomes.size,
        trades: remembered.trades.size,
        events: remembered.events.size,
        seconds: Math.round(Number(process.hrtime.bigint() - began) / 1e9),
      },
    }
  }).pipe(
    Effect.catch((failed) =>
      Effect.succeed({ held: false, faults: [failed.message], row: { seed } }),
    ),
  )
