/**
 * `npm run check`: everything the continuous build checks before the tests, in order, stopping at
 * the first fault. `npm run check -- lint tidy` runs single steps.
 *
 * Exits 0 when all held, 1 at a fault, 2 for a step there is not.
 */
import "./NodeVersion.mjs"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { complaint, root, run } from "./Commands.ts"

interface Step {
  readonly name: string
  readonly about: string
  /** The fault as half a sentence, `undefined` when there is none. */
  readonly run: () => Promise<string | undefined>
}

const tool = async (command: string, ...args: ReadonlyArray<string>) =>
  complaint(await run(command, args, { withinMs: 240_000 }))

const script = (name: string) => tool(process.execPath, join(root, "scripts", name))

/**
 * Promises nobody awaits, Effects nobody runs, names of Effect 3. The tests' project refers to every
 * package, and the diagnostics follow references: one run sees every file, ten would take a minute.
 */
const effectDiagnostics = () =>
  tool(
    "effect-tsgo",
    "diagnostics",
    "--project",
    join(root, "tsconfig.test.json"),
    "--strict",
    "--severity",
    "error,warning",
  )

interface Summary {
  readonly ledger?: { readonly balanced?: unknown }
  readonly jobs?: ReadonlyArray<{ readonly name: string; readonly failed: number }>
}

const judge = (stdout: string): string | undefined => {
  let summary: Summary
  try {
    summary = JSON.parse(stdout) as Summary
  } catch {
    return `printed no single JSON document but: ${stdout.slice(0, 400)}`
  }
  if (summary.ledger?.balanced !== true) return "ended with a ledger that does not balance"
  if (!Array.isArray(summary.jobs)) return "ended without telling its jobs"
  const failed = (summary.jobs as ReadonlyArray<{ name: string; failed: number }>).filter(
    (job) => job.failed > 0,
  )
  return failed.length === 0
    ? undefined
    : `had failed jobs: ${failed.map((job) => `${job.name} ${job.failed} times`).join(", ")}`
}

/** The bundle must not lean on the checkout: it runs from a folder that has nothing else. */
const runBundle = async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "trader-evaluator-check-"))
  try {
    const ran = await run(
      process.execPath,
      [join(root, "dist/main.mjs"), "run", "--for", "20s", "--json"],
      {
        cwd: elsewhere,
        env: { EVALUATOR_DATA_DIR: join(elsewhere, "data"), EVALUATOR_HTTP_PORT: "0" },
        withinMs: 90_000,
        capture: true,
      },
    )
    const fault = complaint(ran) ?? judge(ran.stdout)
    return fault === undefined ? undefined : `the bundle ${fault}`
  } finally {
    rmSync(elsewhere, { recursive: true, force: true })
  }
}

const formatted = ["packages", "scripts", "migrations", "vitest.workspace.ts"]

const steps: ReadonlyArray<Step> = [
  {
    name: "format",
    about: "oxfmt",
    run: () => tool("oxfmt", "--check", ...formatted),
  },
  { name: "lint", about: "oxlint", run: () => tool("oxlint", "packages", "scripts", "migrations") },
  { name: "types", about: "tsc, packages and tests and scripts", run: () => tool("tsc", "-b") },
  { name: "effect", about: "effect-tsgo, warnings as faults", run: effectDiagnostics },
  { name: "tidy", about: "the house rules", run: () => script("tidy.ts") },
  { name: "bundle", about: "esbuild to dist/", run: () => script("bundle.ts") },
  { name: "run", about: "the bundle for 20 s from another folder", run: runBundle },
]

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `check: no step ${unknown.join(", ")}; there are ${steps.map((s) => s.name).join(", ")}`,
  )
  process.exit(2)
}

console.log(`check: Node ${process.versions.node}`)
for (const { name, about, run: runStep } of steps) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const started = performance.now()
  const fault = await runStep()
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (fault !== undefined) {
    console.error(`check: ${name} failed after ${seconds} s (${about}): ${fault}`)
    process.exit(1)
  }
  console.log(`check: ${name} held, ${seconds} s (${about})`)
}
