/**
 * `node scripts/calibrate.ts`: how well the service tells skill from luck, on worlds whose truth is
 * known. Each world is judged by the code the service runs, beside an oracle that knows how skill
 * works there and beside the usual formulas; docs/calibration.md says what each figure means.
 *
 *   --worlds 30 --null-worlds 30 --seed 1 --wallets 500 --days 120 --skilled 0.03 --edge 0.05..0.15
 *   --correlation 0.25 --bias 0.02   the worlds; --world FILE adds behaviours of a world file
 *   --processes N                    as many worlds at a time; one a core when absent
 *   --json                           one document on stdout; --write puts the table into docs/calibration.md
 *   --again                          forget what an interrupted run of this very code has recorded
 *
 * Resumable: a world that is through for this code and these options is not run again; its record
 * lies in node_modules/.cache/calibrate. Exits 1 when a world could not be run, 2 for a wrong option.
 */
import "./NodeVersion.mjs"
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { loadWorldFile } from "@evaluator/venue/WorldFile"
import { behaviourTable, figuresOf, tableOf } from "./calibration/Figures.ts"
import { runWorld, type WorldOptions, type WorldResult } from "./calibration/WorldRun.ts"
import { complaint, root, run } from "./Commands.ts"

const { values: flags } = parseArgs({
  options: {
    worlds: { type: "string", default: "30" },
    "null-worlds": { type: "string" },
    seed: { type: "string", default: "1" },
    wallets: { type: "string", default: "500" },
    days: { type: "string", default: "120" },
    skilled: { type: "string", default: "0.03" },
    edge: { type: "string", default: "0.05..0.15" },
    correlation: { type: "string", default: "0.25" },
    bias: { type: "string", default: "0.02" },
    world: { type: "string" },
    processes: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    again: { type: "boolean", default: false },
    /** Runs one world and writes its record: what the processes are started with. */
    record: { type: "string" },
  },
})

const numberOf = (flag: string, text: string, low: number, high: number): number => {
  const value = Number(text)
  if (text.trim() !== "" && value >= low && value <= high) return value
  console.error(`calibrate: --${flag} ${text} is no number from ${low} to ${high}`)
  process.exit(2)
}

const edge = flags.edge.split("..")
const behaviours =
  flags.world === undefined ? [] : (await Effect.runPromise(loadWorldFile(flags.world))).behaviours
const options: Omit<WorldOptions, "seed"> = {
  wallets: numberOf("wallets", flags.wallets, 20, 5000),
  days: numberOf("days", flags.days, 20, 1000),
  skilled: numberOf("skilled", flags.skilled, 0, 1),
  edge: [numberOf("edge", edge[0] ?? "", 0, 0.5), numberOf("edge", edge[1] ?? "", 0, 0.5)],
  correlation: numberOf("correlation", flags.correlation, 0, 1),
  bias: numberOf("bias", flags.bias, 0, 0.2),
  behaviours,
}
const firstSeed = numberOf("seed", flags.seed, 0, 4_000_000_000)

if (flags.record !== undefined) {
  const startedMs = performance.now()
  const result = runWorld(
    { ...options, seed: firstSeed },
    () => (performance.now() - startedMs) / 1000,
  )
  // A run that is cut off leaves no half record.
  writeFileSync(`${flags.record}.part`, JSON.stringify(result))
  renameSync(`${flags.record}.part`, flags.record)
  process.exit(0)
}

const worlds = numberOf("worlds", flags.worlds, 0, 10_000)
const nullWorlds = numberOf("null-worlds", flags["null-worlds"] ?? flags.worlds, 0, 10_000)

/** The text of everything a record depends on. */
const codeOf = (folder: string): string =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .toSorted()
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(root, folder, file), "utf8"))
    .join()
const key = createHash("sha256")
  .update(JSON.stringify(options))
  .update(
    ["packages/domain/src", "packages/judgement/src", "packages/venue/src", "scripts/calibration"]
      .map(codeOf)
      .join(),
  )
  .update(
    [
      "packages/evaluation/src/evidence/CopyCost.ts",
      "packages/evaluation/src/evidence/MidPrice.ts",
      "config/service.toml",
    ]
      .map((file) => readFileSync(join(root, file), "utf8"))
      .join(),
  )
  .digest("hex")
  .slice(0, 16)
const cache = join(root, "node_modules/.cache/calibrate", key)
if (flags.again) rmSync(cache, { recursive: true, force: true })
mkdirSync(cache, { recursive: true })

interface Task {
  readonly seed: number
  readonly skilled: number
  readonly path: string
}

const taskOf =
  (skilled: number, kind: string, offset: number) =>
  (_: unknown, i: number): Task => ({
    seed: firstSeed + offset + i,
    skilled,
    path: join(cache, `${kind}-${firstSeed + offset + i}.json`),
  })
const tasks = [
  ...Array.from({ length: worlds }, taskOf(options.skilled, "skilled", 0)),
  ...Array.from({ length: nullWorlds }, taskOf(0, "null", 1_000_000)),
]

const runTask = async ({ seed, skilled, path }: Task): Promise<void> => {
  if (existsSync(path)) return
  const named = (["wallets", "days", "edge", "correlation", "bias", "world"] as const).flatMap(
    (name) => (flags[name] === undefined ? [] : [`--${name}`, flags[name]]),
  )
  const fault = complaint(
    await run(
      process.execPath,
      [
        join(root, "scripts/calibrate.ts"),
        ...named,
        "--seed",
        `${seed}`,
        "--skilled",
        `${skilled}`,
        "--record",
        path,
      ],
      { cwd: process.cwd() },
    ),
  )
  if (fault !== undefined) {
    process.exitCode = 1
    console.error(`calibrate: the world of seed ${seed} ${fault}`)
    return
  }
  const { ours, oracle, seconds } = read(path)
  const list = `${ours.skilled} skilled and ${ours.wrong} wrong of ${ours.size} followed`
  console.error(
    `calibrate: seed ${seed}, ${skilled === 0 ? "no skill, " : ""}${list}; oracle ${oracle.skilled} of ${oracle.size}; ${seconds} s`,
  )
}

const read = (path: string): WorldResult => JSON.parse(readFileSync(path, "utf8")) as WorldResult

const waiting = [...tasks]
const processes = numberOf("processes", flags.processes ?? `${availableParallelism()}`, 1, 64)
await Promise.all(
  Array.from({ length: processes }, async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await runTask(task)
  }),
)

const resultsOf = (skilled: boolean): ReadonlyArray<WorldResult> =>
  tasks
    .filter((_, i) => i < worlds === skilled)
    .filter(({ path }) => existsSync(path))
    .map(({ path }) => read(path))
const results = resultsOf(true)
const nullResults = resultsOf(false)
const figures = figuresOf(results, nullResults)

const slowest = Math.max(0, ...[...results, ...nullResults].map(({ seconds }) => seconds))

const text = [
  tableOf(figures),
  "",
  `${results.length} worlds of ${options.wallets} wallets and ${options.days} days from seed ${firstSeed}, ${nullResults.length} without skill; ${figures.without_follow} of the former have no FOLLOW. The slowest took ${slowest} s, ${processes} at a time. Errors are standard errors over worlds.`,
  "",
  behaviourTable(results),
].join("\n")

if (flags.write) {
  const page = join(root, "docs/calibration.md")
  const [before, after] = ["<!-- figures -->", "<!-- /figures -->"]
  const old = readFileSync(page, "utf8")
  const [head, tail] = [old.indexOf(before) + before.length, old.indexOf(after)]
  const commit = (await run("git", ["rev-parse", "--short=12", "HEAD"], { capture: true })).stdout
  const date = new Date().toISOString().slice(0, 10)
  const section = `\n\nCommit ${commit.trim()}, ${date}.\n\n${text}\n\n`
  writeFileSync(page, old.slice(0, head) + section + old.slice(tail))
}

if (flags.json) {
  const values = Object.fromEntries(
    Object.entries(figures).map(([name, figure]) => [
      name,
      name === "formula" || typeof figure === "number"
        ? figure
        : (figure as { value: number }).value,
    ]),
  )
  console.log(
    JSON.stringify({
      options: { ...options, seed: firstSeed },
      worlds: results,
      null_worlds: nullResults,
      average: values,
      figures,
    }),
  )
} else console.log(text)
