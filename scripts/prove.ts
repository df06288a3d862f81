/**
 * `npm run prove [-- NAME…] [--count N] [--days N]`: runs the proofs of scripts/proofs in their full counts and
 * writes what came out to docs/proofs.md: commit, date, seeds, counts, case by case.
 *
 * Resumable: a case that is through for this commit (and these uncommitted changes) is not run again;
 * its record lies in node_modules/.cache/prove. `--again` forgets the records first.
 * Exits 0 when every case held, 4 when one did not, 2 for a proof there is not.
 */
import "./NodeVersion.mjs"
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { complaint, root, run } from "./Commands.ts"
import type { CaseResult, Proof } from "./proofs/Proof.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string" },
    days: { type: "string" },
    again: { type: "boolean", default: false },
  },
})
const wholeNumber = (name: "count" | "days"): number | undefined => {
  const given = values[name]
  if (given === undefined) return undefined
  const number = Number(given)
  if (Number.isInteger(number) && number > 0) return number
  console.error(`prove: --${name} ${given} is no whole number above 0`)
  process.exit(2)
}
const count = wholeNumber("count")
const days = wholeNumber("days")

const proofsFolder = join(root, "scripts/proofs")
const proofs: Array<Proof> = []
for (const file of readdirSync(proofsFolder).toSorted()) {
  if (!/^[a-z].*\.ts$/.test(file)) continue
  const { proof } = (await import(join(proofsFolder, file))) as { readonly proof: Proof }
  proofs.push(proof)
}

const unknown = positionals.filter((name) => !proofs.some((proof) => proof.name === name))
if (unknown.length > 0) {
  const names = proofs.map((proof) => proof.name).join(", ")
  console.error(`prove: no proof ${unknown.join(", ")}; there are ${names}`)
  process.exit(2)
}

const output = async (command: string, ...args: ReadonlyArray<string>) =>
  (await run(command, args, { capture: true })).stdout

/** What is being proved: the commit, and a mark of what is not committed. */
const subject = async () => {
  const commit = (await output("git", "rev-parse", "--short=12", "HEAD")).trim() || "none"
  const changes = await output(
    "git",
    "status",
    "--porcelain",
    "--",
    ".",
    ":!docs/proofs.md",
    ":!docs/crash-table.md",
  )
  if (changes === "") return { commit, key: commit }
  const diff = await output(
    "git",
    "diff",
    "HEAD",
    "--",
    ".",
    ":!docs/proofs.md",
    ":!docs/crash-table.md",
  )
  const mark = createHash("sha256").update(changes).update(diff).digest("hex").slice(0, 8)
  return { commit: `${commit} with uncommitted changes`, key: `${commit}-${mark}` }
}

const { commit, key } = await subject()
const cache = join(root, "node_modules/.cache/prove", key)
if (values.again) rmSync(cache, { recursive: true, force: true })
mkdirSync(cache, { recursive: true })

type Recorded = Record<string, CaseResult>

const readRecorded = (path: string): Recorded =>
  existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Recorded) : {}

const runProof = async (proof: Proof): Promise<Recorded> => {
  const recordPath = join(cache, `${proof.name}.json`)
  const recorded = readRecorded(recordPath)
  const through: Recorded = {}
  /** Cases may run beside each other; the page has them as they began. */
  const begun: Array<string> = []
  const folder = mkdtempSync(join(tmpdir(), `trader-evaluator-prove-${proof.name}-`))
  try {
    await proof.run({
      count,
      days,
      folder,
      service: { program: process.execPath, args: [join(root, "dist/main.mjs")] },
      once: async (name, runCase) => {
        begun.push(name)
        const known = recorded[name]
        const result = known?.held === true ? known : await runCase()
        through[name] = result
        writeFileSync(recordPath, JSON.stringify({ ...recorded, ...through }, null, 2))
        const how = known === result ? " (recorded)" : ""
        console.log(`${proof.name}: ${name} ${result.held ? "held" : "DID NOT HOLD"}${how}`)
        for (const fault of result.faults) console.log(`  ${fault}`)
        return result
      },
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return Object.fromEntries(begun.map((name) => [name, through[name]!]))
}

const sectionOf = (proof: Proof, results: Recorded): string => {
  const cases = Object.values(results)
  const held = cases.filter((result) => result.held).length
  const columns = [...new Set(cases.flatMap((result) => Object.keys(result.row)))]
  const row = (cells: ReadonlyArray<string | number>) => `| ${cells.join(" | ")} |`
  const date = new Date().toISOString().slice(0, 10)
  return [
    `## ${proof.name}`,
    "",
    proof.about,
    "",
    `Commit ${commit}, ${date}: ${held} of ${cases.length} cases held.`,
    "",
    row([...columns, "held"]),
    row([...columns, ""].map(() => "---")),
    ...cases.map((result) =>
      row([...columns.map((name) => result.row[name] ?? ""), result.held ? "yes" : "NO"]),
    ),
    ...cases.flatMap((result) => result.faults.map((fault) => `\n- ${fault}`)),
    "",
    ...cases.flatMap((result) => (result.notes ?? []).map((note) => `- ${note}`)),
    "",
  ].join("\n")
}

const page = join(root, "docs/proofs.md")
const heading =
  "# Proofs\n\nWritten by `npm run prove`, section by section; each says what it ran on and when.\n"

/** The page with one section replaced; the others stay as the runs before left them. */
const writeSection = (name: string, section: string): void => {
  const old = existsSync(page) ? readFileSync(page, "utf8") : heading
  const [intro = heading, ...sections] = old.split(/^(?=## )/m)
  const others = sections.filter((one) => !one.startsWith(`## ${name}\n`))
  const all = [...others.map((one) => one.trimEnd()), section.trimEnd()].toSorted()
  writeFileSync(page, `${intro.trimEnd()}\n\n${all.join("\n\n")}\n`)
}

const bundled = complaint(await run(process.execPath, [join(root, "scripts/bundle.ts")]))
if (bundled !== undefined) {
  console.error(`prove: the bundle ${bundled}`)
  process.exit(1)
}

let allHeld = true
for (const proof of proofs) {
  if (positionals.length > 0 && !positionals.includes(proof.name)) continue
  const results = await runProof(proof)
  allHeld &&= Object.values(results).every((result) => result.held)
  // A run of fewer cases, or shorter ones, proves less than the proof asks for and is not written down.
  if (count === undefined && days === undefined) writeSection(proof.name, sectionOf(proof, results))
}
process.exitCode = allHeld ? 0 : 4
