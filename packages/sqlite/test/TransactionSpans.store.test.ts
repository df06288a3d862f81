import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Tracer } from "effect"
import { SqlClient } from "effect/sql"
import { TransactionSpans } from "@evaluator/sqlite/QuietClient"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"

/** The client with spans for transactions or without, and a tracer that notes what was started. */
const noting = Effect.fnUntraced(function* (on: boolean) {
  const started: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    ...Tracer.nativeTracer,
    span: (options) => {
      const span = Tracer.nativeTracer.span(options)
      started.push(span)
      return span
    },
  })
  const context = yield* Layer.build(
    SqliteClient.layer({ filename: ":memory:" }).pipe(
      Layer.provide(Layer.succeed(TransactionSpans, on)),
    ),
  )
  const work = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`SELECT 1`
    yield* Effect.void.pipe(
      Effect.withSpan("inner"),
      Effect.andThen(sql.withTransaction(sql`SELECT 2`)),
      sql.withTransaction,
    )
  })
  const run = (sampled: boolean) =>
    work.pipe(
      Effect.withSpan("job", { sampled }),
      Effect.provideContext(context),
      Effect.provideService(Tracer.Tracer, tracer),
    )
  return { run, started, names: () => started.map(({ name }) => name) }
})

describe("a transaction", () => {
  it.effect(
    "is one CLIENT span that names the file as a database, within a span that is kept",
    () =>
      Effect.gen(function* () {
        const { run, started, names } = yield* noting(true)
        yield* run(true)
        assert.deepStrictEqual(names(), ["job", "sqlite transaction", "inner"])
        const [job, transaction, inner] = started
        assert.strictEqual(transaction!.kind, "client")
        assert.strictEqual(transaction!.attributes.get("db.system.name"), "sqlite")
        assert.strictEqual(transaction!.attributes.get("peer.service"), "sqlite")
        for (const span of [transaction!, inner!]) {
          assert.strictEqual(
            span.parent._tag === "Some" ? span.parent.value.spanId : null,
            job!.spanId,
          )
        }
      }),
  )

  it.effect("is none within a span that is not kept, and none where spans go nowhere", () =>
    Effect.gen(function* () {
      const unsampled = yield* noting(true)
      yield* unsampled.run(false)
      assert.deepStrictEqual(unsampled.names(), ["job", "inner"])
      const off = yield* noting(false)
      yield* off.run(true)
      assert.deepStrictEqual(off.names(), ["job", "inner"])
    }),
  )
})
