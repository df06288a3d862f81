/**
 * Which data directory and which settings a command works with, and how it reaches the service.
 */
import { Effect, Option, Schema, type Scope } from "effect"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { connect } from "../ControlClient.ts"
import type { ControlHandlers } from "../Control.ts"
import { hold } from "../DataDirectory.ts"
import { filesOf, locate } from "../DirectoryFiles.ts"
import type { SettingsInvalid } from "../SettingSources.ts"
import { defaultProfiles, type Loaded, loadSettings } from "../Settings.ts"
import { Programs } from "./Programs.ts"

/** No service has used the directory. */
export class NoDataYet extends Schema.TaggedError<NoDataYet>()("NoDataYet", {
  directory: Schema.String,
}) {
  override get message(): string {
    return `${this.directory} holds no data yet; start the service once (npm start), or name another directory with --data`
  }
}

/** The environment with a `--data` flag in it, which wins over both. */
const environmentWith = (data: string | null) => ({
  ...process.env,
  ...(data !== null && { EVALUATOR_DATA_DIR: data }),
})

/** Settings of a command: the profiles named, or the default one. */
export const settingsFor = (options: {
  readonly profiles: ReadonlyArray<string>
  readonly data: string | null
}): Effect.Effect<Loaded, SettingsInvalid> =>
  loadSettings({
    profiles: options.profiles.length > 0 ? options.profiles : defaultProfiles,
    environment: environmentWith(options.data),
  })

/** The directory that a command reads or acts on. */
export const directoryFor = (data: string | null): Effect.Effect<string, SettingsInvalid> =>
  data === null
    ? Effect.map(settingsFor({ profiles: [], data }), ({ settings }) => resolve(settings.data.dir))
    : Effect.succeed(resolve(data))

/** The directory of a reader, which must hold data. */
export const dataDirectoryFor = Effect.fnUntraced(function* (data: string | null) {
  const directory = yield* directoryFor(data)
  const { evaluatorDb, paperDb } = filesOf(directory)
  if (!existsSync(evaluatorDb) || !existsSync(paperDb)) return yield* new NoDataYet({ directory })
  return directory
})

/**
 * The hands of the service: through its socket when it runs, else alone under the lock with the
 * profiles named, or with that of the venue the directory has data of.
 */
export const handlersFor = Effect.fnUntraced(function* (options: {
  readonly data: string | null
  readonly profiles: ReadonlyArray<string>
}): Effect.fn.Return<ControlHandlers, Error, Programs | Scope.Scope> {
  const directory = yield* directoryFor(options.data)
  const { socket, venue } = locate(directory)
  const running = yield* connect(socket)
  if (Option.isSome(running)) return running.value
  const known = venue === null || venue.kind === "recorded" ? [] : [venue.kind]
  const loaded = yield* settingsFor({
    data: directory,
    profiles: options.profiles.length > 0 ? options.profiles : known,
  })
  const { kind, seed } = loaded.settings.venue
  // Without a profile the directory says whose data it holds, seed and all: a simulation's too.
  const wanted =
    venue !== null && options.profiles.length === 0
      ? null
      : { kind, seed: kind === "embedded" ? seed : null }
  const held = yield* hold({ directory, venue: wanted })
  return yield* (yield* Programs).alone(held, loaded)
})
