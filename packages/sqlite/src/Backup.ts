/**
 * Backups one can trust: a copy made online, made self-contained, checked, hashed, then named.
 *
 * Promises: the named file exists only when the copy is whole and sound; it is one file without a
 * log beside it; nothing is overwritten; a failed backup leaves nothing behind.
 * Does not: copy both lanes at one moment (the caller's manifest and cursors see to that).
 * Limits: as long as the file is large; the calling thread is blocked by the check's steps only. It
 * uses promises and is no work for virtual time.
 */
import { Effect, Schema, type Scope } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { createHash } from "node:crypto"
import { access, type FileHandle, open as openFile, rename, rm } from "node:fs/promises"
import { copyDatabase } from "./OnlineCopy.ts"
import { make, SqliteClient } from "./SqliteClient.ts"

export class BackupFailed extends Schema.TaggedError<BackupFailed>()("BackupFailed", {
  source: Schema.String,
  destination: Schema.String,
  /** What was being done. */
  step: Schema.Literals(["destination", "copy", "close", "check", "hash", "name"]),
  why: Schema.String,
}) {
  override get message(): string {
    return `backup of ${this.source} to ${this.destination} failed at ${this.step}: ${this.why}`
  }
}

export interface BackupReport {
  readonly file: string
  readonly bytes: number
  /** Of the whole file, in lower-case hexadecimal. */
  readonly sha256: string
  readonly pages: number
}

type Step = BackupFailed["step"]

const hashChunkBytes = 1024 * 1024

/** Backs up a database file that may be in use. */
export const backupFile = (
  source: string,
  destination: string,
): Effect.Effect<BackupReport, BackupFailed> => {
  const partial = `${destination}.partial`
  const fail = (step: Step, why: string) => new BackupFailed({ source, destination, step, why })
  const at =
    (step: Step) =>
    <A, E extends Error, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.mapError(effect, (error) => fail(step, error.message))
  const io = <A>(step: Step, run: () => Promise<A>) =>
    Effect.tryPromise({ try: run, catch: (cause) => fail(step, String(cause)) })
  const openCopy = (readonly: boolean) => make({ filename: partial, readonly, disableWAL: true })
  const exists = Effect.map(
    Effect.exit(io("destination", () => access(destination))),
    (exit) => exit._tag === "Success",
  )

  return Effect.gen(function* () {
    if (yield* exists) return yield* fail("destination", "the file exists already")
    yield* io("destination", () => rm(partial, { force: true }))
    return yield* Effect.gen(function* () {
      const { totalPages } = yield* copyDatabase(source, partial).pipe(at("copy"))
      // The copy is marked as WAL like its source; without that mark it needs no file beside it.
      yield* openCopy(false).pipe(
        Effect.flatMap((copy) => copy`PRAGMA journal_mode = DELETE`),
        Effect.scoped,
        at("close"),
      )
      const faults = yield* openCopy(true).pipe(
        Effect.flatMap((copy) => copy.integrityCheck("steps")),
        Effect.scoped,
        at("check"),
      )
      if (faults.length > 0) return yield* fail("check", faults.join("; "))
      const { bytes, sha256 } = yield* Effect.scoped(hashFile(partial, io))
      yield* io("name", () => rename(partial, destination))
      return { file: destination, bytes, sha256, pages: totalPages }
    }).pipe(Effect.onError(() => Effect.ignore(io("name", () => rm(partial, { force: true })))))
  }).pipe(Effect.provide(Reactivity.layer))
}

/** Backs up the database of the client in scope. */
export const backupDatabase = Effect.fnUntraced(function* (
  destination: string,
): Effect.fn.Return<BackupReport, BackupFailed, SqliteClient> {
  const { config } = yield* SqliteClient
  return yield* backupFile(config.filename, destination)
})

const hashFile = (
  file: string,
  io: <A>(step: Step, run: () => Promise<A>) => Effect.Effect<A, BackupFailed>,
): Effect.Effect<{ bytes: number; sha256: string }, BackupFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const handle: FileHandle = yield* Effect.acquireRelease(
      io("hash", () => openFile(file, "r+")),
      (handle) => Effect.promise(() => handle.close()),
    )
    const hash = createHash("sha256")
    const chunk = Buffer.alloc(hashChunkBytes)
    let bytes = 0
    for (;;) {
      const { bytesRead } = yield* io("hash", () => handle.read(chunk, 0, hashChunkBytes, bytes))
      if (bytesRead === 0) break
      hash.update(chunk.subarray(0, bytesRead))
      bytes += bytesRead
    }
    yield* io("name", () => handle.sync())
    return { bytes, sha256: hash.digest("hex") }
  })
