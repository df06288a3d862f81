/**
 * Proof `crash-table`: the fast lane cut off at every commit of its saga, settlement, watch and bridge
 * (packages/paper/test/crash), and once at each name by a SIGKILL of a process of its own. Writes
 * docs/crash-table.md, which says nothing of dates and commits: running it again leaves no difference.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { commitPoints } from "@evaluator/paper/CommitPoints"
import { bridgeCommits } from "@evaluator/runtime/Bridge"
import { differences } from "../../packages/paper/test/crash/CrashBooks.ts"
import {
  casesOf,
  type Ended,
  goOn,
  type Moment,
  type PointCase,
  tellStory,
  ways,
} from "../../packages/paper/test/crash/CrashRuns.ts"
import type { CaseResult, Proof } from "./Proof.ts"

const unnamed = { unnamed: "a boot, the end of one, or a run of a job is a row" }
const points: Readonly<Record<string, string>> = { ...commitPoints, ...bridgeCommits, ...unnamed }

const directory = (name: string) => mkdtempSync(join(tmpdir(), `trader-evaluator-crash-${name}-`))

/** The story undisturbed: its end, and its first commit of each name. */
const survey = async () => {
  const told = directory("told")
  const first = new Map<string, Moment>()
  const after = (moment: Moment) => {
    if (!first.has(moment.name)) first.set(moment.name, moment)
  }
  const ended = await Effect.runPromise(tellStory(told, { after }))
  rmSync(told, { recursive: true })
  return { ended, first }
}

/** A process of its own killed at the first commit of a name: every other before it, the rest after. */
const killedProcess = async (moment: Moment, when: "before" | "after", expected: Ended) => {
  const files = directory("killed")
  try {
    const child = join(import.meta.dirname, "CrashChild.ts")
    const argv = [child, files, when, `${moment.commit}`]
    const { signal, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" })
    if (signal !== "SIGKILL") return [`the process was not killed: ${stderr.slice(0, 400)}`]
    const left = JSON.parse(readFileSync(join(files, "moment.json"), "utf8")) as Moment
    const ended = await Effect.runPromise(goOn(files, left, false))
    const wrong = [...ended.faults, ...differences(ended.books, expected.books)]
    return wrong.map((one) => `SIGKILL ${when} commit ${moment.commit}: ${one}`)
  } finally {
    rmSync(files, { recursive: true })
  }
}

const rowOf = (found: PointCase, when: string, killed: ReadonlyArray<string>): CaseResult => {
  const faults = [...found.faults, ...killed]
  return {
    held: faults.length === 0,
    faults,
    row: {
      commit: found.point,
      times: found.commits,
      ...Object.fromEntries(ways.map((way) => [way, `${found.held[way]} of ${found.commits}`])),
      SIGKILL: killed.length === 0 ? `${when}, held` : `${when}, DID NOT HOLD`,
    },
  }
}

const heading = `# The crash table

Written by \`npm run prove -- crash-table\`. A story of the fast lane (\`packages/paper/test/crash\`) passes
every commit it can make: purchases over the bridge, from the stream and by poll, one filled in part,
sales, one of them behind a purchase that is on its way, skips of eight kinds, a step that breaks, an undo that breaks, exits by MERGE and REDEEM, a resolution
and its correction, a leader's fill that fails, halts, a copy too old to go on, polls that fail, an event
that cannot be applied and is redriven, a cursor that fits no more, looks at later books; under all three strategies. At each commit it is cut
off, started again and told to its end.

- **killed before**, **killed after**: the files as they lie in that moment, copied from within the COMMIT
  (pages and write-ahead log, as SIGKILL leaves them), opened a second later. The books at the end equal
  those of the undisturbed story: copies, lots, balances, closings, results, modes, halts, resolutions,
  follows, dead letters, and what was told to the other lane, each once.
- **started late**: the files of "killed after", opened ten minutes later. What was decided stands; what was
  on its way has given its promise back and has one outcome.
- **interrupted**: the committing fiber is interrupted right after the COMMIT, then everything else; the
  books at the end equal those of the undisturbed story.
- **SIGKILL**: a process of its own killed at the first commit of the name, before or after it.

After every one of them: one outcome for each fill and strategy, told once; no promise pending but of a
stuck copy; the cursor at the head of the other lane's log; the ledger recomputed without a fault.
`

const page = (results: ReadonlyArray<CaseResult>): string => {
  const columns = Object.keys(results[0]!.row)
  const line = (cells: ReadonlyArray<string | number>) => `| ${cells.join(" | ")} |`
  return [
    heading,
    line([...columns, "what has happened once it succeeded"]),
    line([...columns, ""].map(() => "---")),
    ...results.map(({ row }) =>
      line([...columns.map((name) => row[name]!), points[String(row["commit"])]!]),
    ),
    "",
  ].join("\n")
}

export const proof: Proof = {
  name: "crash-table",
  about:
    "The fast lane cut off at each of its commits by kills and interruptions: docs/crash-table.md says how, name by name.",
  run: async ({ count, folder, once }) => {
    mkdirSync(folder, { recursive: true })
    const { ended, first } = await survey()
    const strange = [...first.keys()].filter((name) => points[name] === undefined)
    const results: Array<CaseResult> = []
    for (const [index, point] of Object.keys(points).slice(0, count).entries()) {
      const when = index % 2 === 0 ? "after" : "before"
      const moment = first.get(point)
      const result = await once(point, async () => {
        if (moment === undefined || strange.length > 0) {
          const fault =
            moment === undefined
              ? "the story never passes it"
              : `commits nobody listed: ${strange.join(", ")}`
          return { held: false, row: { commit: point }, faults: [fault] }
        }
        const found = await Effect.runPromise(casesOf(point))
        return rowOf(found, when, await killedProcess(moment, when, ended))
      })
      results.push(result)
    }
    if (count === undefined && results.every((one) => one.held)) {
      writeFileSync(join(import.meta.dirname, "../../docs/crash-table.md"), page(results))
    }
  },
}
