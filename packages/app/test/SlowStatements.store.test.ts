import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Metric } from "effect"
import * as SlowStatements from "@evaluator/app/SlowStatements"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"
import { StatementWatch } from "@evaluator/sqlite/StatementWatch"
import { counterOf, metrics } from "@evaluator/telemetry/Names"

describe("a call into SQLite", () => {
  it.effect("that keeps the thread over 250 ms is counted and named, no other", () => {
    const lines: Array<unknown> = []
    const logs = Logger.layer([Logger.make(({ message }) => void lines.push(message))])
    return Effect.gen(function* () {
      const watch = yield* StatementWatch
      watch("SELECT 1", SlowStatements.longestMs)
      watch("SELECT count(*) FROM trades WHERE wallet = ?", 312.4)
      const { count } = yield* Metric.value(counterOf(metrics.slowStatements))
      assert.strictEqual(count, 1)
      assert.deepStrictEqual(lines.flat(), [
        "a call into SQLite took 312 ms: SELECT count(*) FROM trades WHERE wallet = ?",
      ])
    }).pipe(
      Effect.provide(Layer.provideMerge(SlowStatements.layer, logs)),
      Effect.provideService(Metric.MetricRegistry, new Map()),
    )
  })

  it.effect("of a connection opened over the watch is measured", () =>
    Effect.gen(function* () {
      const sql = yield* SqliteClient.SqliteClient
      yield* sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000000)
        SELECT max(i) AS most FROM n`
      const { count } = yield* Metric.value(counterOf(metrics.slowStatements))
      assert.strictEqual(count, 1)
    }).pipe(
      Effect.provide(
        SqliteClient.layer({ filename: ":memory:" }).pipe(Layer.provide(SlowStatements.layer)),
      ),
      Effect.provideService(Metric.MetricRegistry, new Map()),
    ),
  )
})
