/**
 * What the documents must say because the code does: every job in docs/jobs.md, every setting in
 * config/service.toml, and nothing there that the code does not know.
 */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Result } from "effect"
import { Toml } from "effect/encoding"
import type { Finding, Rule, Tree } from "./Tree.ts"
import { linesOf, matching } from "./Tree.ts"

const jobFiles = /^packages\/(evaluation|paper)\/src\/jobs\/[^/]+\.ts$/
const jobName = /\bname:\s*"([a-z]+(?:-[a-z0-9]+)+)"/

export const jobsDocumented: Rule = {
  name: "jobs-documented",
  about: "docs/jobs.md names every job",
  check: (tree) => {
    const page = tree.files.get("docs/jobs.md") ?? ""
    return matching(tree, jobFiles).flatMap(([file, text]) =>
      linesOf(text).flatMap(([line, content]): ReadonlyArray<Finding> => {
        const name = jobName.exec(content)?.[1]
        return name === undefined || page.includes(`\`${name}\``)
          ? []
          : [{ file, line, message: `job ${name} is not in docs/jobs.md` }]
      }),
    )
  },
}

const settingsFile = "packages/app/src/Settings.ts"
const serviceFile = "config/service.toml"

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const leavesOf = (value: unknown, path: string): ReadonlyArray<string> =>
  isTable(value)
    ? Object.entries(value).flatMap(([key, one]) =>
        leavesOf(one, path === "" ? key : `${path}.${key}`),
      )
    : [path]

/** The line a dotted key stands on, found by its table's heading and then its name. */
const lineOf = (toml: string, path: string): number => {
  const key = path.slice(path.lastIndexOf(".") + 1)
  const table = path.slice(0, Math.max(0, path.lastIndexOf(".")))
  const lines = toml.split("\n")
  const heading = table === "" ? -1 : lines.findIndex((line) => line.trim() === `[${table}]`)
  const at = lines.findIndex((line, n) => n > heading && line.trimStart().startsWith(`${key} `))
  return at + 1 || 1
}

/** The app says which settings there are: `settingPaths`, a list or a function giving one. */
const settingPaths = async (tree: Tree): Promise<ReadonlyArray<string> | string> => {
  const url = pathToFileURL(join(tree.root, settingsFile)).href
  const { settingPaths } = (await import(url)) as { readonly settingPaths?: unknown }
  const paths: unknown = typeof settingPaths === "function" ? settingPaths() : settingPaths
  if (!Array.isArray(paths)) return "does not export settingPaths, a list of dotted paths"
  return paths.map((path) => (Array.isArray(path) ? path.join(".") : String(path)))
}

export const settingsDocumented: Rule = {
  name: "settings-documented",
  about: "config/service.toml holds every setting and no other",
  check: async (tree) => {
    if (!tree.files.has(settingsFile)) return []
    const known = await settingPaths(tree)
    if (typeof known === "string") return [{ file: settingsFile, line: 1, message: known }]
    const toml = tree.files.get(serviceFile) ?? ""
    const parsed = Toml.parse(toml)
    if (Result.isFailure(parsed)) {
      return [{ file: serviceFile, line: 1, message: `is no TOML: ${parsed.failure.message}` }]
    }
    const written = leavesOf(parsed.success, "")
    const missing = known
      .filter((path) => !written.includes(path))
      .map((path) => ({ file: serviceFile, line: 1, message: `lacks the setting ${path}` }))
    const unknown = written
      .filter((path) => !known.includes(path))
      .map((path) => ({
        file: serviceFile,
        line: lineOf(toml, path),
        message: `${path} is no setting the service knows`,
      }))
    return [...missing, ...unknown]
  },
}
