/**
 * `npm run bench [-- NAME…]`: builds the bundle, runs the benchmarks of scripts/benches and prints one
 * line a measurement on stdout and nothing else; everything for eyes goes to stderr.
 *
 *   bench NAME RATIO better=higher|lower ours=… baseline=… unit=… runs=N
 *
 * docs/benchmarks.md says what each baseline executes. Exits 1 when a benchmark could not be run.
 */
import "./NodeVersion.mjs"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { type Bench, lineOf } from "./benches/Bench.ts"
import { complaint, root, run } from "./Commands.ts"

const folder = join(root, "scripts/benches")
const benches: Array<Bench> = []
for (const file of readdirSync(folder).toSorted()) {
  if (!/^[a-z].*\.ts$/.test(file)) continue
  const { bench } = (await import(join(folder, file))) as { readonly bench: Bench }
  benches.push(bench)
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !benches.some((bench) => bench.name === name))
if (unknown.length > 0) {
  const names = benches.map((bench) => bench.name).join(", ")
  console.error(`bench: no benchmark ${unknown.join(", ")}; there are ${names}`)
  process.exit(2)
}

const built = await run(process.execPath, [join(root, "scripts/bundle.ts")], { capture: true })
const fault = complaint(built)
if (fault !== undefined) {
  console.error(`bench: the bundle ${fault}\n${built.stdout}`)
  process.exit(1)
}

for (const { name, about, run: measure } of benches) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.error(`bench: ${name}, ${about}`)
  try {
    const measured = await measure((text) => console.error(`bench: ${name}, ${text}`))
    for (const one of measured) console.log(lineOf(one))
  } catch (error) {
    console.error(`bench: ${name} could not be measured: ${(error as Error).message}`)
    process.exitCode = 1
  }
}
