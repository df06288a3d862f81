/**
 * One open `node:sqlite` database as Effect's low-level `Connection`.
 *
 * Promises: statements pass the parameter guard; failures are `SqlError`s that carry SQLite's own
 * extended code, a taken primary key being a `UniqueViolation` like any other taken key; a stream
 * reads {@link streamChunk} rows a step and lets its statement go when it ends, early or not.
 * Does not: serialise its users (the client's semaphore does) nor yield: a statement blocks the thread.
 * Limits: a bounded number of prepared statements, the least recently used leaving first. An integer
 * beyond ±2^53 fails on reading unless `SqlClient.SafeIntegers` is provided.
 */
import { Array as Arr, Cause, Effect, Exit, type Scope, Stream } from "effect"
import { SqlClient, type SqlConnection, SqlError } from "effect/sql"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { CommitName } from "@evaluator/runtime/CommitName"
import type { Run } from "./InOneStep.ts"
import type { KillPoint } from "./KillPoint.ts"
import { changesSchema, forgetNames, nameRows, type Naming, type Row } from "./NamedRows.ts"
import { off, type StatementWatch } from "./StatementWatch.ts"
import { bindInto, bindParameters, countParameters, excerpt, refuseRest } from "./Parameters.ts"
import { WriteTrouble } from "./WriteTrouble.ts"

/** Rows that one step of a stream reads. */
export const streamChunk = 256

const primaryKeyTaken = 1555
const rowIdTaken = 2579
const uniqueTaken = 2067

/** A failure of `node:sqlite` as a `SqlError`; effect's classification reads the code from `errno`. */
export const toSqlError = (cause: unknown, operation: string, sql: string): SqlError.SqlError => {
  const code = cause instanceof Error && "errcode" in cause ? Number(cause.errcode) : undefined
  if (code !== undefined) {
    const errno = code === primaryKeyTaken || code === rowIdTaken ? uniqueTaken : code
    Object.assign(cause as Error, { errno })
  }
  const said = cause instanceof Error ? cause.message : String(cause)
  const message = said.includes(excerpt(sql)) ? said : `${said}, in: ${excerpt(sql)}`
  return new SqlError.SqlError({
    reason: SqlError.classifySqliteError(cause, { message, operation }),
  })
}

interface Prepared extends Naming {
  readonly sql: string
  readonly parameters: number
  bigints: boolean
  arrays: boolean
}

export interface SqliteConnection extends SqlConnection.Connection {
  readonly database: DatabaseSync
  readonly trouble: WriteTrouble
  /** COMMIT with the kill point around it, in one step that nothing can come between. */
  readonly commit: (killPoint: KillPoint) => Effect.Effect<void, SqlError.SqlError>
  /** See `ExecuteEach.ts`. */
  readonly executeEach: (
    sql: string,
    each: ReadonlyArray<ReadonlyArray<unknown>>,
  ) => Effect.Effect<ReadonlyArray<number>, SqlError.SqlError>
  /** See `InOneStep.ts`. */
  readonly executeStep: <A>(step: (run: Run) => A) => Effect.Effect<A, SqlError.SqlError>
}

export interface OpenOptions {
  readonly filename: string
  readonly readonly: boolean
  readonly busyTimeoutMillis: number
  readonly prepareCacheSize: number
  readonly watch: StatementWatch
}

type Rows = ReadonlyArray<Row>
type Transform = Parameters<SqlConnection.Connection["execute"]>[2]

const prepare = (database: DatabaseSync, sql: string): Prepared => {
  const parameters = countParameters(sql)
  const statement = database.prepare(sql)
  refuseRest(sql, statement.sourceSQL)
  return { sql, statement, parameters, names: [], bigints: false, arrays: false }
}

const configure = (prepared: Prepared, bigints: boolean, arrays: boolean): StatementSync => {
  if (prepared.bigints !== bigints) {
    prepared.statement.setReadBigInts(bigints)
    prepared.bigints = bigints
  }
  if (prepared.arrays !== arrays) {
    prepared.statement.setReturnArrays(arrays)
    prepared.arrays = arrays
  }
  return prepared.statement
}

/** Runs `step` now; `bigints` says whether integers are to be read as bigint. */
const attemptNoting =
  (trouble: WriteTrouble, watch: StatementWatch) =>
  <A>(operation: string, sql: string, step: (bigints: boolean) => A) =>
    Effect.withFiber<A, SqlError.SqlError>((fiber) => {
      // One step and not `Effect.try`: this is done for every statement.
      try {
        const bigints = fiber.getRef(SqlClient.SafeIntegers)
        return Exit.succeed(
          watch === off ? step(bigints) : watched(watch, sql, () => step(bigints)),
        )
      } catch (cause) {
        trouble.note(cause)
        return Exit.fail(toSqlError(cause, operation, sql))
      }
    })

const watched = <A>(watch: StatementWatch, sql: string, step: () => A): A => {
  const began = process.hrtime.bigint()
  try {
    return step()
  } finally {
    watch(sql, Number(process.hrtime.bigint() - began) / 1e6)
  }
}

// Not `Iterator.take`, which closes the iterator when it has its rows.
const take = (iterator: Iterator<unknown>): ReadonlyArray<unknown> => {
  const chunk: Array<unknown> = []
  while (chunk.length < streamChunk) {
    const next = iterator.next()
    if (next.done === true) break
    chunk.push(next.value)
  }
  return chunk
}

const makeCache = (database: DatabaseSync, size: number) => {
  const cached = new Map<string, Prepared>()
  const unprepared = (sql: string): Prepared => {
    if (changesSchema(sql)) forgetNames(cached.values())
    return prepare(database, sql)
  }
  const known = (sql: string): Prepared => {
    const found = cached.get(sql)
    if (found !== undefined) {
      // Their order matters only once one has to leave.
      if (cached.size === size) {
        cached.delete(sql)
        cached.set(sql, found)
      }
      return found
    }
    const fresh = unprepared(sql)
    // Each time it runs it is met here again, and names are forgotten again.
    if (changesSchema(sql)) return fresh
    cached.set(sql, fresh)
    if (cached.size > size) cached.delete(cached.keys().next().value!)
    return fresh
  }
  return { known, unprepared }
}

/** Opens the file and closes it with the scope. */
export const open = (
  options: OpenOptions,
): Effect.Effect<SqliteConnection, SqlError.SqlError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.try({
        try: () =>
          new DatabaseSync(options.filename, {
            readOnly: options.readonly,
            timeout: options.busyTimeoutMillis,
          }),
        catch: (cause) => toSqlError(cause, "open", options.filename),
      }),
      (database) => Effect.sync(() => database.close()),
    ),
    (database) => makeConnection(database, options),
  )

const makeConnection = (
  database: DatabaseSync,
  { prepareCacheSize, watch }: OpenOptions,
): SqliteConnection => {
  const { known: cached, unprepared } = makeCache(database, prepareCacheSize)
  const trouble = new WriteTrouble()
  const attempt = attemptNoting(trouble, watch)
  type Source = (sql: string) => Prepared

  const rows = (source: Source, sql: string, values: ReadonlyArray<unknown>, how: Transform) =>
    attempt("execute", sql, (bigints): Rows => {
      const prepared = source(sql)
      const bound = bindParameters(sql, prepared.parameters, values)
      const found = nameRows(prepared, configure(prepared, bigints, true).all(...bound))
      return how === undefined ? found : how(found)
    })

  const arrays = (source: Source, sql: string, values: ReadonlyArray<unknown>) =>
    attempt("executeValues", sql, (bigints) => {
      const prepared = source(sql)
      const bound = bindParameters(sql, prepared.parameters, values)
      const found: unknown = configure(prepared, bigints, true).all(...bound)
      return found as ReadonlyArray<ReadonlyArray<unknown>>
    })

  const raw = (sql: string, values: ReadonlyArray<unknown>) =>
    attempt("executeRaw", sql, (bigints): unknown => {
      const prepared = cached(sql)
      const bound = bindParameters(sql, prepared.parameters, values)
      const statement = configure(prepared, bigints, false)
      return statement.columns().length > 0 ? statement.all(...bound) : statement.run(...bound)
    })

  // A statement of its own: the cached one could be run again while this one is still being read.
  const stream = (sql: string, values: ReadonlyArray<unknown>, how: Transform) =>
    Stream.unwrap(
      Effect.map(
        Effect.acquireRelease(
          attempt("executeStream", sql, (bigints) => {
            const prepared = unprepared(sql)
            const bound = bindParameters(sql, prepared.parameters, values)
            const iterator = configure(prepared, bigints, true).iterate(...bound)
            return { prepared, iterator }
          }),
          ({ iterator }) => Effect.sync(() => iterator.return?.()),
        ),
        ({ prepared, iterator }) =>
          Stream.fromPull(
            Effect.succeed(
              Effect.filterOrElse(
                attempt("executeStream", sql, (): Rows => {
                  const chunk = nameRows(prepared, take(iterator))
                  return how === undefined ? chunk : how(chunk)
                }),
                Arr.isReadonlyArrayNonEmpty,
                () => Cause.done(),
              ),
            ),
          ),
      ),
    )

  return {
    database,
    trouble,
    execute: (sql, values, how) => rows(cached, sql, values, how),
    executeRaw: raw,
    executeStream: stream,
    executeValues: (sql, values) => arrays(cached, sql, values),
    executeValuesUnprepared: (sql, values) => arrays(unprepared, sql, values),
    executeUnprepared: (sql, values, how) => rows(unprepared, sql, values, how),
    executeEach: (sql, each) =>
      attempt("executeEach", sql, (bigints) => {
        const prepared = cached(sql)
        const statement = configure(prepared, bigints, false)
        const bound: Array<SQLInputValue> = []
        return each.map((values) => {
          bindInto(bound, sql, prepared.parameters, values)
          return Number(statement.run(...bound).changes)
        })
      }),
    executeStep: (step) =>
      Effect.withFiber((fiber) => {
        const bigints = fiber.getRef(SqlClient.SafeIntegers)
        const now = (sql: string, values: ReadonlyArray<unknown>) => {
          const prepared = cached(sql)
          const bound = bindParameters(sql, prepared.parameters, values)
          return configure(prepared, bigints, false).all(...bound)
        }
        const run = (sql: string, ...values: ReadonlyArray<unknown>) => {
          try {
            return watch === off ? now(sql, values) : watched(watch, sql, () => now(sql, values))
          } catch (cause) {
            trouble.note(cause)
            throw toSqlError(cause, "executeStep", sql)
          }
        }
        try {
          return Exit.succeed(step(run as Run))
        } catch (cause) {
          return cause instanceof SqlError.SqlError ? Exit.fail(cause) : Exit.die(cause)
        }
      }),
    commit: (killPoint) =>
      Effect.withFiber((fiber) => {
        const name = fiber.getRef(CommitName)
        return attempt("commit", "COMMIT", () => {
          const { statement } = cached("COMMIT")
          killPoint.beforeCommit(name)
          statement.run()
          killPoint.afterCommit(name)
        })
      }),
  }
}
