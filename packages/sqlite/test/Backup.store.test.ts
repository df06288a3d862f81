import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { createHash } from "node:crypto"
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { backupDatabase, backupFile } from "@evaluator/sqlite/Backup"
import { layer, SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { tempDirectory } from "./TempDirectory.ts"

const open = (filename: string, readonly = false) =>
  Effect.flatMap(Layer.build(layer({ filename, readonly })), (context) =>
    Effect.provideContext(SqliteClient, context),
  )

const withRows = Effect.fnUntraced(function* (filename: string, rows: number) {
  const sql = yield* open(filename)
  yield* sql`PRAGMA foreign_keys = OFF`
  yield* sql`CREATE TABLE parents (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT`
  yield* sql`CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id)) STRICT`
  yield* sql`CREATE INDEX parents_by_text ON parents (text)`
  yield* sql`WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < ${rows})
    INSERT INTO parents SELECT n, printf('%0200d', n) FROM r`
  return sql
})

const countRows = (sql: SqliteClient) =>
  Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM parents`, ([row]) => row?.n)

/** Overwrites the bytes of one page in the middle of the file. */
const damage = (file: string) => {
  const handle = openSync(file, "r+")
  const page = Math.floor(statSync(file).size / 4096 / 2)
  writeSync(handle, Buffer.alloc(4096, 0x5a), 0, 4096, page * 4096)
  closeSync(handle)
}

describe("a backup", () => {
  it.effect("is one sound file of the size and hash it is said to have", () =>
    Effect.gen(function* () {
      const directory = yield* tempDirectory
      const sql = yield* withRows(join(directory, "live.db"), 5000)
      const report = yield* backupDatabase(join(directory, "copy.db")).pipe(
        Effect.provideService(SqliteClient, sql),
      )
      const bytes = readFileSync(report.file)
      assert.strictEqual(report.bytes, bytes.length)
      assert.strictEqual(report.bytes, report.pages * 4096)
      assert.strictEqual(report.sha256, createHash("sha256").update(bytes).digest("hex"))
      const copy = yield* open(report.file, true)
      assert.strictEqual(yield* countRows(copy), 5000)
      assert.deepStrictEqual(yield* copy.integrityCheck("whole"), [])
      assert.deepStrictEqual(
        readdirSync(directory).filter((name) => name.startsWith("copy")),
        ["copy.db"],
      )
    }),
  )

  it.effect("is of one moment, while writing goes on", () =>
    Effect.gen(function* () {
      const directory = yield* tempDirectory
      const sql = yield* withRows(join(directory, "live.db"), 20_000)
      const write = sql`INSERT INTO parents (text) VALUES ('later')`.pipe(
        Effect.andThen(sql`INSERT INTO children (parent) SELECT max(id) FROM parents`),
        sql.withTransaction,
        Effect.andThen(Effect.yieldNow),
      )
      const writer = yield* Effect.forkChild(Effect.forever(write))
      const report = yield* backupFile(join(directory, "live.db"), join(directory, "copy.db"))
      yield* Effect.sync(() => writer.interruptUnsafe())
      const copy = yield* open(report.file, true)
      const [pairs] = yield* copy<{ later: number; children: number }>`
        SELECT (SELECT count(*) FROM parents WHERE text = 'later') AS later,
          (SELECT count(*) FROM children) AS children`
      assert.strictEqual(pairs?.later, pairs?.children)
      const live = yield* countRows(sql)
      assert.isAbove(live ?? 0, (yield* countRows(copy)) ?? 0)
      assert.deepStrictEqual(yield* copy.integrityCheck("whole"), [])
    }),
  )

  it.effect("overwrites nothing", () =>
    Effect.gen(function* () {
      const directory = yield* tempDirectory
      yield* withRows(join(directory, "live.db"), 1)
      const destination = join(directory, "precious")
      writeFileSync(destination, "keep me")
      const error = yield* Effect.flip(backupFile(join(directory, "live.db"), destination))
      assert.strictEqual(error.step, "destination")
      assert.strictEqual(readFileSync(destination, "utf8"), "keep me")
    }),
  )

  it.effect("does not pass off damage as a backup, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const directory = yield* tempDirectory
      const source = join(directory, "live.db")
      yield* Effect.scoped(withRows(source, 5000))
      damage(source)
      const error = yield* Effect.flip(backupFile(source, join(directory, "copy.db")))
      assert.strictEqual(error.step, "check")
      assert.include(error.message, source)
      assert.deepStrictEqual(
        readdirSync(directory).filter((name) => name.startsWith("copy")),
        [],
      )
    }),
  )

  it.effect("fails for a source that is not there and a place that cannot be written", () =>
    Effect.gen(function* () {
      const directory = yield* tempDirectory
      const source = join(directory, "live.db")
      const missing = yield* Effect.flip(backupFile(source, join(directory, "copy.db")))
      assert.strictEqual(missing.step, "copy")
      assert.isFalse(existsSync(source))
      yield* withRows(source, 1)
      const nowhere = yield* Effect.flip(backupFile(source, join(directory, "no", "copy.db")))
      assert.strictEqual(nowhere.step, "copy")
    }),
  )

  it.effect("can be made of a database in memory with the client's own operation", () =>
    Effect.gen(function* () {
      const directory = yield* tempDirectory
      const sql = yield* withRows(":memory:", 10)
      const { totalPages, remainingPages } = yield* sql.backup(join(directory, "copy.db"))
      assert.isAbove(totalPages, 0)
      assert.strictEqual(remainingPages, 0)
      assert.strictEqual(yield* countRows(yield* open(join(directory, "copy.db"))), 10)
    }),
  )
})

describe("integrityCheck", () => {
  it.effect("finds nothing in a sound database, at either depth", () =>
    Effect.gen(function* () {
      const directory = yield* tempDirectory
      const sql = yield* withRows(join(directory, "live.db"), 100)
      yield* sql`CREATE TABLE "it's odd" (x INTEGER PRIMARY KEY AUTOINCREMENT) STRICT`
      yield* sql`INSERT INTO "it's odd" DEFAULT VALUES`
      assert.deepStrictEqual(yield* sql.integrityCheck("steps"), [])
      assert.deepStrictEqual(yield* sql.integrityCheck("whole"), [])
    }),
  )

  for (const depth of ["steps", "whole"] as const) {
    it.effect(`names a row that refers to nothing, depth ${depth}`, () =>
      Effect.gen(function* () {
        const sql = yield* withRows(join(yield* tempDirectory, "live.db"), 1)
        yield* sql`INSERT INTO children VALUES (7, 99)`
        assert.deepStrictEqual(yield* sql.integrityCheck(depth), [
          "row 7 of children refers to a missing parents",
        ])
      }),
    )

    it.effect(`finds a damaged page and does not fail on it, depth ${depth}`, () =>
      Effect.gen(function* () {
        const file = join(yield* tempDirectory, "live.db")
        yield* Effect.scoped(withRows(file, 5000))
        damage(file)
        const sql = yield* open(file, true)
        const faults = yield* sql.integrityCheck(depth)
        assert.isAbove(faults.length, 0)
        assert.isAtMost(faults.length, 100)
      }),
    )
  }

  it.effect("answers with a fault when the file is no database at all", () =>
    Effect.gen(function* () {
      const file = join(yield* tempDirectory, "live.db")
      writeFileSync(file, "not a database, but long enough to have a header ".repeat(100))
      assert.isTrue(existsSync(dirname(file)))
      const sql = yield* open(file, true)
      const [fault] = yield* sql.integrityCheck("steps")
      assert.include(fault, "not a database")
    }),
  )
})
