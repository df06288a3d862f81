/**
 * What lies where in a data directory, and the small files in it read without holding it.
 *
 * A reader, a command beside the running service and the service itself all look here.
 */
import { Result, Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"

/** Where the data came from. `recorded` is a replay. */
export const VenueKind = Schema.Literals(["embedded", "polymarket", "recorded"])
export type VenueKind = typeof VenueKind.Type

/** The venue of a directory. Seed and epoch make the embedded venue's world the same at each start. */
export const VenueIdentity = Schema.Struct({
  kind: VenueKind,
  seed: Schema.NullOr(Schema.Int),
  epochMs: Schema.Int,
})
export type VenueIdentity = typeof VenueIdentity.Type

/** A venue in words. */
export const describeVenue = ({ kind, seed }: Pick<VenueIdentity, "kind" | "seed">): string =>
  `the ${kind} venue${seed === null ? "" : ` with seed ${seed}`}`

/** `ports.json`: the process that holds the directory and where it listens. */
export const Ports = Schema.Struct({
  pid: Schema.Int,
  startedAtMs: Schema.Int,
  ports: Schema.Record(Schema.String, Schema.Int),
})
export type Ports = typeof Ports.Type

export interface DirectoryFiles {
  readonly evaluatorDb: string
  readonly paperDb: string
  readonly backups: string
  readonly lock: string
  readonly control: string
  readonly ports: string
  /** A file. */
  readonly venue: string
}

export const filesOf = (directory: string): DirectoryFiles => ({
  evaluatorDb: join(directory, "evaluator.db"),
  paperDb: join(directory, "paper.db"),
  backups: join(directory, "backups"),
  lock: join(directory, "lock.db"),
  control: join(directory, "control"),
  ports: join(directory, "ports.json"),
  venue: join(directory, "venue.json"),
})

export interface Located {
  /** `null` in a directory that no service has used. */
  readonly venue: VenueIdentity | null
  /** Of the process that holds the directory, or of one that was killed. */
  readonly ports: Ports | null
  /** Path of the control socket, answered or not. */
  readonly socket: string | null
}

const readText = (file: string): string | null =>
  Result.getOrNull(Result.try(() => readFileSync(file, "utf8")))

const readJson = <A>(schema: Schema.Codec<A, unknown>, file: string): A | null => {
  const text = readText(file)
  if (text === null) return null
  return Result.getOrNull(Schema.decodeResult(Schema.fromJsonString(schema))(text))
}

/** Reads the small files; what is absent or damaged is `null`. */
export const locate = (directory: string): Located => {
  const files = filesOf(directory)
  return {
    venue: readJson(VenueIdentity, files.venue),
    ports: readJson(Ports, files.ports),
    socket: readText(files.control)?.trim() ?? null,
  }
}
