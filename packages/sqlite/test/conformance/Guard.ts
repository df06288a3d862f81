/** What must not reach SQLite, and what must not reach the tracer. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Option, References, Stream, Tracer } from "effect"
import type { SqlError } from "effect/sql"
import type { Check } from "./Check.ts"

export const guardChecks = (check: Check): void => {
  const refused: ReadonlyArray<readonly [string, ReadonlyArray<unknown>, string]> = [
    ["a Date", [new Date(0), 1], "parameter 1"],
    ["an object", [{ a: 1 }, 1], "parameter 1"],
    ["an array", [1, [2]], "parameter 2"],
    ["NaN", [1, Number.NaN], "parameter 2"],
    ["infinity", [Number.POSITIVE_INFINITY, 1], "parameter 1"],
    ["undefined", [1, undefined], "parameter 2"],
    ["a function", [1, () => 1], "parameter 2"],
    ["a symbol", [1, Symbol("s")], "parameter 2"],
    ["a bigint beyond 64 bits", [1, 2n ** 63n], "parameter 2"],
    ["too few", [1], "parameter 2"],
    ["too many", [1, 2, 3], "parameter 3"],
    ["none", [], "parameter 1"],
  ]
  for (const [what, values, place] of refused) {
    check(`refuses ${what}, naming the statement and the place`, (sql) =>
      Effect.gen(function* () {
        const said = (effect: Effect.Effect<unknown, SqlError.SqlError>) =>
          Effect.map(Effect.flip(effect), (error) => error.message)
        const statement = sql.unsafe("SELECT ? AS left_one, ? AS right_one", values)
        const messages = [
          yield* said(statement),
          yield* said(statement.raw),
          yield* said(statement.values),
          yield* said(statement.unprepared),
          yield* said(statement.valuesUnprepared),
          yield* said(Stream.runDrain(statement.stream)),
        ]
        for (const message of messages) {
          assert.include(message, place)
          assert.include(message, "SELECT ? AS left_one")
        }
      }),
    )
  }

  check("refuses a second statement, and placeholders that do not bind by position", (sql) =>
    Effect.gen(function* () {
      for (const text of [
        "CREATE TABLE a (x); CREATE TABLE b (x)",
        "SELECT ?1",
        "SELECT :x",
        "SELECT @x, $y",
      ]) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(sql.unsafe(text, []))))
      }
      const [row] = yield* sql`SELECT count(*) AS n FROM sqlite_schema`
      assert.strictEqual(row?.["n"], 0)
    }),
  )

  check("opens no span of its own, and keeps the caller's spans in their tree", (sql) =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        },
      })
      yield* Effect.gen(function* () {
        yield* sql`SELECT 1`
        yield* sql`SELECT 1`.values
        yield* Stream.runDrain(sql`SELECT 1`.stream)
        yield* Effect.gen(function* () {
          yield* sql`SELECT 1`
          assert.isTrue(yield* References.TracerEnabled)
          yield* Effect.withSpan(Effect.void, "step")
          yield* Effect.annotateCurrentSpan("rows", 1)
        }).pipe(sql.withTransaction)
      }).pipe(Effect.withSpan("job"), Effect.withTracer(tracer))
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["job", "step"],
      )
      const [job, step] = spans
      assert.strictEqual(Option.getOrUndefined(step!.parent)?.spanId, job!.spanId)
      assert.strictEqual(job!.attributes.get("rows"), 1)
    }),
  )
}
