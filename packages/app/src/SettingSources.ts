/**
 * Settings gathered from where they are written: service.toml, then profiles, then the environment.
 *
 * Promises: a later source wins leaf by leaf; every value is known with the place it came from; all
 * faults are found in one go, each with source, path, what was found and what is allowed.
 * Does not: decide what the settings are (`Settings.ts`) or which of them contradict each other.
 * Limits: sections are tables of leaves, a leaf is a scalar or a list; no tables inside sections.
 */
import { Effect, Result, Schema } from "effect"
import { Toml } from "effect/encoding"
import { readFileSync } from "node:fs"

/** Environment variables with this prefix are settings. */
export const environmentPrefix = "EVALUATOR_"

/** Names under the prefix that are no settings: switches for proofs, read at the process edge. */
export const reservedNames: ReadonlyArray<string> = ["EVALUATOR_KILL_AT"]

/** One thing wrong with one setting. */
export const SettingFault = Schema.Struct({
  /** A file, or `environment`. */
  source: Schema.String,
  /** `section.key`, the variable's name, or empty for a whole file. */
  path: Schema.String,
  found: Schema.String,
  allowed: Schema.String,
})
export type SettingFault = typeof SettingFault.Type

/** The service does not start with these settings. */
export class SettingsInvalid extends Schema.TaggedError<SettingsInvalid>()("SettingsInvalid", {
  faults: Schema.Array(SettingFault),
}) {
  override get message(): string {
    return this.faults
      .map(
        ({ source, path, found, allowed }) =>
          `${source}${path === "" ? "" : `: ${path}`}: found ${found}, allowed: ${allowed}`,
      )
      .join("\n")
  }
}

/** A table of leaves by section: what a settings schema is made of. */
export type Sections = Readonly<
  Record<string, { readonly fields: Readonly<Record<string, Schema.Top>> }>
>

export interface SettingsFile {
  /** How faults name it. */
  readonly name: string
  readonly path: string
}

/** A value and the place it was read from. */
export interface Sourced {
  readonly value: unknown
  readonly source: string
}

/** `section.key` of every setting, in the schema's order. */
export const pathsOf = (sections: Sections): Array<string> =>
  Object.entries(sections).flatMap(([section, { fields }]) =>
    Object.keys(fields).map((key) => `${section}.${key}`),
  )

/** The variable that overrides a path: `paper.bankroll` is `EVALUATOR_PAPER_BANKROLL`. */
export const variableOf = (path: string): string =>
  `${environmentPrefix}${path.replace(".", "_").toUpperCase()}`

const show = (value: unknown): string => {
  const text = value instanceof Date ? value.toISOString() : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

/** The closest known name, when one is close enough to have been meant. */
const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const scored = known.map((one) => ({ one, distance: distance(name, one) }))
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= Math.max(2, name.length / 4) ? best.one : undefined
}

/** Edits between two words (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    }
    row = next
  }
  return row[b.length]!
}

const knownNames = (name: string, known: ReadonlyArray<string>, all: string): string => {
  const near = nearest(name, known)
  return near === undefined ? all : `${all}; did you mean ${near}?`
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)

interface Gathered {
  readonly values: Map<string, Sourced>
  readonly faults: Array<SettingFault>
}

const readFile = ({ name, path }: SettingsFile): Result.Result<unknown, SettingFault> =>
  Result.try({
    try: () => readFileSync(path, "utf8"),
    catch: (): SettingFault => ({
      source: name,
      path: "",
      found: `no readable file at ${path}`,
      allowed: "a TOML file of settings",
    }),
  }).pipe(
    Result.flatMap((text) =>
      Result.mapError(Toml.parse(text), (error): SettingFault => ({
        source: name,
        path: "",
        found: error.message,
        allowed: "TOML",
      })),
    ),
  )

const gatherFile = (file: SettingsFile, known: ReadonlyArray<string>, into: Gathered): void => {
  const tree = readFile(file)
  if (Result.isFailure(tree)) {
    into.faults.push(tree.failure)
    return
  }
  for (const [section, table] of Object.entries(tree.success as Record<string, unknown>)) {
    if (!isTable(table)) {
      into.faults.push({
        source: file.name,
        path: section,
        found: show(table),
        allowed: "a key inside one of the sections",
      })
      continue
    }
    for (const [key, value] of Object.entries(table)) {
      const path = `${section}.${key}`
      if (known.includes(path)) into.values.set(path, { value, source: file.name })
      else {
        into.faults.push({
          source: file.name,
          path,
          found: "an unknown key",
          allowed: knownNames(path, known, "a key of config/service.toml"),
        })
      }
    }
  }
}

const gatherEnvironment = (
  environment: Readonly<Record<string, string | undefined>>,
  known: ReadonlyArray<string>,
  into: Gathered,
): void => {
  const paths = new Map(known.map((path) => [variableOf(path), path]))
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(environmentPrefix) || value === undefined) continue
    if (reservedNames.includes(name)) continue
    const path = paths.get(name)
    const fault = (found: string, allowed: string) =>
      into.faults.push({ source: "environment", path: name, found, allowed })
    if (path === undefined) {
      const all = "EVALUATOR_SECTION_KEY of a known setting"
      fault("an unknown name", knownNames(name, [...paths.keys()], all))
    } else if (value.trim() === "") {
      // An empty text would read as the number 0.
      fault("an empty text", "a value, or the variable unset")
    } else {
      into.values.set(path, { value, source: "environment" })
    }
  }
}

const allowedBy = (error: Schema.SchemaError): string =>
  error.message
    .split("\n")[0]!
    .replace(/^expected /i, "")
    .replace(/, found .*$/, "")

export interface Decoded {
  /** Decoded leaves by section and key. */
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Every setting as it was written, with its source, by path. */
  readonly written: ReadonlyMap<string, Sourced>
}

/** Reads and decodes all sources; fails with every fault found. */
export const gather = (
  sections: Sections,
  files: ReadonlyArray<SettingsFile>,
  environment: Readonly<Record<string, string | undefined>>,
): Effect.Effect<Decoded, SettingsInvalid> =>
  Effect.suspend(() => {
    const known = pathsOf(sections)
    const gathered: Gathered = { values: new Map(), faults: [] }
    for (const file of files) gatherFile(file, known, gathered)
    gatherEnvironment(environment, known, gathered)

    const decoded: Record<string, Record<string, unknown>> = {}
    for (const [section, { fields }] of Object.entries(sections)) {
      decoded[section] = {}
      for (const [key, leaf] of Object.entries(fields)) {
        const path = `${section}.${key}`
        const written = gathered.values.get(path)
        if (written === undefined) {
          gathered.faults.push({
            source: files[0]?.name ?? "no file",
            path,
            found: "nothing",
            allowed: "every setting has its value in service.toml",
          })
          continue
        }
        const result = Schema.decodeUnknownResult(leaf as Schema.Codec<unknown, unknown>)(
          written.value,
        )
        if (Result.isSuccess(result)) decoded[section][key] = result.success
        else {
          gathered.faults.push({
            source: written.source,
            path,
            found: show(written.value),
            allowed: allowedBy(result.failure),
          })
        }
      }
    }
    return gathered.faults.length > 0
      ? Effect.fail(new SettingsInvalid({ faults: gathered.faults }))
      : Effect.succeed({ sections: decoded, written: gathered.values })
  })
