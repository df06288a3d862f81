/** Statements, rows, streams, errors, and what effect builds on them. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Schema, Stream } from "effect"
import { Migrator, SqlClient, SqlResolver, SqlSchema } from "effect/sql"
import { add, type Check, ids, items, reasonOf, type Sql } from "./Check.ts"

export const statementChecks = (check: Check): void => {
  check("keeps each storage class and answers rows by column name", (sql) =>
    Effect.gen(function* () {
      const blob = new Uint8Array([0, 255, 7])
      const [row] = yield* sql<
        Record<string, unknown>
      >`SELECT ${null} AS n, ${"é\0✓"} AS t, ${1.5} AS r, ${42} AS i, ${blob} AS b, ${true} AS y`
      assert.deepStrictEqual({ ...row }, { n: null, t: "é\0✓", r: 1.5, i: 42, b: blob, y: 1 })
    }),
  )

  check("binds a whole number as an INTEGER", (sql) =>
    Effect.gen(function* () {
      const [row] = yield* sql`SELECT typeof(${7}) AS kind, ${7} / 2 AS half, json_array(${7}) AS j`
      assert.deepStrictEqual({ ...row }, { kind: "integer", half: 3, j: "[7]" })
    }),
  )

  check("inserts, updates and selects through the helpers", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const made = yield* sql`INSERT INTO items ${sql
        .insert([
          { id: 1, name: "a", size: 1 },
          { id: 2, name: "b", size: 2 },
        ])
        .returning("id")}`
      assert.deepStrictEqual(
        made.map((row) => row["id"]),
        [1, 2],
      )
      yield* sql`UPDATE items SET ${sql.update({ id: 2, size: 9 }, ["id"])} WHERE id = ${2}`
      const found = yield* sql`SELECT name, size FROM ${sql("items")}
        WHERE ${sql.and([sql.in("id", [2, 3]), sql`size > ${5}`, sql.or(["1 = 1", "1 = 0"])])}`
      assert.deepStrictEqual({ ...found[0] }, { name: "b", size: 9 })
      assert.deepStrictEqual(yield* sql`SELECT id FROM items WHERE ${sql.in("id", [])}`, [])
    }),
  )

  check("quotes identifiers", (sql) =>
    Effect.gen(function* () {
      yield* sql`CREATE TABLE ${sql('odd "name')} (id INTEGER) STRICT`
      const [row] = yield* sql`SELECT name FROM sqlite_schema`
      assert.strictEqual(row?.["name"], 'odd "name')
    }),
  )

  check("answers values, raw results and unprepared statements", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const written = yield* sql`INSERT INTO items VALUES (5, 'a', 1)`.raw
      assert.deepInclude(written as object, { changes: 1, lastInsertRowid: 5 })
      assert.deepStrictEqual(yield* sql`SELECT id, name FROM items`.values, [[5, "a"]])
      assert.deepStrictEqual(yield* sql`SELECT id, name FROM items`.valuesUnprepared, [[5, "a"]])
      const selected = yield* sql`SELECT id, name FROM items`
      assert.deepStrictEqual({ ...selected[0] }, { id: 5, name: "a" })
      assert.strictEqual((yield* sql`SELECT id FROM items`.unprepared).length, 1)
      assert.strictEqual((yield* sql`SELECT id FROM items`.withoutTransform).length, 1)
      assert.strictEqual((yield* sql.unsafe("SELECT ? AS x", [3]))[0]?.["x" as never], 3)
    }),
  )

  check("says which constraint was violated, and tells the kinds apart", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      yield* add(sql, 1)
      const unique = yield* reasonOf(sql`INSERT INTO items VALUES (2, 'n1', 1)`)
      assert.strictEqual(unique._tag, "UniqueViolation")
      assert.strictEqual(unique._tag === "UniqueViolation" ? unique.constraint : "", "items.name")
      const key = yield* reasonOf(sql`INSERT INTO items VALUES (1, 'other', 1)`)
      assert.strictEqual(key._tag, "UniqueViolation")
      const tooSmall = yield* reasonOf(sql`INSERT INTO items VALUES (3, 'x', 0)`)
      assert.strictEqual(tooSmall._tag, "ConstraintError")
      const empty = yield* reasonOf(sql`INSERT INTO items VALUES (3, NULL, 1)`)
      assert.strictEqual(empty._tag, "ConstraintError")
      const nonsense = yield* Effect.flip(sql`SELEKT 1`)
      assert.include(nonsense.message, "SELEKT")
    }),
  )

  check("serves schemas and resolvers", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      yield* add(sql, 1)
      yield* add(sql, 2)
      const Item = Schema.Struct({ id: Schema.Int, name: Schema.String, size: Schema.Int })
      const bySize = SqlSchema.findOneOption({
        Request: Schema.Int,
        Result: Item,
        execute: (size) => sql`SELECT * FROM items WHERE size = ${size}`,
      })
      assert.deepStrictEqual(yield* bySize(2), Option.some({ id: 2, name: "n2", size: 2 }))
      assert.deepStrictEqual(yield* bySize(7), Option.none())
      const byId = SqlResolver.findById({
        Id: Schema.Int,
        Result: Item,
        ResultId: (item) => item.id,
        execute: (wanted) => sql`SELECT * FROM items WHERE ${sql.in("id", wanted)}`,
      })
      const found = yield* Effect.forEach([2, 1], SqlResolver.request(byId), {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(
        found.map((item) => item.name),
        ["n2", "n1"],
      )
    }),
  )

  check("reads large integers as bigint when asked to, and never rounds them", (sql) =>
    Effect.gen(function* () {
      const large = 2n ** 62n + 1n
      const read = sql<{ x: unknown }>`SELECT ${large} AS x`
      const safely = yield* Effect.provideService(read, SqlClient.SafeIntegers, true)
      assert.strictEqual(safely[0]?.x, large)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(read)))
      assert.strictEqual((yield* sql<{ x: unknown }>`SELECT ${5n} AS x`)[0]?.x, 5)
    }),
  )

  const tenThousand = (sql: Sql) => sql<{ n: number }>`
    WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 10000)
    SELECT n FROM r`

  check("streams rows in order", (sql) =>
    Effect.gen(function* () {
      const sum = yield* Stream.runFold(
        tenThousand(sql).stream,
        () => ({ sum: 0, last: 0 }),
        (state, { n }) => ({ sum: state.sum + n, last: n }),
      )
      assert.deepStrictEqual(sum, { sum: 50_005_000, last: 10_000 })
      assert.strictEqual(yield* Stream.runCount(sql`SELECT 1 WHERE 1 = 0`.stream), 0)
    }),
  )

  const manyItems = (sql: Sql) =>
    Effect.andThen(
      items(sql),
      sql`WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 600)
        INSERT INTO items SELECT n, 'n' || n, n FROM r`,
    )

  check("lets table and connection go when a stream is left early, fails, is interrupted", (sql) =>
    Effect.gen(function* () {
      const read = () => sql<{ id: number }>`SELECT id FROM items`.stream
      const endings: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        Stream.runDrain(Stream.take(read(), 2)),
        Stream.runForEach(read(), ({ id }) => (id === 300 ? Effect.fail("enough") : Effect.void)),
        Effect.flatMap(
          Effect.forkChild(
            Stream.runForEach(read(), () => Effect.never),
            {
              startImmediately: true,
            },
          ),
          Fiber.interrupt,
        ),
      ]
      for (const ending of endings) {
        yield* manyItems(sql)
        yield* Effect.exit(ending)
        // A statement that is still open would lock the table.
        yield* sql.withTransaction(sql`DROP TABLE items`)
      }
    }),
  )

  check("runs the same statement while a stream of it is being read", (sql) =>
    Effect.gen(function* () {
      yield* manyItems(sql)
      const read = () => sql<{ id: number }>`SELECT id FROM items ORDER BY id`
      const seen = yield* read().stream.pipe(
        Stream.tap(({ id }) => (id % 100 === 0 ? Effect.asVoid(read()) : Effect.void)),
        Stream.runCollect,
        sql.withTransaction,
      )
      assert.deepStrictEqual(
        seen.map(({ id }) => id),
        Array.from({ length: 600 }, (_, index) => index + 1),
      )
    }),
  )

  check("runs migrations once, in order, all or nothing", (sql) =>
    Effect.gen(function* () {
      const run = (migrations: Record<string, Effect.Effect<void, unknown, Sql>>) =>
        Migrator.make({})({ loader: Migrator.fromRecord(migrations) })
      const first = { "1_create_items": Effect.asVoid(items(sql)) }
      assert.deepStrictEqual(yield* run(first), [[1, "create_items"]])
      assert.deepStrictEqual(yield* run(first), [])
      const failed = yield* Effect.exit(
        run({
          ...first,
          "2_add_row": Effect.asVoid(add(sql, 1)),
          "3_break_down": Effect.fail("no"),
        }),
      )
      assert.isTrue(Exit.isFailure(failed))
      assert.deepStrictEqual(yield* ids(sql), [])
    }),
  )
}
