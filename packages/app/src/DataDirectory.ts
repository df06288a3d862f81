/**
 * The directory that holds all state: both lanes' files, the lock, the control socket's path, the
 * ports, the backups, and which venue the data came from.
 *
 * Promises: one process at a time holds it ({@link AlreadyRunning} otherwise), and the kernel frees
 * it with the process, however that ends; data of one venue is never continued with another.
 * Does not: open the lanes' files, or know their tables.
 * Limits: a local file system; POSIX locks over a network file system are not relied upon. The lock
 * lives as long as nothing else in this process opens and closes `lock.db`.
 */
import { Clock, Context, Effect, Layer, Schema, type Scope } from "effect"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import {
  describeVenue,
  filesOf,
  locate,
  Ports,
  VenueIdentity,
  type VenueKind,
} from "./DirectoryFiles.ts"

/** Another process holds the directory. */
export class AlreadyRunning extends Schema.TaggedError<AlreadyRunning>()("AlreadyRunning", {
  directory: Schema.String,
  pid: Schema.NullOr(Schema.Int),
}) {
  override get message(): string {
    const who = this.pid === null ? "another process" : `another process (pid ${this.pid})`
    return `${who} holds ${this.directory}; stop it first, or name another directory with --data or EVALUATOR_DATA_DIR`
  }
}

/** The directory's data came from another venue. */
export class VenueMismatch extends Schema.TaggedError<VenueMismatch>()("VenueMismatch", {
  directory: Schema.String,
  recorded: Schema.String,
  wanted: Schema.String,
}) {
  override get message(): string {
    return `${this.directory} holds data of ${this.recorded} and cannot go on with ${this.wanted}; name another directory with EVALUATOR_DATA_DIR`
  }
}

/** The directory cannot be made, read or written. */
export class DirectoryUnusable extends Schema.TaggedError<DirectoryUnusable>()(
  "DirectoryUnusable",
  { directory: Schema.String, why: Schema.String },
) {
  override get message(): string {
    return `${this.directory} cannot be used as a data directory: ${this.why}`
  }
}

/** A directory that must be new has something in it. */
export class DirectoryNotEmpty extends Schema.TaggedError<DirectoryNotEmpty>()(
  "DirectoryNotEmpty",
  { directory: Schema.String },
) {
  override get message(): string {
    return `${this.directory} is not empty; an empty or absent directory is wanted`
  }
}

/** The longest path a unix socket can have, in bytes. */
export const socketPathLimit = 107

export interface HoldOptions {
  readonly directory: string
  /** The venue to record or to insist on; `null` takes the recorded one and refuses an empty directory. */
  readonly venue: { readonly kind: VenueKind; readonly seed: number | null } | null
}

export class DataDirectory extends Context.Service<
  DataDirectory,
  {
    readonly path: string
    readonly evaluatorDb: string
    readonly paperDb: string
    readonly backups: string
    readonly venue: VenueIdentity
    /** Chooses the control socket's path, removes what is left there, and writes it to `control`. */
    readonly claimSocket: Effect.Effect<string, DirectoryUnusable, Scope.Scope>
    /** Writes `ports.json`: the process and where it listens, for as long as the scope lives. */
    readonly announce: (
      ports: Readonly<Record<string, number>>,
    ) => Effect.Effect<void, DirectoryUnusable, Scope.Scope>
  }
>()("app/DataDirectory") {
  static readonly layer = (options: HoldOptions) => Layer.effect(DataDirectory, hold(options))
}

/** Holds the directory for as long as the scope lives. */
export const hold = Effect.fnUntraced(function* (
  options: HoldOptions,
): Effect.fn.Return<
  DataDirectory["Service"],
  AlreadyRunning | VenueMismatch | DirectoryUnusable,
  Scope.Scope
> {
  const path = resolve(options.directory)
  const files = filesOf(path)
  const io = ioIn(path)
  if (options.venue === null && !existsSync(files.venue)) {
    return yield* new DirectoryUnusable({
      directory: path,
      why: "nothing has been recorded in it yet; start the service once",
    })
  }
  yield* io(() => mkdirSync(files.backups, { recursive: true, mode: 0o700 }))
  yield* lock(path)
  const venue = yield* settleVenue(path, options.venue)

  const claimSocket = Effect.gen(function* () {
    const inside = join(path, "control.sock")
    const socket = yield* Buffer.byteLength(inside) <= socketPathLimit
      ? Effect.succeed(inside)
      : Effect.acquireRelease(
          io(() => mkdtempSync(join(tmpdir(), "trader-evaluator-"))),
          (elsewhere) => Effect.ignore(io(() => rmSync(elsewhere, { recursive: true }))),
        ).pipe(Effect.map((elsewhere) => join(elsewhere, "control.sock")))
    // We hold the lock: whatever lies there belongs to a process that is gone.
    yield* io(() => rmSync(socket, { force: true }))
    yield* kept(files.control, `${socket}\n`, io)
    return socket
  })

  const announce = (ports: Readonly<Record<string, number>>) =>
    Clock.currentTimeMillis.pipe(
      Effect.map((startedAtMs) =>
        Schema.encodeSync(Ports)({ pid: process.pid, startedAtMs, ports }),
      ),
      Effect.flatMap((encoded) => kept(files.ports, `${JSON.stringify(encoded)}\n`, io)),
    )

  return DataDirectory.of({ path, ...files, venue, claimSocket, announce })
})

type Io = <A>(run: () => A) => Effect.Effect<A, DirectoryUnusable>

const ioIn =
  (directory: string): Io =>
  (run) =>
    Effect.try({
      try: run,
      catch: (cause) =>
        new DirectoryUnusable({
          directory,
          why: cause instanceof Error ? cause.message : String(cause),
        }),
    })

/** Writes a file whole or not at all. */
const replaceFile = (file: string, text: string): void => {
  const partial = `${file}.partial`
  writeFileSync(partial, text, { mode: 0o600, flush: true })
  renameSync(partial, file)
}

/** Writes a file and removes it with the scope. */
const kept = (file: string, text: string, io: Io) =>
  Effect.acquireRelease(
    io(() => replaceFile(file, text)),
    () => Effect.ignore(io(() => rmSync(file, { force: true }))),
  )

const lock = (directory: string) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const io = ioIn(directory)
      const database = yield* io(() => new DatabaseSync(filesOf(directory).lock, { timeout: 0 }))
      return yield* io(() => database.exec("BEGIN EXCLUSIVE")).pipe(
        Effect.as(database),
        Effect.tapError(() => Effect.sync(() => database.close())),
        Effect.mapError((error) =>
          /locked/.test(error.why)
            ? new AlreadyRunning({ directory, pid: locate(directory).ports?.pid ?? null })
            : error,
        ),
      )
    }),
    (database) => Effect.sync(() => database.close()),
  )

/** Writes where a directory's data comes from; a replay does it for data that is kept. */
export const recordVenue = (
  directory: string,
  venue: VenueIdentity,
): Effect.Effect<void, DirectoryUnusable> =>
  ioIn(directory)(() => replaceFile(filesOf(directory).venue, `${JSON.stringify(venue)}\n`))

const settleVenue = Effect.fnUntraced(function* (
  directory: string,
  wanted: HoldOptions["venue"],
): Effect.fn.Return<VenueIdentity, VenueMismatch | DirectoryUnusable> {
  const recorded = locate(directory).venue
  if (recorded === null) {
    if (existsSync(filesOf(directory).venue)) {
      return yield* new DirectoryUnusable({
        directory,
        why: "venue.json, which says where the data came from, is damaged; restore it from a backup",
      })
    }
    const { kind, seed } = wanted!
    const fresh: VenueIdentity = { kind, seed, epochMs: yield* Clock.currentTimeMillis }
    yield* recordVenue(directory, fresh)
    return fresh
  }
  if (wanted === null || (wanted.kind === recorded.kind && wanted.seed === recorded.seed)) {
    return recorded
  }
  return yield* new VenueMismatch({
    directory,
    recorded: describeVenue(recorded),
    wanted: describeVenue(wanted),
  })
})

/**
 * A new directory for work that must not touch the service's: temporary and removed with the scope,
 * or `keep`, which must be empty or absent and stays.
 */
export const freshDirectory = Effect.fnUntraced(function* (options: {
  readonly keep: string | null
  readonly prefix: string
}): Effect.fn.Return<string, DirectoryNotEmpty | DirectoryUnusable, Scope.Scope> {
  if (options.keep === null) {
    const io = ioIn(tmpdir())
    return yield* Effect.acquireRelease(
      io(() => mkdtempSync(join(tmpdir(), `${options.prefix}-`))),
      (directory) => Effect.ignore(io(() => rmSync(directory, { recursive: true, force: true }))),
    )
  }
  const directory = resolve(options.keep)
  const io = ioIn(directory)
  yield* io(() => mkdirSync(dirname(directory), { recursive: true }))
  yield* io(() => mkdirSync(directory, { recursive: true, mode: 0o700 }))
  const content = yield* io(() => readdirSync(directory))
  if (content.length > 0) return yield* new DirectoryNotEmpty({ directory })
  return directory
})
