/**
 * Everything an operator may turn, as one typed value: the sections of the process and of both lanes.
 *
 * Promises: what is loaded is complete, in range and without contradiction, or the start stops with
 * every fault named. `config/service.toml` states all settings, a profile only differences, the
 * environment wins leaf by leaf (`EVALUATOR_PAPER_BANKROLL` is `[paper] bankroll`).
 * Does not: hold secrets; the service needs none. Does not watch files: a change is a restart.
 */
import { Effect, type LogLevel, Schema } from "effect"
import { existsSync } from "node:fs"
import { basename, isAbsolute, join } from "node:path"
import { fileURLToPath } from "node:url"
import { DurationLeaf, IntLeaf, TextLeaf, TimeOfDayLeaf } from "@evaluator/domain/settings/Leaf"
import { EvaluationSettingsSchema } from "@evaluator/evaluation/EvaluationSettings"
import { paperSections } from "@evaluator/paper/PaperSettings"
import { contradictions } from "./Contradictions.ts"
import {
  type Decoded,
  gather,
  pathsOf,
  type SettingsFile,
  SettingsInvalid,
} from "./SettingSources.ts"

const processSections = {
  data: Schema.Struct({ dir: TextLeaf, max_bytes: IntLeaf(10_000_000, 100_000_000_000_000) }),
  venue: Schema.Struct({
    kind: Schema.Literals(["embedded", "polymarket"]),
    seed: IntLeaf(0, 2_147_483_647),
    gamma_url: TextLeaf,
    data_url: TextLeaf,
    clob_url: TextLeaf,
    stream_url: TextLeaf,
    books_url: TextLeaf,
    row_lag: DurationLeaf,
  }),
  http: Schema.Struct({ host: TextLeaf, port: IntLeaf(0, 65_535) }),
  jobs: Schema.Struct({
    least_settle: DurationLeaf,
    sweep_every: DurationLeaf,
    checkpoint_every: DurationLeaf,
    reconcile_every: DurationLeaf,
    fast_lane_late: DurationLeaf,
    fast_lane_gone: DurationLeaf,
  }),
  backup: Schema.Struct({ at: TimeOfDayLeaf, keep: IntLeaf(0, 1000) }),
  log: Schema.Struct({ level: Schema.Literals(["trace", "debug", "info", "warn", "error"]) }),
  shutdown: Schema.Struct({ deadline: DurationLeaf }),
}

const sections = { ...processSections, ...EvaluationSettingsSchema.fields, ...paperSections }

const schema = Schema.Struct(sections)
export type SettingsShape = typeof schema.Type

/** The profile of `npm start`. */
export const defaultProfiles: ReadonlyArray<string> = ["embedded"]

/** `section.key` of every setting. */
export const settingPaths = (): Array<string> => pathsOf(sections)

export interface Loaded {
  readonly settings: SettingsShape
  readonly profiles: ReadonlyArray<string>
  /** Each setting as it was written, and where. */
  readonly written: Decoded["written"]
}

export interface LoadOptions {
  /** Names of files in the configuration directory, or paths ending in `.toml`; later ones win. */
  readonly profiles: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where service.toml and the profiles are; by default {@link configDirectory}. */
  readonly directory?: string | undefined
}

/**
 * Where the configuration lies: `config/` of the checkout, or beside the bundle, whose build sets
 * `globalThis.__BUNDLED__`.
 */
export const configDirectory = (): string =>
  fileURLToPath(
    new URL(
      (globalThis as { __BUNDLED__?: boolean }).__BUNDLED__ === true
        ? "./config"
        : "../../../config",
      import.meta.url,
    ),
  )

const isPath = (profile: string): boolean => isAbsolute(profile) || profile.endsWith(".toml")

const profileFile = (directory: string, profile: string): SettingsFile =>
  isPath(profile)
    ? { name: profile, path: profile }
    : { name: `config/${profile}.toml`, path: join(directory, `${profile}.toml`) }

/** Reads, decodes and checks the settings. */
export const loadSettings = Effect.fnUntraced(function* (
  options: LoadOptions,
): Effect.fn.Return<Loaded, SettingsInvalid> {
  const directory = options.directory ?? configDirectory()
  const files = [
    { name: "config/service.toml", path: join(directory, "service.toml") },
    ...options.profiles.map((profile) => profileFile(directory, profile)),
  ]
  const missing = files.find(({ path }) => !existsSync(path))
  if (missing !== undefined) {
    const place =
      missing.name === missing.path
        ? { source: missing.path, path: "", found: "no such file" }
        : {
            source: "--profile",
            path: basename(missing.path, ".toml"),
            found: `no file ${missing.path}`,
          }
    const allowed = "the name of a file in the configuration directory, or a path to a .toml file"
    return yield* new SettingsInvalid({ faults: [{ ...place, allowed }] })
  }
  const decoded = yield* gather(sections, files, options.environment)
  // Every leaf has been decoded by its own schema; together they are the struct's type.
  const settings = decoded.sections as unknown as SettingsShape
  const faults = contradictions(settings).map(({ path, allowed }) => ({
    source: decoded.written.get(path)?.source ?? "config/service.toml",
    path,
    found: JSON.stringify(decoded.written.get(path)?.value),
    allowed,
  }))
  if (faults.length > 0) return yield* new SettingsInvalid({ faults })
  return { settings, profiles: options.profiles, written: decoded.written }
})

/** Settings as plain values that may cross to another thread, and back. */
export const toPlain = (settings: SettingsShape): unknown => Schema.encodeSync(schema)(settings)
export const fromPlain = (plain: unknown): SettingsShape => Schema.decodeUnknownSync(schema)(plain)

/** `log.level` as Effect names it. */
export const logLevel = (settings: SettingsShape): LogLevel.LogLevel => {
  const { level } = settings.log
  return `${level[0]!.toUpperCase()}${level.slice(1)}` as LogLevel.LogLevel
}
