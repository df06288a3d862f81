/**
 * A lane's schema, as numbered steps that are never edited once landed.
 *
 * Promises: all pending steps run in one transaction, so a file is at the old version or the new;
 * a file that a newer program wrote, or that another line of steps wrote, is refused before anything
 * runs. (The library underneath would pass over both without a word.)
 * Does not: go back. A backup made before migrating does that.
 * Limits: ids `NNNN_verb_noun`, from 0001 on. The table's `created_at` is SQLite's wall clock also
 * under a virtual one: leave it out of what is compared between runs.
 */
import { Effect, Schema } from "effect"
import { Migrator, SqlClient, type SqlError } from "effect/sql"

/** The steps of a lane by id, as in `{ "0001_create_markets": effect }`. */
export type Migrations = Readonly<
  Record<string, Effect.Effect<unknown, SqlError.SqlError, SqlClient.SqlClient>>
>

export const migrationsTable = "migrations"

/** The file's version and the program's: the number of the newest step. 0 before the first. */
export interface SchemaVersion {
  readonly applied: number
  readonly known: number
}

/** A newer program migrated this file. */
export class DatabaseTooNew extends Schema.TaggedError<DatabaseTooNew>()("DatabaseTooNew", {
  applied: Schema.Int,
  known: Schema.Int,
}) {
  override get message(): string {
    return `the file has schema version ${this.applied}, this program knows up to ${this.known}`
  }
}

/** The file is older than this program, and this connection may not migrate it. */
export class DatabaseBehind extends Schema.TaggedError<DatabaseBehind>()("DatabaseBehind", {
  applied: Schema.Int,
  known: Schema.Int,
}) {
  override get message(): string {
    return `the file has schema version ${this.applied}, this program needs ${this.known}: migrate it first`
  }
}

/** The file's steps are not the beginning of this program's. */
export class DatabaseDiverged extends Schema.TaggedError<DatabaseDiverged>()("DatabaseDiverged", {
  migration: Schema.Int,
  found: Schema.NullOr(Schema.String),
  expected: Schema.NullOr(Schema.String),
}) {
  override get message(): string {
    return `step ${this.migration} of the file is ${this.found ?? "missing"}, of the program ${this.expected ?? "missing"}`
  }
}

/** A step failed; the file is as it was. */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  why: Schema.String,
  cause: Schema.Defect(),
}) {
  override get message(): string {
    return this.why
  }
}

/** What can keep a file from being at the program's version. */
export type MigrationProblem =
  | DatabaseTooNew
  | DatabaseBehind
  | DatabaseDiverged
  | MigrationFailed
  | SqlError.SqlError

const idPattern = /^(\d{4})_([a-z0-9]+(?:_[a-z0-9]+)+)$/

/** Step names by number. A key that is not `NNNN_verb_noun` is a defect of the program. */
const namesOf = (migrations: Migrations): ReadonlyMap<number, string> => {
  const names = new Map<number, string>()
  for (const key of Object.keys(migrations)) {
    const match = idPattern.exec(key)
    const id = Number(match?.[1])
    if (match === null || id === 0 || names.has(id)) {
      throw new Error(`a migration is named NNNN_verb_noun with a number of its own, not ${key}`)
    }
    names.set(id, match[2]!)
  }
  return names
}

const newest = (ids: Iterable<number>): number => Math.max(0, ...ids)

const readApplied = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [table] = yield* sql`
    SELECT 1 AS present FROM sqlite_schema WHERE type = 'table' AND name = ${migrationsTable}`
    .withoutTransform
  if (table === undefined) return new Map<number, string>()
  const rows = yield* sql<{ migration_id: number; name: string }>`
    SELECT migration_id, name FROM ${sql(migrationsTable)}`.withoutTransform
  return new Map(rows.map(({ migration_id, name }) => [migration_id, name]))
})

/** The applied and the known version of the database in scope. */
export const schemaVersion = (
  migrations: Migrations,
): Effect.Effect<SchemaVersion, never, SqlClient.SqlClient> =>
  readApplied.pipe(
    Effect.map((applied) => ({
      applied: newest(applied.keys()),
      known: newest(namesOf(migrations).keys()),
    })),
    Effect.orDie,
  )

/** The versions, once the file's steps are known to be the beginning of the program's. */
const compare = Effect.fnUntraced(function* (migrations: Migrations) {
  const names = namesOf(migrations)
  const found = yield* readApplied
  const applied = newest(found.keys())
  const known = newest(names.keys())
  if (applied > known) return yield* new DatabaseTooNew({ applied, known })
  for (const migration of new Set([...found.keys(), ...names.keys()])) {
    const before = found.get(migration) ?? null
    const expected = names.get(migration) ?? null
    if (migration <= applied && before !== expected) {
      return yield* new DatabaseDiverged({ migration, found: before, expected })
    }
  }
  return { applied, known }
})

/** Fails unless the file is exactly at the program's version. Writes nothing. */
export const requireCurrent = Effect.fnUntraced(function* (migrations: Migrations) {
  const { applied, known } = yield* compare(migrations)
  if (applied < known) return yield* new DatabaseBehind({ applied, known })
})

/** Runs the pending steps; answers how many there were. */
export const migrate = Effect.fnUntraced(function* (migrations: Migrations) {
  yield* compare(migrations)
  const steps = Object.entries(migrations).map(([id, step]) => [id, Effect.asVoid(step)] as const)
  const run = Migrator.make({})({
    loader: Migrator.fromRecord(Object.fromEntries(steps)),
    table: migrationsTable,
  })
  const ran = yield* run.pipe(
    Effect.catchTag(
      "MigrationError",
      (error) =>
        new MigrationFailed({
          why:
            error.cause instanceof Error
              ? `${error.message}: ${error.cause.message}`
              : error.message,
          cause: error,
        }),
    ),
  )
  yield* requireCurrent(migrations)
  return ran.length
})
