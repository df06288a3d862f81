import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { logicalServices } from "@evaluator/telemetry/LogicalService"
import { metrics } from "@evaluator/telemetry/Names"

const root = join(import.meta.dirname, "../../..")
const page = readFileSync(join(root, "docs/telemetry.md"), "utf8")

const rowsUnder = (heading: string): ReadonlyArray<string> =>
  (page.split(`## ${heading}\n`)[1] ?? "")
    .split("\n## ")[0]!
    .split("\n")
    .filter((line) => line.startsWith("| `"))

const sources = readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" })
  .filter((file) => /^[a-z]+\/src\/.*\.ts$/.test(file))
  .map((file) => readFileSync(join(root, "packages", file), "utf8"))

describe("docs/telemetry.md", () => {
  it("has the metrics of the code, row by row", () => {
    const rows = Object.values(metrics).map(
      ({ name, kind, unit, labels, about }) =>
        `| \`${name}\` | ${kind} | ${unit} | ${labels.map((label) => `\`${label}\``).join(" ")} | ${about} |`,
    )
    assert.deepStrictEqual(rowsUnder("Metrics"), rows)
  })

  it("has the logical services of the code", () => {
    const named = rowsUnder("Services").map((row) => /`([^`]+)`/.exec(row)?.[1])
    assert.deepStrictEqual(named, [...logicalServices])
  })
})

describe("every metric that has a name", () => {
  it("is set somewhere", () => {
    const unset = Object.keys(metrics).filter(
      (key) => !sources.some((text) => new RegExp(`metrics\\.${key}\\b`).test(text)),
    )
    assert.deepStrictEqual(unset, [])
  })
})
