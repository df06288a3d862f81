/**
 * `SqlClient` over `node:sqlite`. Export names are those of `@effect/sql-sqlite-node`, so that the
 * official driver can take this one's place when a 4.x release loads.
 *
 * Promises: one connection a client, used by one statement or transaction at a time, waiters
 * interruptible; transactions start with BEGIN IMMEDIATE, so a write never fails half-way for a lock
 * (a client that only reads uses plain BEGIN); nested ones are savepoints; a COMMIT that fails is rolled
 * back and the connection is usable again; no span for statements unless `traceStatements` is set.
 * Does not: load extensions; `updateValues` does not exist in SQLite.
 * Limits: {@link defaultPrepareCacheSize} prepared statements; {@link defaultBusyTimeout} of waiting
 * for another connection's lock, during which the thread is blocked.
 */
import { Config, Context, Duration, Effect, Layer, Semaphore, type Scope } from "effect"
import { basename } from "node:path"
import * as Reactivity from "effect/reactivity/Reactivity"
import { SqlClient, type SqlError, Statement } from "effect/sql"
import { type CheckDepth, findFaults } from "./Integrity.ts"
import { KillPoint, off } from "./KillPoint.ts"
import { makeLeanTransactions } from "./LeanTransactions.ts"
import { type BackupMetadata, copyDatabase, copyPages } from "./OnlineCopy.ts"
import { quieten, TransactionSpans } from "./QuietClient.ts"
import { open } from "./SqliteConnection.ts"
import { StatementWatch } from "./StatementWatch.ts"
import type { WriteTrouble } from "./WriteTrouble.ts"

export const TypeId: TypeId = "~@effect/sql-sqlite-node/SqliteClient"
export type TypeId = "~@effect/sql-sqlite-node/SqliteClient"

export const defaultPrepareCacheSize = 256
export const defaultBusyTimeout = Duration.seconds(5)
const inMemory = ":memory:"

/** What a checkpoint moves: PASSIVE what it can without waiting, the others all, waiting for readers. */
export type CheckpointMode = "PASSIVE" | "FULL" | "RESTART" | "TRUNCATE"

/** Pages in the log and pages moved; `busy` when a reader or writer kept it from finishing. */
export interface Checkpointed {
  readonly busy: boolean
  readonly logPages: number
  readonly movedPages: number
}

export interface SqliteClient extends SqlClient.SqlClient {
  readonly [TypeId]: TypeId
  readonly config: SqliteClientConfig
  /** Whether the file can be written, as far as statements have shown. */
  readonly trouble: WriteTrouble
  /** Copies the pages to a file while reading and writing go on; see `Backup.ts` for a checked copy. */
  readonly backup: (destination: string) => Effect.Effect<BackupMetadata, SqlError.SqlError>
  readonly checkpoint: (mode: CheckpointMode) => Effect.Effect<Checkpointed, SqlError.SqlError>
  /** Faults of the file, empty when it is sound; see `Integrity.ts`. */
  readonly integrityCheck: (depth: CheckDepth) => Effect.Effect<ReadonlyArray<string>>
  readonly updateValues: never
}

export const SqliteClient = Context.Service<SqliteClient>("@effect/sql-sqlite-node/SqliteClient")

export interface SqliteClientConfig {
  /** A path, or `:memory:`. */
  readonly filename: string
  readonly readonly?: boolean | undefined
  /** Prepared statements kept. Default 256. */
  readonly prepareCacheSize?: number | undefined
  /** Leaves the journal mode as it is. WAL otherwise, except for a read-only client. */
  readonly disableWAL?: boolean | undefined
  /** How long a statement waits for another connection's lock. Default 5 seconds, 0 = fail at once. */
  readonly busyTimeout?: Duration.Input | undefined
  /** Plain BEGIN, for a client that only reads and must not hold a writer up. Default: `readonly`. */
  readonly deferTransactions?: boolean | undefined
  /** A client span for each statement and transaction. Default false. */
  readonly traceStatements?: boolean | undefined
  /** Attributes of those spans. */
  readonly spanAttributes?: Record<string, unknown> | undefined
  readonly transformResultNames?: ((name: string) => string) | undefined
  readonly transformQueryNames?: ((name: string) => string) | undefined
}

export const make = Effect.fnUntraced(function* (
  config: SqliteClientConfig,
): Effect.fn.Return<SqliteClient, SqlError.SqlError, Scope.Scope | Reactivity.Reactivity> {
  const readonly = config.readonly ?? false
  const connection = yield* open({
    filename: config.filename,
    readonly,
    busyTimeoutMillis: Duration.toMillis(config.busyTimeout ?? defaultBusyTimeout),
    prepareCacheSize: config.prepareCacheSize ?? defaultPrepareCacheSize,
    watch: yield* StatementWatch,
  })
  if (config.disableWAL !== true && !readonly) {
    yield* connection.executeUnprepared("PRAGMA journal_mode = WAL", [], undefined)
  }
  const killPoint = yield* KillPoint
  const transformRows =
    config.transformResultNames === undefined
      ? undefined
      : Statement.defaultTransforms(config.transformResultNames).array
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: yield* Semaphore.make(1),
    isTransaction: ({ database }) => database.isTransaction,
  })
  const beginTransaction = (config.deferTransactions ?? readonly) ? "BEGIN" : "BEGIN IMMEDIATE"
  const commit = () => connection.commit(killPoint)
  const stock = yield* SqlClient.make({
    ...acquirers,
    compiler: Statement.makeCompilerSqlite(config.transformQueryNames),
    driver: "sqlite-node",
    spanAttributes: [
      ...Object.entries(config.spanAttributes ?? {}),
      ["db.system.name", "sqlite"] as const,
    ],
    prepareTransactionControls: true,
    beginTransaction,
    commit: killPoint === off ? "COMMIT" : commit,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    ...(transformRows === undefined ? {} : { transformRows }),
  })
  const client =
    config.traceStatements === true
      ? stock
      : quieten(stock, {
          ...acquirers,
          transformRows,
          transactions: makeLeanTransactions({
            ...acquirers,
            transactionService: stock.transactionService,
            begin: beginTransaction,
            commit: killPoint === off ? () => connection.execute("COMMIT", [], undefined) : commit,
            isTransaction: () => connection.database.isTransaction,
          }),
          spansOf: (yield* TransactionSpans) ? basename(config.filename) : null,
        })

  const checkpoint = (mode: CheckpointMode) =>
    Effect.map(
      client.unsafe<{ busy: number; log: number; checkpointed: number }>(
        `PRAGMA wal_checkpoint(${mode})`,
      ).withoutTransform,
      ([row]): Checkpointed => ({
        busy: row?.busy === 1,
        logPages: row?.log ?? 0,
        movedPages: row?.checkpointed ?? 0,
      }),
    )
  const backup = (destination: string) =>
    config.filename === inMemory
      ? Effect.scoped(
          Effect.andThen(acquirers.acquirer, copyPages(connection.database, destination)),
        )
      : copyDatabase(config.filename, destination)

  return Object.assign(client as SqliteClient, {
    [TypeId]: TypeId,
    config,
    trouble: connection.trouble,
    backup,
    checkpoint,
    integrityCheck: (depth: CheckDepth) => findFaults(client, depth),
  })
})

const provide = (client: SqliteClient) =>
  Context.make(SqliteClient, client).pipe(Context.add(SqlClient.SqlClient, client))

export const layer = (
  config: SqliteClientConfig,
): Layer.Layer<SqliteClient | SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effectContext(Effect.map(make(config), provide)).pipe(Layer.provide(Reactivity.layer))

export const layerConfig = (
  config: Config.Wrap<SqliteClientConfig>,
): Layer.Layer<SqliteClient | SqlClient.SqlClient, Config.ConfigError | SqlError.SqlError> =>
  Layer.effectContext(Config.unwrap(config).pipe(Effect.flatMap(make), Effect.map(provide))).pipe(
    Layer.provide(Reactivity.layer),
  )
