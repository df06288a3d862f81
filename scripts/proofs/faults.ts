/**
 * Proof `faults`: what can happen to a process that is not killed. Either thread is blocked for thirty
 * seconds, the background thread or the embedded venue's runs out of memory, the venue goes silent, the clock is set an hour back
 * or ahead, either lane's file is full or may not be written for a while; the service names it in `/readyz`,
 * recovers without a restart of the process, and drains.
 */
import { join } from "node:path"
import { mkdirSync, rmSync } from "node:fs"
import { Effect } from "effect"
import { type FaultPlan, faultRun } from "@evaluator/testkit/FaultRuns"
import type { Proof } from "./Proof.ts"

const preload = join(import.meta.dirname, "FaultPreload.ts")
const runFor = "90s"
const seed = 42

type Case = Pick<FaultPlan, "fault" | "thread" | "says">

/** A lane's file that is full for a while, and one that is not to be written. */
const unwritable = (file: string, thread: FaultPlan["thread"]): Readonly<Record<string, Case>> => ({
  [`${file} full`]: {
    fault: "full 20000",
    thread,
    says: new RegExp(`^${thread} storage: ${file.replace(".", "\\.")} is full`),
  },
  [`${file} read-only`]: {
    fault: "read-only 20000",
    thread,
    says: new RegExp(`^${thread} storage: ${file.replace(".", "\\.")} may not be written`),
  },
})

const cases: Readonly<Record<string, Case>> = {
  "fast lane blocked": { fault: "block 30000", thread: "fast", says: /^fast lane: last beat/ },
  "background lane blocked": {
    fault: "block 30000",
    thread: "background",
    says: /^background event loop: was blocked for [23]\d{4} ms/,
  },
  "background lane out of memory": {
    fault: "memory",
    thread: "background",
    says: /^background lane: started again 1 of 3 times.*memory/i,
  },
  "venue silent": {
    fault: "block 45000",
    thread: "venue",
    says: /venue: .* has not answered for \d+ ms/,
  },
  "clock an hour ahead": {
    fault: "clock 3600000",
    thread: "fast",
    says: /clock: was set by 36\d{5} ms/,
  },
  "clock an hour back": {
    fault: "clock -3600000",
    thread: "fast",
    says: /clock: was set by -3[56]\d{5} ms/,
  },
  ...unwritable("evaluator.db", "background"),
  ...unwritable("paper.db", "fast"),
  "venue out of memory": {
    fault: "memory",
    thread: "venue",
    says: /^fast venue thread: started again 1 of 3 times.*memory/i,
  },
}

export const proof: Proof = {
  name: "faults",
  about: "Trouble that is not a kill: named in /readyz, over without a restart of the process.",
  run: async ({ count, folder, once, service }) => {
    for (const [name, fault] of Object.entries(cases).slice(0, count)) {
      await once(name, () => {
        const cwd = join(folder, name.replaceAll(" ", "-"))
        rmSync(cwd, { recursive: true, force: true })
        mkdirSync(cwd, { recursive: true })
        const plan = {
          entry: { ...service, cwd },
          dataDir: join(cwd, "data"),
          preload,
          runFor,
          seed,
        }
        return Effect.runPromise(
          faultRun({ ...plan, ...fault }).pipe(
            Effect.map(({ faults, ...row }) => ({
              held: faults.length === 0,
              faults,
              row: { fault: name, ...row },
            })),
            Effect.catch((failed) =>
              Effect.succeed({ held: false, faults: [failed.message], row: { fault: name } }),
            ),
          ),
        )
      })
    }
  },
}
