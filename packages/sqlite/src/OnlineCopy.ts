/**
 * Copies a live database page by page with SQLite's online backup, on Node's thread pool.
 *
 * Promises: the copy is the database as of one moment, whatever is written meanwhile, because the
 * pages are read inside one read transaction of a connection made for the purpose; the calling
 * thread is free between steps of {@link pagesPerStep} pages and during them.
 * Does not: check the copy (`Backup.ts` does), nor hold writers back; the log cannot shrink
 * meanwhile. It is a promise and so no work for virtual time. It is not interruptible: Node offers
 * no way to end a running copy.
 */
import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import { backup, type DatabaseSync } from "node:sqlite"
import { open, toSqlError } from "./SqliteConnection.ts"
import { off } from "./StatementWatch.ts"

/** 4 MiB of the usual pages: about 25 ms a step when measured. */
export const pagesPerStep = 1000

export interface BackupMetadata {
  readonly totalPages: number
  readonly remainingPages: number
}

/** Copies what the connection sees. It must not write meanwhile. */
export const copyPages = (
  database: DatabaseSync,
  destination: string,
): Effect.Effect<BackupMetadata, SqlError.SqlError> =>
  Effect.uninterruptible(
    Effect.map(
      Effect.tryPromise({
        try: () => backup(database, destination, { rate: pagesPerStep }),
        catch: (cause) => toSqlError(cause, "backup", `backup to ${destination}`),
      }),
      (totalPages) => ({ totalPages, remainingPages: 0 }),
    ),
  )

/** Copies the database of a file that others may be writing to. */
export const copyDatabase = (
  source: string,
  destination: string,
): Effect.Effect<BackupMetadata, SqlError.SqlError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const connection = yield* open({
        filename: source,
        readonly: true,
        busyTimeoutMillis: 5000,
        prepareCacheSize: 1,
        watch: off,
      })
      // BEGIN alone takes no snapshot: the first read does.
      yield* connection.executeUnprepared("BEGIN", [], undefined)
      yield* connection.executeUnprepared("SELECT count(*) FROM sqlite_schema", [], undefined)
      return yield* copyPages(connection.database, destination)
    }),
  )
