import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { findAll, rules } from "../../../scripts/tidy/rules.ts"

type Files = Readonly<Record<string, string>>

/** A tree in which everything is as it should be: what each test below spoils in one place. */
const tidyTree: Files = {
  "package.json": JSON.stringify({ dependencies: { effect: "4.1.0" } }),
  "package-lock.json": JSON.stringify({
    packages: { "node_modules/effect": { version: "4.1.0" } },
  }),
  "packages/domain/package.json": "{}",
  "packages/domain/src/Price.ts":
    'import { Schema } from "effect"\nexport const Price = Schema.Int\n',
  "packages/evaluation/package.json": JSON.stringify({
    dependencies: { "@evaluator/domain": "0.1.0", "@evaluator/polymarket": "0.1.0" },
  }),
  "packages/evaluation/src/jobs/ScoreEvents.ts":
    '/** Scores events. */\nimport { Price } from "@evaluator/domain/Price"\nexport const job = { name: "score-events", Price }\n',
  "packages/evaluation/src/Lane.ts":
    '/** The lane. */\nexport class Lane extends Context.Service<Lane, {}>()("x") {}\n',
  "packages/evaluation/test/Lane.test.ts":
    'import { Sim } from "@evaluator/testkit/Sim"\nit("works", Sim)\n',
  "packages/app/src/Settings.ts": 'export const settingPaths = () => ["data.dir", "http.port"]\n',
  "config/service.toml": '[data]\ndir = "./data"\n\n[http]\nport = 9094\n',
  "docs/jobs.md": "## `score-events`\n",
  "migrations/paper/0001_create_ledger.ts": "export default 1\n",
  "migrations/paper/0002_add_exits.ts": "export default 1\n",
}

const findingsIn = (changes: Files) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tidy-"))),
    (root) => {
      for (const [path, text] of Object.entries({ ...tidyTree, ...changes })) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), text)
      }
      return Effect.promise(() => findAll(root))
    },
    (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true })),
  )

/** What is planted: which rule must speak, at which file and line, with which words. */
interface Planted {
  readonly what: string
  readonly rule: string
  readonly files: Files
  readonly at: string
  readonly says: RegExp
}

const inSource = (text: string): Files => ({ "packages/evaluation/src/jobs/Odd.ts": text })
const odd = "packages/evaluation/src/jobs/Odd.ts"
const header = "/** Odd. */\n"
// Put together at run time, or this file would be what it looks for.
const silenced = ["as", "any"].join(" ")
const later = ["TO", "DO"].join("")
const machinePath = ["", "home", "ann", "evaluator"].join("/")
const host = ["registry", "npmjs", "org"].join(".")
const skipped = ["it", "skip"].join(".")

const planted: ReadonlyArray<Planted> = [
  {
    what: "evaluation importing paper",
    rule: "arrows-point-down",
    files: inSource(`${header}import { Ledger } from "@evaluator/paper/Ledger"\n`),
    at: `${odd}:2`,
    says: /evaluation may not import @evaluator\/paper\/Ledger/,
  },
  {
    what: "paper importing evaluation",
    rule: "arrows-point-down",
    files: { "packages/paper/src/Odd.ts": 'import { Lane } from "@evaluator/evaluation/Lane"\n' },
    at: "packages/paper/src/Odd.ts:1",
    says: /paper may not import/,
  },
  {
    what: "the venue imported by a lane",
    rule: "arrows-point-down",
    files: inSource(`${header}import { World } from "@evaluator/venue/World"\n`),
    at: `${odd}:2`,
    says: /@evaluator\/venue/,
  },
  {
    what: "the venue knowing more of polymarket than its wire",
    rule: "arrows-point-down",
    files: {
      "packages/venue/package.json": JSON.stringify({
        dependencies: { "@evaluator/polymarket": "0.1.0" },
      }),
      "packages/venue/src/Api.ts":
        'import { Trade } from "@evaluator/polymarket/wire/Trade"\nimport { DataApi } from "@evaluator/polymarket/DataApi"\n',
    },
    at: "packages/venue/src/Api.ts:2",
    says: /venue may not import @evaluator\/polymarket\/DataApi/,
  },
  {
    what: "the testkit in a source file",
    rule: "arrows-point-down",
    files: inSource(`${header}import { Sim } from "@evaluator/testkit/Sim"\n`),
    at: `${odd}:2`,
    says: /testkit/,
  },
  {
    what: "evaluation's tests importing paper",
    rule: "arrows-point-down",
    files: { "packages/evaluation/test/Odd.test.ts": 'import { L } from "@evaluator/paper/L"\n' },
    at: "packages/evaluation/test/Odd.test.ts:1",
    says: /paper/,
  },
  {
    what: "a package the house plan does not have",
    rule: "arrows-point-down",
    files: { "packages/attic/src/Odd.ts": 'import { Price } from "@evaluator/domain/Price"\n' },
    at: "packages/attic/src/Odd.ts:1",
    says: /not in the house plan/,
  },
  {
    what: "a path out of the package",
    rule: "imports-by-name",
    files: inSource(`${header}import { Price } from "../../../domain/src/Price.ts"\n`),
    at: `${odd}:2`,
    says: /leaves the package/,
  },
  {
    what: "a path without its extension",
    rule: "imports-by-name",
    files: inSource(`${header}import { Lane } from "../Lane"\n`),
    at: `${odd}:2`,
    says: /lacks its extension/,
  },
  {
    what: "domain reading files",
    rule: "pure-domain",
    files: { "packages/domain/src/Odd.ts": 'import { readFileSync } from "node:fs"\n' },
    at: "packages/domain/src/Odd.ts:1",
    says: /node:fs/,
  },
  {
    what: "a dependency nobody declared",
    rule: "dependencies-declared",
    files: inSource(`${header}import { S } from "@evaluator/sqlite/S"\nimport x from "left-pad"\n`),
    at: `${odd}:3`,
    says: /left-pad is not among the dependencies/,
  },
  {
    what: "a file that grew too long",
    rule: "file-size",
    files: { "packages/domain/src/Long.ts": "export {}\n".repeat(401) },
    at: "packages/domain/src/Long.ts:400",
    says: /401 lines, over 400/,
  },
  {
    what: "a file called after nothing",
    rule: "names-say-something",
    files: { "packages/domain/src/TradeUtils.ts": "export {}\n" },
    at: "packages/domain/src/TradeUtils.ts:1",
    says: /TradeUtils\.ts says nothing/,
  },
  {
    what: "a folder called after nothing",
    rule: "names-say-something",
    files: { "packages/domain/src/common/Price.ts": "export {}\n" },
    at: "packages/domain/src/common:1",
    says: /common says nothing/,
  },
  {
    what: "a barrel",
    rule: "no-barrels",
    files: { "packages/domain/src/index.ts": 'export * from "./Price.ts"\n' },
    at: "packages/domain/src/index.ts:1",
    says: /index file/,
  },
  {
    what: "two services in a file",
    rule: "one-service-a-file",
    files: {
      "packages/evaluation/src/Two.ts": `${header}class Two extends Context.Service<Two, {}>()("a") {}\nclass Three extends Context.Service<\n  Three\n>()("b") {}\n`,
    },
    at: "packages/evaluation/src/Two.ts:3",
    says: /2 services: Two, Three/,
  },
  {
    what: "a service in a file of another name",
    rule: "one-service-a-file",
    files: {
      "packages/evaluation/src/Two.ts": `${header}class Three extends Context.Service<Three, {}>()("a") {}\n`,
    },
    at: "packages/evaluation/src/Two.ts:2",
    says: /call it Three\.ts/,
  },
  {
    what: "a gap between migrations",
    rule: "migration-names",
    files: { "migrations/paper/0004_add_marks.ts": "export default 1\n" },
    at: "migrations/paper/0004_add_marks.ts:1",
    says: /where 0003 should be/,
  },
  {
    what: "a migration called anyhow",
    rule: "migration-names",
    files: { "migrations/paper/3-marks.ts": "export default 1\n" },
    at: "migrations/paper/3-marks.ts:1",
    says: /NNNN_verb_noun/,
  },
  {
    what: "a job without a header",
    rule: "headers-present",
    files: inSource("export const x = 1\n"),
    at: `${odd}:1`,
    says: /no header/,
  },
  {
    what: "the wall clock",
    rule: "clock-and-chance",
    files: inSource(
      `${header}// Date.now() in a comment is words\nexport const now = Date.now()\n`,
    ),
    at: `${odd}:3`,
    says: /Date\.now/,
  },
  {
    what: "a date of now",
    rule: "clock-and-chance",
    files: inSource(`${header}export const then = new Date(0), now = new Date()\n`),
    at: `${odd}:2`,
    says: /new Date/,
  },
  {
    what: "chance",
    rule: "clock-and-chance",
    files: inSource(`${header}export const dice = Math.random()\n`),
    at: `${odd}:2`,
    says: /Math\.random/,
  },
  {
    what: "a timer",
    rule: "clock-and-chance",
    files: inSource(`${header}setTimeout(() => {}, 1)\n`),
    at: `${odd}:2`,
    says: /setTimeout/,
  },
  {
    what: "a silenced type",
    rule: "types-speak",
    files: inSource(`${header}export const x = 1 ${silenced}\n`),
    at: `${odd}:2`,
    says: /silences the compiler/,
  },
  {
    what: "a test left out",
    rule: "tests-run",
    files: { "packages/domain/test/Odd.test.ts": `\n${skipped}("x", () => {})\n` },
    at: "packages/domain/test/Odd.test.ts:2",
    says: /a test runs or is deleted/,
  },
  {
    what: "a promise for later",
    rule: "nothing-promised",
    files: inSource(`${header}// ${later}: settle\n`),
    at: `${odd}:2`,
    says: /do it now/,
  },
  {
    what: "a path of one machine",
    rule: "no-machine-paths",
    files: { "docs/tour.md": `see\n${machinePath}/data\n` },
    at: "docs/tour.md:2",
    says: /path of one machine/,
  },
  {
    what: "a registry's address",
    rule: "no-registry-hosts",
    files: { ".npmrc": `fund=false\n//${host}/:x=1\n` },
    at: ".npmrc:2",
    says: /one registry/,
  },
  {
    what: "addresses in the lock file",
    rule: "lock-without-hosts",
    files: { "package-lock.json": `{\n"resolved": "https://${host}/effect"\n}\n` },
    at: "package-lock.json:2",
    says: /omit-lockfile-registry-resolved/,
  },
  {
    what: "a job nobody documented",
    rule: "jobs-documented",
    files: inSource(`${header}export const job = { name: "mark-books" }\n`),
    at: `${odd}:2`,
    says: /mark-books is not in docs\/jobs\.md/,
  },
  {
    what: "a setting that is not in service.toml",
    rule: "settings-documented",
    files: { "config/service.toml": '[data]\ndir = "./data"\n' },
    at: "config/service.toml:1",
    says: /lacks the setting http\.port/,
  },
  {
    what: "a setting nobody reads",
    rule: "settings-documented",
    files: { "config/service.toml": '[data]\ndir = "x"\n[http]\nport = 1\nhost = "y"\n' },
    at: "config/service.toml:5",
    says: /http\.host is no setting/,
  },
]

describe("tidy", () => {
  it.effect("finds nothing in a tidy tree", () =>
    Effect.map(findingsIn({}), (found) => assert.deepStrictEqual(found, [])),
  )

  for (const { what, rule, files, at, says } of planted) {
    it.effect(`reports ${what}`, () =>
      Effect.map(findingsIn(files), (found) => {
        const spoken = found.filter((one) => one.rule === rule && one.warning !== true)
        const places = spoken.map((one) => `${one.file}:${one.line}`)
        assert.include(places, at)
        const message = spoken.find((one) => `${one.file}:${one.line}` === at)?.message ?? ""
        assert.match(message, says)
      }),
    )
  }

  it.effect("only warns of a file that grows long", () =>
    Effect.map(findingsIn({ "packages/domain/src/Long.ts": "export {}\n".repeat(251) }), (found) =>
      assert.deepStrictEqual(
        found.map(({ rule, warning }) => ({ rule, warning })),
        [{ rule: "file-size", warning: true }],
      ),
    ),
  )

  it("has a planted fault for every rule", () => {
    const proved = new Set(planted.map(({ rule }) => rule))
    assert.deepStrictEqual(
      rules.map(({ name }) => name).filter((name) => !proved.has(name)),
      [],
    )
  })
})
