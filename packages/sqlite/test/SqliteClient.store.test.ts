import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Fiber, Layer, Schema, Tracer } from "effect"
import { SqlClient, Statement } from "effect/sql"
import { existsSync } from "node:fs"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"
import { transactionChecks } from "./conformance/Transactions.ts"
import { sqlClientConformance } from "./SqlClientConformance.ts"
import { tempFile } from "./TempDirectory.ts"

sqlClientConformance("our driver", (filename) => SqliteClient.layer({ filename }))
// With spans for statements transactions are Effect's own; otherwise ours stand in for them.
sqlClientConformance(
  "our driver with Effect's own transactions",
  (filename) => SqliteClient.layer({ filename, traceStatements: true }),
  [transactionChecks],
)

// The name is not a literal so that neither the compiler nor the bundler looks for the package.
const officialName = ["@effect", "sql-sqlite-node"].join("/")
const official: unknown = await import(officialName).catch((cause: unknown) => cause)

if (official instanceof Error) {
  describe("the official driver", () => {
    it("is not put to the suite because it is not there", () => {
      process.stdout.write(
        `${officialName} does not load, the suite ran against ours only: ${official.message.split("\n")[0]}\n`,
      )
      assert.include(
        ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"],
        "code" in official ? official.code : undefined,
      )
    })
  })
} else {
  const { SqliteClient: client } = official as {
    readonly SqliteClient: {
      readonly layer: (config: {
        readonly filename: string
      }) => Layer.Layer<SqlClient.SqlClient, unknown>
    }
  }
  sqlClientConformance("the official driver", (filename) => client.layer({ filename }))
}

const open = (config: Omit<SqliteClient.SqliteClientConfig, "filename">, file?: string) =>
  Effect.gen(function* () {
    const filename = file ?? (yield* tempFile("client.db"))
    const context = yield* Layer.build(SqliteClient.layer({ filename, ...config }))
    return yield* Effect.provideContext(SqliteClient.SqliteClient, context)
  })

const Bindable = Schema.Union([
  Schema.Null,
  Schema.String,
  Schema.Finite,
  Schema.Int,
  Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n })),
  Schema.Boolean,
  Schema.Uint8Array,
])

/** What SQLite gives back for a value: booleans are integers, and there is no -0 and no half character. */
const stored = (value: typeof Bindable.Type): unknown => {
  if (typeof value === "boolean") return value ? 1n : 0n
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === "string") return value.toWellFormed()
  return value
}

describe("SqliteClient", () => {
  it.effect.prop(
    "gives back what was bound, whatever it was, in whatever place",
    [Schema.Array(Bindable).check(Schema.isMaxLength(20))],
    ([values]) =>
      Effect.gen(function* () {
        const sql = yield* open({}, ":memory:")
        const row = [0, ...values]
        const [read] = yield* sql.unsafe(`SELECT ${row.map(() => "?").join(", ")}`, row).values
        assert.deepStrictEqual(read, row.map(stored))
      }).pipe(Effect.scoped, Effect.provideService(SqlClient.SafeIntegers, true)),
  )

  it.effect("keeps working with more distinct statements than it keeps prepared", () =>
    Effect.gen(function* () {
      const sql = yield* open({ prepareCacheSize: 3 })
      for (let round = 0; round < 2; round++) {
        for (let n = 0; n < 10; n++) {
          const [row] = yield* sql.unsafe<{ x: number }>(`SELECT ? + ${n} AS x`, [1])
          assert.strictEqual(row?.x, 1 + n)
        }
      }
    }),
  )

  it.effect("sees a column that was added after a statement was prepared", () =>
    Effect.gen(function* () {
      const sql = yield* open({})
      yield* sql`CREATE TABLE t (a INTEGER) STRICT`
      yield* sql`INSERT INTO t VALUES (1)`
      const all = sql`SELECT * FROM t`
      assert.deepStrictEqual(Object.keys((yield* all)[0]!), ["a"])
      yield* sql`ALTER TABLE t ADD COLUMN b INTEGER`
      assert.deepStrictEqual(Object.keys((yield* all)[0]!), ["a", "b"])
    }),
  )

  it.effect("names values anew when a table of as many columns takes another's place", () =>
    Effect.gen(function* () {
      const sql = yield* open({})
      const seen: Array<unknown> = []
      for (const column of ["a", "b", "a"]) {
        yield* sql.unsafe(`CREATE TABLE t (${column} INTEGER)`)
        yield* sql`INSERT INTO t VALUES (1)`
        seen.push(...(yield* sql`SELECT * FROM t`))
        yield* sql`DROP TABLE t`
      }
      assert.deepEqual(seen, [{ a: 1 }, { b: 1 }, { a: 1 }])
    }),
  )

  it.effect("is in WAL mode unless told otherwise", () =>
    Effect.gen(function* () {
      const mode = (sql: SqlClient.SqlClient) =>
        Effect.map(sql<{ journal_mode: string }>`PRAGMA journal_mode`, ([row]) => row?.journal_mode)
      assert.strictEqual(yield* mode(yield* open({})), "wal")
      assert.strictEqual(yield* mode(yield* open({ disableWAL: true })), "delete")
    }),
  )

  it.effect("reads but does not write when it is read-only, also inside a transaction", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("shared.db")
      const writer = yield* open({}, file)
      yield* writer`CREATE TABLE t (a INTEGER) STRICT`
      const reader = yield* open({ readonly: true }, file)
      const rows = yield* reader`SELECT * FROM t`.pipe(reader.withTransaction)
      assert.deepStrictEqual(rows, [])
      const error = yield* Effect.flip(reader`INSERT INTO t VALUES (1)`)
      assert.include(error.message, "readonly")
    }),
  )

  it.effect("reads one moment in a transaction while another connection writes", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("shared.db")
      const writer = yield* open({}, file)
      yield* writer`CREATE TABLE t (a INTEGER) STRICT`
      const reader = yield* open({ readonly: true }, file)
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* reader`SELECT * FROM t`).length, 0)
        yield* writer`INSERT INTO t VALUES (1)`
        assert.strictEqual((yield* reader`SELECT * FROM t`).length, 0)
      }).pipe(reader.withTransaction)
      assert.strictEqual((yield* reader`SELECT * FROM t`).length, 1)
    }),
  )

  it.effect("fails with a typed error when the file cannot be opened", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("missing/client.db")
      const error = yield* Effect.flip(open({}, file))
      assert.strictEqual(error.reason._tag, "ConnectionError")
      assert.include(error.message, file)
    }),
  )

  it.effect(
    "moves the log into the file at a checkpoint, and says so when a reader is in the way",
    () =>
      Effect.gen(function* () {
        const file = yield* tempFile("shared.db")
        const writer = yield* open({ busyTimeout: 0 }, file)
        yield* writer`PRAGMA wal_autocheckpoint = 0`
        yield* writer`CREATE TABLE t (a INTEGER) STRICT`
        const moved = yield* writer.checkpoint("PASSIVE")
        assert.isFalse(moved.busy)
        assert.isAbove(moved.logPages, 0)
        assert.strictEqual(moved.movedPages, moved.logPages)
        const reader = yield* open({ readonly: true }, file)
        yield* Effect.gen(function* () {
          yield* reader`SELECT * FROM t`
          yield* writer`INSERT INTO t VALUES (1)`
          assert.isTrue((yield* writer.checkpoint("TRUNCATE")).busy)
        }).pipe(reader.withTransaction)
        assert.deepStrictEqual(yield* writer.checkpoint("TRUNCATE"), {
          busy: false,
          logPages: 0,
          movedPages: 0,
        })
      }),
  )

  it.effect("closes the file with its scope", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("closed.db")
      yield* Effect.scoped(
        Effect.flatMap(open({}, file), (sql) => sql`CREATE TABLE t (a INTEGER) STRICT`),
      )
      assert.isTrue(existsSync(file))
      assert.isFalse(existsSync(`${file}-wal`))
    }),
  )

  it.effect("renames columns and identifiers when asked to", () =>
    Effect.gen(function* () {
      const sql = yield* open({
        transformResultNames: (name) => name.toUpperCase(),
        transformQueryNames: (name) => name.toLowerCase(),
      })
      yield* sql`CREATE TABLE ${sql("T")} (a INTEGER) STRICT`
      yield* sql`INSERT INTO t ${sql.insert({ A: 1 })}`
      assert.deepStrictEqual([{ ...(yield* sql`SELECT a FROM t`)[0] }], [{ A: 1 }])
      assert.deepStrictEqual({ ...(yield* sql.withoutTransforms()`SELECT a FROM t`)[0] }, { a: 1 })
    }),
  )

  it.effect(
    "gives statements and transactions a span when told to, and honours a transformer",
    () =>
      Effect.gen(function* () {
        const names: Array<string> = []
        const tracer = Tracer.make({
          span: (options) => {
            names.push(options.name)
            return new Tracer.NativeSpan(options)
          },
        })
        const loud = yield* open({
          traceStatements: true,
          spanAttributes: { "db.namespace": "lane" },
        })
        yield* loud`SELECT 1`.pipe(loud.withTransaction, Effect.withTracer(tracer))
        assert.deepStrictEqual(names, ["sql.transaction", "lane"])
        const quiet = yield* open({})
        const [row] = yield* quiet<{ x: number }>`SELECT 1 AS x`.pipe(
          Effect.provideService(Statement.CurrentTransformer, (_, sql) =>
            Effect.succeed(sql`SELECT 2 AS x`),
          ),
          Effect.withTracer(tracer),
        )
        assert.strictEqual(row?.x, 2)
        assert.strictEqual(names.length, 2)
      }),
  )

  it.effect("can be configured by Config", () =>
    Effect.gen(function* () {
      const file = yield* tempFile("config.db")
      const context = yield* Layer.build(
        SqliteClient.layerConfig(Config.all({ filename: Config.String("db") })),
      ).pipe(
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromUnknown({ db: file }),
        ),
      )
      const sql = yield* Effect.provideContext(SqliteClient.SqliteClient, context)
      assert.strictEqual(sql.config.filename, file)
      assert.strictEqual(sql.driver, "sqlite-node")
    }),
  )

  it.effect("answers synchronously, so that virtual time can stand still", () =>
    Effect.gen(function* () {
      const sql = yield* open({})
      yield* sql`CREATE TABLE t (a INTEGER) STRICT`
      const fiber = yield* Effect.forkChild(
        sql.withTransaction(sql`INSERT INTO t VALUES (1) RETURNING a`),
        { startImmediately: true },
      )
      assert.isDefined(fiber.pollUnsafe())
      yield* Fiber.join(fiber)
    }),
  )
})
