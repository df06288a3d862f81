/** Transactions: their ends, their nesting, and who waits for whom. */
import { assert } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Option, Ref, Stream } from "effect"
import { add, type Check, ids, items, reasonOf } from "./Check.ts"

class Whose extends Context.Service<Whose, string>()("test/Whose") {}

export const transactionChecks = (check: Check): void => {
  check("commits a transaction that succeeds and answers its value", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const value = yield* add(sql, 1).pipe(Effect.as("done"), sql.withTransaction)
      assert.strictEqual(value, "done")
      assert.deepStrictEqual(yield* ids(sql), [1])
    }),
  )

  check("rolls back on a failure, a defect and an interruption", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const endings = [Effect.fail("no"), Effect.die("no"), Effect.interrupt]
      for (const ending of endings) {
        const exit = yield* add(sql, 1).pipe(
          Effect.andThen(ending),
          sql.withTransaction,
          Effect.exit,
        )
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(yield* ids(sql), [])
      }
    }),
  )

  check("rolls a nested transaction back alone, and with the outer one", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const inner = (id: number) =>
        add(sql, id).pipe(Effect.andThen(Effect.fail("inner")), sql.withTransaction, Effect.ignore)
      yield* add(sql, 1).pipe(
        Effect.andThen(inner(2)),
        Effect.andThen(sql.withTransaction(add(sql, 3))),
        sql.withTransaction,
      )
      assert.deepStrictEqual(yield* ids(sql), [1, 3])
      yield* sql
        .withTransaction(add(sql, 4))
        .pipe(Effect.andThen(Effect.fail("outer")), sql.withTransaction, Effect.ignore)
      assert.deepStrictEqual(yield* ids(sql), [1, 3])
    }),
  )

  check("releases the savepoints of nested transactions", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const savepoint = sql.withTransaction(Effect.void)
      const exit = yield* savepoint.pipe(
        Effect.andThen(sql`RELEASE SAVEPOINT effect_sql_1`),
        sql.withTransaction,
        Effect.exit,
      )
      assert.isTrue(Exit.isFailure(exit))
    }),
  )

  check("rolls back when the fiber is interrupted, and lets the next one in", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const inside = yield* Deferred.make<void>()
      const nested = add(sql, 3).pipe(
        Effect.andThen(Deferred.succeed(inside, undefined)),
        Effect.andThen(Effect.never),
        sql.withTransaction,
      )
      const fiber = yield* add(sql, 1).pipe(
        Effect.andThen(nested),
        sql.withTransaction,
        Effect.forkChild,
      )
      yield* Deferred.await(inside)
      yield* Fiber.interrupt(fiber)
      yield* sql.withTransaction(add(sql, 2))
      assert.deepStrictEqual(yield* ids(sql), [2])
    }),
  )

  check("keeps nested transactions of concurrent fibers apart", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const failing = add(sql, 1).pipe(
        Effect.andThen(Effect.yieldNow),
        Effect.andThen(Effect.fail("no")),
        sql.withTransaction,
        Effect.ignore,
      )
      yield* Effect.all([failing, sql.withTransaction(add(sql, 2)), failing], {
        concurrency: "unbounded",
      }).pipe(sql.withTransaction)
      assert.deepStrictEqual(yield* ids(sql), [2])
    }),
  )

  check("lets a fiber that waits for the connection be interrupted", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const [inside, leave] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const holder = yield* Deferred.succeed(inside, undefined).pipe(
        Effect.andThen(Deferred.await(leave)),
        sql.withTransaction,
        Effect.forkChild,
      )
      yield* Deferred.await(inside)
      const waiting = [
        yield* Effect.forkChild(sql.withTransaction(add(sql, 1)), { startImmediately: true }),
        yield* Effect.forkChild(add(sql, 2), { startImmediately: true }),
        yield* Effect.forkChild(Stream.runDrain(sql`SELECT 1`.stream), {
          startImmediately: true,
        }),
      ]
      yield* Fiber.interruptAll(waiting)
      yield* Deferred.succeed(leave, undefined)
      yield* Fiber.join(holder)
      assert.deepStrictEqual(yield* ids(sql), [])
      yield* sql.withTransaction(add(sql, 3))
      assert.deepStrictEqual(yield* ids(sql), [3])
    }),
  )

  check("keeps the statements of other fibers out of an open transaction", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const [inside, leave] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const failing = yield* add(sql, 1).pipe(
        Effect.andThen(Deferred.succeed(inside, undefined)),
        Effect.andThen(Deferred.await(leave)),
        Effect.andThen(Effect.fail("no")),
        sql.withTransaction,
        Effect.ignore,
        Effect.forkChild,
      )
      yield* Deferred.await(inside)
      const other = yield* Effect.forkChild(add(sql, 2), { startImmediately: true })
      yield* Deferred.succeed(leave, undefined)
      yield* Effect.all([Fiber.join(failing), Fiber.join(other)])
      assert.deepStrictEqual(yield* ids(sql), [2])
    }),
  )

  check("loses no update of a hundred concurrent transactions", (sql) =>
    Effect.gen(function* () {
      yield* sql`CREATE TABLE counts (n INTEGER NOT NULL) STRICT`
      yield* sql`INSERT INTO counts VALUES (0)`
      const increment = Effect.gen(function* () {
        const [row] = yield* sql<{ n: number }>`SELECT n FROM counts`
        yield* Effect.yieldNow
        yield* sql`UPDATE counts SET n = ${row!.n + 1}`
      })
      yield* Effect.replicateEffect(sql.withTransaction(increment), 100, {
        concurrency: "unbounded",
        discard: true,
      })
      assert.strictEqual((yield* sql<{ n: number }>`SELECT n FROM counts`)[0]?.n, 100)
    }),
  )

  check("is usable again after a COMMIT that failed", (sql) =>
    Effect.gen(function* () {
      yield* sql`PRAGMA foreign_keys = ON`
      yield* items(sql)
      yield* sql`CREATE TABLE parts (
        item INTEGER REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED) STRICT`
      const after = yield* Ref.make(0)
      const reason = yield* sql`INSERT INTO parts VALUES (99)`.pipe(
        Effect.andThen(sql.afterCommit(Ref.set(after, 1))),
        sql.withTransaction,
        reasonOf,
      )
      assert.strictEqual(reason._tag, "ConstraintError")
      assert.strictEqual(yield* Ref.get(after), 0)
      yield* sql.withTransaction(add(sql, 1))
      assert.deepStrictEqual(yield* ids(sql), [1])
      assert.strictEqual((yield* sql`SELECT * FROM parts`).length, 0)
    }),
  )

  check("runs afterCommit once the outer transaction commits, and not when it rolls back", (sql) =>
    Effect.gen(function* () {
      yield* items(sql)
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const note = (text: string) => sql.afterCommit(Ref.update(seen, (all) => [...all, text]))
      yield* note("outside")
      yield* Effect.gen(function* () {
        yield* sql.withTransaction(note("nested"))
        yield* note("outer")
        assert.deepStrictEqual(yield* Ref.get(seen), ["outside"])
      }).pipe(sql.withTransaction)
      yield* note("never").pipe(
        Effect.andThen(Effect.fail("no")),
        sql.withTransaction,
        Effect.ignore,
      )
      yield* sql.afterCommit(Effect.ignore(add(sql, 1))).pipe(sql.withTransaction)
      assert.deepStrictEqual(yield* Ref.get(seen), ["outside", "nested", "outer"])
      assert.deepStrictEqual(yield* ids(sql), [1])
    }),
  )

  check(
    "runs afterCommit with the services of where it was asked for, outside the transaction",
    (sql) =>
      Effect.gen(function* () {
        const seen: Array<string> = []
        const note = sql.afterCommit(
          Effect.gen(function* () {
            const open = yield* Effect.serviceOption(sql.transactionService)
            seen.push(`${yield* Whose} ${Option.isSome(open) ? "inside" : "outside"}`)
          }),
        )
        const given = (whose: string) => Effect.provideService(note, Whose, whose)
        yield* Effect.all([note, given("within"), sql.withTransaction(given("nested"))]).pipe(
          sql.withTransaction,
          Effect.provideService(Whose, "caller"),
        )
        assert.deepStrictEqual(seen, ["caller outside", "within outside", "nested outside"])
      }),
  )

  check("runs no afterCommit of a nested transaction that was rolled back", (sql) =>
    Effect.gen(function* () {
      const seen = yield* Ref.make(0)
      yield* sql
        .afterCommit(Ref.set(seen, 1))
        .pipe(
          Effect.andThen(Effect.fail("no")),
          sql.withTransaction,
          Effect.ignore,
          sql.withTransaction,
        )
      assert.strictEqual(yield* Ref.get(seen), 0)
    }),
  )

  check("refuses an afterCommit of a transaction that has ended", (sql) =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const late = yield* Deferred.await(ended).pipe(
        Effect.andThen(sql.afterCommit(Effect.void)),
        Effect.exit,
        Effect.forkDetach,
        sql.withTransaction,
      )
      yield* Deferred.succeed(ended, undefined)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(late)))
    }),
  )

  check("says that another connection holds the lock", (sql, second) =>
    Effect.gen(function* () {
      yield* items(sql)
      const other = yield* second
      yield* other`PRAGMA busy_timeout = 0`
      yield* Effect.gen(function* () {
        yield* add(sql, 1)
        const reason = yield* reasonOf(other.withTransaction(other`SELECT 1`))
        assert.strictEqual(reason._tag, "LockTimeoutError")
        assert.isTrue(reason.isRetryable)
      }).pipe(sql.withTransaction)
      yield* other.withTransaction(add(other, 2))
      assert.deepStrictEqual(yield* ids(sql), [1, 2])
    }),
  )
}
