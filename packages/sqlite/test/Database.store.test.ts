import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { writeFileSync } from "node:fs"
import * as Database from "@evaluator/sqlite/Database"
import { type Migrations, schemaVersion } from "@evaluator/sqlite/Migrations"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { tempFile } from "./TempDirectory.ts"

const statement = (text: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text))

const createItems = statement("CREATE TABLE items (id INTEGER PRIMARY KEY) STRICT")
const addColor = statement("ALTER TABLE items ADD COLUMN color TEXT")
const one: Migrations = { "0001_create_items": createItems }
const two: Migrations = { ...one, "0002_add_color": addColor }

const open = (
  file: string,
  lane: Database.DatabaseLane,
  migrations: Migrations = one,
  options: Partial<Database.DatabaseOptions> = {},
) =>
  Effect.flatMap(Layer.build(Database.layer({ file, lane, migrations, ...options })), (context) =>
    Effect.provideContext(SqliteClient, context),
  )

/** Opens, and answers why it could not. */
const refusal = (...args: Parameters<typeof open>) =>
  Effect.map(Effect.flip(Effect.scoped(open(...args))), (error) => {
    assert.strictEqual(error._tag, "DatabaseError")
    assert.strictEqual(error.file, args[0])
    assert.include(error.message, args[0])
    return error.reason
  })

const pragma = (sql: SqliteClient, name: string) =>
  Effect.map(sql.unsafe(`PRAGMA ${name}`).values, ([row]) => row?.[0])

const columns = (sql: SqliteClient) =>
  Effect.map(sql`SELECT name FROM pragma_table_info('items')`.values, (rows) => rows.flat())

const expected = {
  evaluation: { cache_size: -16384, wal_autocheckpoint: 2_500, foreign_keys: 1, query_only: 0 },
  paper: { cache_size: -8192, wal_autocheckpoint: 0, foreign_keys: 1, query_only: 0 },
  housekeeper: { cache_size: -8192, wal_autocheckpoint: 0, query_only: 1 },
  reader: { cache_size: -8192, wal_autocheckpoint: 0, query_only: 1 },
} as const

describe("a lane's database", () => {
  for (const lane of ["evaluation", "paper", "housekeeper", "reader"] as const) {
    it.effect(`is tuned for its lane: ${lane}`, () =>
      Effect.gen(function* () {
        const file = yield* tempFile("lane.db")
        yield* Effect.scoped(open(file, "evaluation"))
        const sql = yield* open(file, lane)
        for (const [name, value] of Object.entries(expected[lane])) {
          assert.strictEqual(yield* pragma(sql, name), value, name)
        }
        assert.strictEqual(yield* pragma(sql, "journal_mode"), "wal")
        assert.strictEqual(yield* pragma(sql, "temp_store"), 2)
        assert.strictEqual(yield* pragma(sql, "busy_timeout"), 5000)
        assert.strictEqual(yield* pragma(sql, "mmap_size"), 0)
      }),
    )
  }

  it.effect("takes its options", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      const sql = yield* open(file, "paper", one, {
        synchronous: "FULL",
        cacheMebibytes: 2,
        mmapMebibytes: 16,
      })
      assert.strictEqual(yield* pragma(sql, "synchronous"), 2)
      assert.strictEqual(yield* pragma(sql, "cache_size"), -2048)
      assert.strictEqual(yield* pragma(sql, "mmap_size"), 16 * 1024 * 1024)
      assert.strictEqual(yield* pragma(sql, "journal_size_limit"), 64 * 1024 * 1024)
    }),
  )

  it.effect("is NORMAL about power cuts by default, and can give space back in steps", () =>
    Effect.gen(function* () {
      const sql = yield* open(yield* tempFile("lane.db"), "evaluation")
      assert.strictEqual(yield* pragma(sql, "synchronous"), 1)
      assert.strictEqual(yield* pragma(sql, "auto_vacuum"), 2)
      yield* sql`CREATE TABLE bulk (x BLOB NOT NULL) STRICT`
      yield* sql`INSERT INTO bulk VALUES (zeroblob(1000000))`
      yield* sql`DELETE FROM bulk`
      const before = Number(yield* pragma(sql, "freelist_count"))
      yield* sql`PRAGMA incremental_vacuum(50)`
      assert.strictEqual(Number(yield* pragma(sql, "freelist_count")), before - 50)
    }),
  )

  it("gives a reason for every PRAGMA", () => {
    for (const lane of ["evaluation", "paper", "housekeeper", "reader"] as const) {
      const pragmas = Database.pragmasFor({ file: "", lane, migrations: {} })
      for (const { name, why } of pragmas) assert.match(why, /^[A-Z].{20,}\.$/, name)
      assert.strictEqual(new Set(pragmas.map(({ name }) => name)).size, pragmas.length)
    }
  })

  it.effect("lets a housekeeper checkpoint and read beside the writer, and write nothing", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      const writer = yield* open(file, "paper")
      const keeper = yield* open(file, "housekeeper")
      yield* writer.withTransaction(writer`INSERT INTO items VALUES (1)`)
      const moved = yield* keeper.checkpoint("PASSIVE")
      assert.isAbove(moved.movedPages, 0)
      assert.strictEqual(moved.movedPages, moved.logPages)
      assert.strictEqual((yield* keeper`SELECT id FROM items`).length, 1)
      const error = yield* Effect.flip(keeper`INSERT INTO items VALUES (2)`)
      assert.include(error.message, "readonly")
      yield* writer.withTransaction(writer`INSERT INTO items VALUES (3)`)
    }),
  )

  it.effect(
    "does not hold the writer up while a reader or housekeeper has a transaction open",
    () =>
      Effect.gen(function* () {
        const file = yield* tempFile("lane.db")
        const writer = yield* open(file, "paper")
        for (const lane of ["reader", "housekeeper"] as const) {
          const beside = yield* open(file, lane)
          yield* writer`PRAGMA busy_timeout = 0`
          yield* Effect.gen(function* () {
            const before = yield* beside`SELECT id FROM items`
            yield* writer.withTransaction(writer`INSERT INTO items DEFAULT VALUES`)
            assert.deepStrictEqual(yield* beside`SELECT id FROM items`, before)
          }).pipe(beside.withTransaction)
        }
        assert.strictEqual((yield* writer`SELECT id FROM items`).length, 2)
      }),
  )

  it.effect("enforces references", () =>
    Effect.gen(function* () {
      const sql = yield* open(yield* tempFile("lane.db"), "paper")
      yield* sql`CREATE TABLE parts (item INTEGER REFERENCES items (id)) STRICT`
      const error = yield* Effect.flip(sql`INSERT INTO parts VALUES (1)`)
      assert.strictEqual(error.reason._tag, "ConstraintError")
    }),
  )

  it.effect("serves both tags with one client", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      const context = yield* Layer.build(Database.layer({ file, lane: "paper", migrations: one }))
      const [general, own] = yield* Effect.provideContext(
        Effect.all([SqlClient.SqlClient, SqliteClient]),
        context,
      )
      assert.strictEqual<unknown>(general, own)
    }),
  )
})

describe("migrating", () => {
  it.effect("brings a file to the program's version and leaves it there", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      const versions = (migrations: Migrations) =>
        open(file, "evaluation", migrations).pipe(
          Effect.flatMap((sql) =>
            Effect.provideService(schemaVersion(two), SqlClient.SqlClient, sql),
          ),
          Effect.scoped,
        )
      assert.deepStrictEqual(yield* versions(one), { applied: 1, known: 2 })
      assert.deepStrictEqual(yield* versions(two), { applied: 2, known: 2 })
      assert.deepStrictEqual(yield* versions(two), { applied: 2, known: 2 })
      assert.deepStrictEqual(yield* columns(yield* open(file, "reader", two)), ["id", "color"])
    }),
  )

  it.effect("runs steps by their number, whatever the order of the record", () =>
    Effect.gen(function* () {
      const shuffled = { "0002_add_color": addColor, "0001_create_items": createItems }
      const sql = yield* open(yield* tempFile("lane.db"), "paper", shuffled)
      assert.deepStrictEqual(yield* columns(sql), ["id", "color"])
    }),
  )

  it.effect("leaves the file as it was when a step fails, and says which", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      yield* Effect.scoped(open(file, "paper"))
      const reason = yield* refusal(file, "paper", {
        ...two,
        "0003_break_down": statement("INSERT INTO nowhere VALUES (1)"),
      })
      assert.strictEqual(reason._tag, "MigrationFailed")
      assert.include(reason.message, "3_break_down")
      assert.include(reason.message, "nowhere")
      const sql = yield* open(file, "paper")
      assert.deepStrictEqual(yield* columns(sql), ["id"])
    }),
  )

  it.effect("refuses the file of a newer program, with both versions, and does not touch it", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      yield* Effect.scoped(open(file, "evaluation", two))
      for (const lane of ["evaluation", "paper", "reader", "housekeeper"] as const) {
        const reason = yield* refusal(file, lane, one)
        assert.strictEqual(reason._tag, "DatabaseTooNew")
        assert.deepInclude(reason, { applied: 2, known: 1 })
      }
      yield* Effect.scoped(open(file, "evaluation", two))
    }),
  )

  it.effect("refuses to read a file that has still to be migrated", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      yield* Effect.scoped(open(file, "evaluation", one))
      for (const lane of ["reader", "housekeeper"] as const) {
        const reason = yield* refusal(file, lane, two)
        assert.strictEqual(reason._tag, "DatabaseBehind")
        assert.deepInclude(reason, { applied: 1, known: 2 })
      }
    }),
  )

  it.effect("refuses a file whose steps are not the program's", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      yield* Effect.scoped(open(file, "evaluation", two))
      const renamed = yield* refusal(file, "evaluation", {
        ...one,
        "0002_add_size": addColor,
        "0003_drop_items": statement("DROP TABLE items"),
      })
      assert.deepInclude(renamed, {
        _tag: "DatabaseDiverged",
        migration: 2,
        found: "add_color",
        expected: "add_size",
      })
      assert.deepStrictEqual(yield* columns(yield* open(file, "reader", two)), ["id", "color"])
      const skipped = yield* tempFile("skipped.db")
      yield* Effect.scoped(open(skipped, "paper", { ...one, "0003_add_color": addColor }))
      const missing = yield* refusal(skipped, "paper", {
        ...one,
        "0002_add_size": statement("ALTER TABLE items ADD COLUMN size INTEGER"),
        "0003_add_color": addColor,
      })
      assert.deepInclude(missing, { _tag: "DatabaseDiverged", migration: 2, found: null })
    }),
  )

  it.effect("says why a file cannot be opened: not there, not a database", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      assert.strictEqual((yield* refusal(file, "reader"))._tag, "DatabaseNotOpened")
      writeFileSync(file, "plain text, long enough to be read as a header ".repeat(100))
      const reason = yield* refusal(file, "evaluation")
      assert.strictEqual(reason._tag, "DatabaseNotOpened")
      assert.include(reason.message, "not a database")
    }),
  )

  it.effect("holds migrations to their naming", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("lane.db")
      for (const name of [
        "1_create_items",
        "0001_Create_Items",
        "0001_create",
        "0000_create_items",
      ]) {
        const exit = yield* Effect.exit(Effect.scoped(open(file, "paper", { [name]: createItems })))
        assert.strictEqual(exit._tag, "Failure", name)
      }
    }),
  )
})
