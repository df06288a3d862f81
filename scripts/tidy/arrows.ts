/**
 * Who may import whom. The house plan's arrows between packages, as a table, and what follows from
 * it for files: imports across packages by name, never by path, and declared where they are used.
 */
import type { Finding, Rule, Tree } from "./Tree.ts"
import { linesOf, matching, typescript } from "./Tree.ts"

const foundation = ["domain", "telemetry", "runtime"]
const lane = [...foundation, "sqlite", "polymarket"]

/** A package's `src` may import these; a name with `/` allows only what is below it. */
const below: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  judgement: ["domain"],
  telemetry: ["domain"],
  runtime: ["domain", "telemetry"],
  sqlite: foundation,
  polymarket: foundation,
  venue: ["domain", "polymarket/wire"],
  evaluation: [...lane, "judgement"],
  paper: lane,
  app: [...lane, "judgement", "evaluation", "paper", "venue"],
  testkit: [...lane, "judgement", "evaluation", "paper", "venue", "app"],
}

/** Tests may also stand on these. */
const forTests = ["testkit", "venue", "sqlite"]

/** `domain` is rules and nouns: it needs nothing of the machine. */
const pure = new Set(["domain"])

interface Import {
  readonly line: number
  readonly from: string
}

const statement = /^\s*(?:import\b|export\b|\}\s*from\b).*?"([^"]+)"/
const dynamic = /\bimport\("([^"]+)"\)/

/** Statements as the formatter leaves them: the module's name is on the statement's last line. */
const importsOf = (text: string): ReadonlyArray<Import> =>
  linesOf(text).flatMap(([line, content]) => {
    const from = /\bfrom\s+"|^\s*import\s+"/.test(content) && statement.exec(content)?.[1]
    const found = from || dynamic.exec(content)?.[1]
    return found ? [{ line, from: found }] : []
  })

interface Place {
  readonly pkg: string
  readonly test: boolean
}

const placeOf = (path: string): Place | undefined => {
  const match = /^packages\/([^/]+)\/(src|test)\//.exec(path)
  return match?.[1] === undefined ? undefined : { pkg: match[1], test: match[2] === "test" }
}

const allows = (allowed: ReadonlyArray<string>, target: string): boolean =>
  allowed.some((one) => target === one || target.startsWith(`${one}/`))

const everyImport = (tree: Tree) =>
  matching(tree, typescript).flatMap(([path, text]) => {
    const place = placeOf(path)
    return place === undefined ? [] : importsOf(text).map((one) => ({ path, place, ...one }))
  })

export const arrowsPointDown: Rule = {
  name: "arrows-point-down",
  about: "a package imports only what stands below it in the house plan",
  check: (tree) =>
    everyImport(tree).flatMap(({ path, place, line, from }): ReadonlyArray<Finding> => {
      const target = /^@evaluator\/(.+)$/.exec(from)?.[1]
      if (target === undefined || target.startsWith(`${place.pkg}/`)) return []
      const allowed = below[place.pkg]
      if (allowed === undefined) {
        return [{ file: path, line, message: `package ${place.pkg} is not in the house plan` }]
      }
      if (allows(allowed, target) || (place.test && allows(forTests, target))) return []
      const message = `${place.pkg} may not import ${from}: below it stand ${
        allowed.length === 0 ? "no packages" : allowed.join(", ")
      }`
      return [{ file: path, line, message }]
    }),
}

export const importsByName: Rule = {
  name: "imports-by-name",
  about: "across packages by name; inside a package by path with its extension",
  check: (tree) =>
    everyImport(tree).flatMap(({ path, place, line, from }): ReadonlyArray<Finding> => {
      if (!from.startsWith(".")) {
        const own = from.startsWith(`@evaluator/${place.pkg}/`)
        return own && !place.test
          ? [{ file: path, line, message: `${from} is this very package: import it by path` }]
          : []
      }
      const steps = new URL(from, `file:///${path}`).pathname.slice(1)
      const outside = !steps.startsWith(`packages/${place.pkg}/`)
      const migrations = (place.pkg === "app" || place.test) && steps.startsWith("migrations/")
      const scripts = place.test && steps.startsWith("scripts/")
      if (outside && !migrations && !scripts) {
        return [{ file: path, line, message: `${from} leaves the package: import it by name` }]
      }
      return /\.(ts|json)$/.test(from)
        ? []
        : [{ file: path, line, message: `${from} lacks its extension .ts` }]
    }),
}

export const pureDomain: Rule = {
  name: "pure-domain",
  about: "domain imports effect and nothing else",
  check: (tree) =>
    everyImport(tree).flatMap(({ path, place, line, from }): ReadonlyArray<Finding> =>
      !pure.has(place.pkg) || place.test || from.startsWith(".") || /^effect(\/|$)/.test(from)
        ? []
        : [{ file: path, line, message: `${place.pkg} may not import ${from}` }],
    ),
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (tree: Tree, path: string): Manifest =>
  JSON.parse(tree.files.get(path) ?? "{}") as Manifest

const packageNameOf = (from: string): string =>
  from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/")

export const dependenciesDeclared: Rule = {
  name: "dependencies-declared",
  about: "what src imports is in the package's or the root's package.json",
  check: (tree) => {
    const root = Object.keys(manifestOf(tree, "package.json").dependencies ?? {})
    return everyImport(tree).flatMap(({ path, place, line, from }): ReadonlyArray<Finding> => {
      if (place.test || from.startsWith(".") || from.startsWith("node:")) return []
      const name = packageNameOf(from)
      if (name === `@evaluator/${place.pkg}`) return []
      const own = manifestOf(tree, `packages/${place.pkg}/package.json`).dependencies ?? {}
      if (name in own || (!name.startsWith("@evaluator/") && root.includes(name))) return []
      const message = `${name} is not among the dependencies in packages/${place.pkg}/package.json`
      return [{ file: path, line, message }]
    })
  },
}
