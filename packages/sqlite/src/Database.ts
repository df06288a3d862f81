/**
 * A lane's database: the file opened, tuned for the lane, and at the program's schema version.
 *
 * Promises: whoever gets the client finds the schema that the program knows; a file of a newer
 * program is refused untouched; every PRAGMA is in {@link pragmasFor} with its reason.
 * Does not: make the directory, lock the data directory, or back up before migrating.
 * Limits: page cache, waiting time and log size as stated in the options.
 *
 * One thread must not hold two connections that write to one file: each waits for the other's lock
 * while the thread that would release it is blocked, until the busy timeout.
 */
import { Context, Effect, Layer, Schema } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { SqlClient } from "effect/sql"
import {
  DatabaseBehind,
  DatabaseDiverged,
  DatabaseTooNew,
  migrate,
  MigrationFailed,
  type MigrationProblem,
  type Migrations,
  requireCurrent,
} from "./Migrations.ts"
import { make, SqliteClient } from "./SqliteClient.ts"

/**
 * - `evaluation`, `paper`: the one connection that writes the lane's file, and migrates it.
 * - `reader`: a read-only connection beside it.
 * - `housekeeper`: reads, checkpoints and backs up another lane's file, and cannot write rows.
 */
export type DatabaseLane = "evaluation" | "paper" | "reader" | "housekeeper"

export interface DatabaseOptions {
  /** A path, or `:memory:` in tests. */
  readonly file: string
  readonly lane: DatabaseLane
  readonly migrations: Migrations
  /**
   * NORMAL (default) loses nothing at a kill and may lose the newest commits at a power cut; FULL neither.
   * OFF is for files that nobody opens again: a power cut may destroy them.
   */
  readonly synchronous?: "OFF" | "NORMAL" | "FULL" | undefined
  /** Page cache in MiB. Default 16 for evaluation, 8 for the others. */
  readonly cacheMebibytes?: number | undefined
  /** Mapped part of the file in MiB. Default 0: measured, it gains nothing for writers. */
  readonly mmapMebibytes?: number | undefined
  /**
   * Pages of the log after which a commit moves them into the file. Default 2500 for evaluation, never
   * for paper, whose housekeeper does; where nobody else does, a log without end makes all slower.
   */
  readonly checkpointPages?: number | undefined
  /** A client span for each statement and transaction. Default false. */
  readonly traceStatements?: boolean | undefined
}

/** The file could not be opened or read as a database. */
export class DatabaseNotOpened extends Schema.TaggedError<DatabaseNotOpened>()(
  "DatabaseNotOpened",
  { why: Schema.String },
) {
  override get message(): string {
    return this.why
  }
}

export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  file: Schema.String,
  reason: Schema.Union([
    DatabaseNotOpened,
    DatabaseTooNew,
    DatabaseBehind,
    DatabaseDiverged,
    MigrationFailed,
  ]),
}) {
  override get message(): string {
    return `${this.file}: ${this.reason.message}`
  }
}

interface Pragma {
  readonly name: string
  readonly value: string
  readonly why: string
}

const kibibytes = (mebibytes: number) => mebibytes * 1024
const bytes = (mebibytes: number) => mebibytes * 1024 * 1024

/** A log that outgrew this is cut back at its next restart. */
const logLimitMebibytes = 64

/** The PRAGMAs of a connection, in the order they are set. */
export const pragmasFor = (options: DatabaseOptions): ReadonlyArray<Pragma> => {
  const { lane } = options
  const cache = options.cacheMebibytes ?? (lane === "evaluation" ? 16 : 8)
  const ofEveryConnection: ReadonlyArray<Pragma> = [
    {
      name: "cache_size",
      value: String(-kibibytes(cache)),
      why: "In KiB when negative. It is the process's memory; four times as much inserted 5 % faster.",
    },
    {
      name: "mmap_size",
      value: String(bytes(options.mmapMebibytes ?? 0)),
      why: "A mapped file counts as the process's memory, which is short on a small box.",
    },
    {
      name: "temp_store",
      value: "MEMORY",
      why: "Sorting must not wait for a disk that may be full.",
    },
  ]
  if (lane === "reader" || lane === "housekeeper") {
    return [
      ...ofEveryConnection,
      { name: "query_only", value: "ON", why: "A lane's file has one writer." },
      {
        name: "wal_autocheckpoint",
        value: "0",
        why: "It checkpoints when it is told to, or not at all.",
      },
    ]
  }
  return [
    {
      name: "auto_vacuum",
      value: "INCREMENTAL",
      why: "Space that retention frees can be given back in steps; only a new file takes this in.",
    },
    {
      name: "journal_mode",
      value: "WAL",
      why: "Readers and the writer do not wait for each other.",
    },
    {
      name: "synchronous",
      value: options.synchronous ?? "NORMAL",
      why: "FULL makes a single-row commit four times as slow and a decision of five commits twenty.",
    },
    {
      name: "foreign_keys",
      value: "ON",
      why: "References are checked by the database and not by hope.",
    },
    {
      name: "wal_autocheckpoint",
      value: String(options.checkpointPages ?? (lane === "evaluation" ? 2500 : 0)),
      why: "A commit that checkpoints waits for so many pages; 10,000 kept it twice as long and made inserts a tenth cheaper. The fast lane never makes one, the housekeeper does.",
    },
    {
      name: "journal_size_limit",
      value: String(bytes(logLimitMebibytes)),
      why: "A log that grew behind a long reader gives its space back.",
    },
    ...ofEveryConnection,
  ]
}

const open = Effect.fnUntraced(
  function* (options: DatabaseOptions) {
    const owner = options.lane === "evaluation" || options.lane === "paper"
    const client = yield* make({
      filename: options.file,
      readonly: options.lane === "reader",
      deferTransactions: !owner,
      // auto_vacuum has to come before the file's first page, which switching to WAL writes.
      disableWAL: true,
      traceStatements: options.traceStatements,
    })
    for (const { name, value } of pragmasFor(options)) {
      const [row] = yield* client.unsafe(`PRAGMA ${name} = ${value}`).valuesUnprepared
      if (name === "journal_mode" && row?.[0] !== "wal" && options.file !== ":memory:") {
        return yield* new DatabaseNotOpened({
          why: `no WAL here: journal mode ${String(row?.[0])}`,
        })
      }
    }
    const arrive: Effect.Effect<unknown, MigrationProblem, SqlClient.SqlClient> = owner
      ? migrate(options.migrations)
      : requireCurrent(options.migrations)
    yield* Effect.provideService(arrive, SqlClient.SqlClient, client)
    return client
  },
  (effect, { file }) =>
    Effect.mapError(
      effect,
      (error) =>
        new DatabaseError({
          file,
          reason: error._tag === "SqlError" ? new DatabaseNotOpened({ why: error.message }) : error,
        }),
    ),
)

/** The client of a lane, its database migrated. */
export const layer = (
  options: DatabaseOptions,
): Layer.Layer<SqlClient.SqlClient | SqliteClient, DatabaseError> =>
  Layer.effectContext(
    open(options).pipe(
      Effect.map((client) =>
        Context.make(SqliteClient, client).pipe(Context.add(SqlClient.SqlClient, client)),
      ),
    ),
  ).pipe(Layer.provide(Reactivity.layer))
