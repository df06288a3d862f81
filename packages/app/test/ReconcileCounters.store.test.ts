import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Metric } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { migrations } from "@evaluator/app/Migrations"
import { makeReconciliation } from "@evaluator/app/ReconcileCounters"
import { quarantine } from "@evaluator/evaluation/stores/Ledger"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Database from "@evaluator/sqlite/Database"
import { lanePage } from "@evaluator/telemetry/MetricsPage"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { bareCopy } from "./CopyRows.ts"

const fileOf = (lane: "paper" | "evaluation") =>
  Layer.fresh(Database.layer({ file: ":memory:", lane, migrations: migrations[lane] }))

const outcomes = Metric.withAttributes(counterOf(metrics.copyOutcomes), {
  strategy: "solo",
  outcome: "SKIPPED_NO_BOOK",
})

/** Both lanes' files, with the counters of each in a registry of its own. */
const lanes = Effect.gen(function* () {
  const evaluation = yield* Layer.build(
    EventLog.layer.pipe(Layer.provideMerge(fileOf("evaluation"))),
  )
  const paper = yield* Layer.build(fileOf("paper"))
  const paperCounters = new Map()
  const inEvaluation = Effect.provideContext(evaluation)
  const inPaper = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideContext(paper),
      Effect.provideService(Metric.MetricRegistry, paperCounters),
    )
  let answers = true
  let meanwhile: Effect.Effect<void> = Effect.void
  const { condition, reconcile } = yield* makeReconciliation({
    evaluation: {
      sql: yield* inEvaluation(SqlClient.SqlClient),
      page: Effect.tap(lanePage, () => meanwhile),
    },
    paper: {
      sql: yield* Effect.provideContext(SqlClient.SqlClient, paper),
      page: Effect.suspend(() => (answers ? inPaper(lanePage) : Effect.succeed(null))),
    },
  })
  const counts = Effect.gen(function* () {
    const running = yield* Effect.forkChild(reconcile)
    yield* TestClock.adjust("10 seconds")
    return yield* Fiber.join(running)
  })
  return {
    condition,
    counts,
    inEvaluation,
    inPaper,
    silence: () => (answers = false),
    /** Happens after each time the background lane's counters were read. */
    move: (work: Effect.Effect<void>) => {
      meanwhile = work
    },
  }
})

const append = EventLog.use((log) =>
  log.append([{ type: "MarketsScored", payload: { day: "2026-01-01", markets: 3, events: 1 } }]),
)

let fills = 0
/** A copy of a fill of its own. */
const copy = (state: "detected" | "skipped") =>
  SqlClient.SqlClient.use(
    (sql) =>
      sql`INSERT INTO copies ${sql.insert({
        fill_id: new Uint8Array([++fills]),
        strategy: "solo",
        book: "solo",
        state,
        outcome: state === "skipped" ? "SKIPPED_NO_BOOK" : null,
        ...bareCopy,
      })}`,
  )

const own = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  test.pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map()))

describe("reconcile-counters", () => {
  it.effect("finds counters and rows to agree while each is counted once", () =>
    Effect.gen(function* () {
      const { condition, counts, inEvaluation, inPaper } = yield* lanes
      yield* inEvaluation(append)
      yield* inPaper(copy("skipped"))
      assert.deepStrictEqual(yield* counts, { compared: 6, unsteady: 0, differing: 0 })
      yield* inEvaluation(Effect.andThen(append, append))
      const rejected = ["a", "b", "a"].map((body) => ({
        body,
        reason: "no price",
        request: "/trades",
        recorded: null,
      }))
      yield* inEvaluation(quarantine(rejected, 100))
      yield* inPaper(Effect.andThen(copy("skipped"), Metric.update(outcomes, 1)))
      yield* inPaper(copy("detected"))
      assert.deepStrictEqual(yield* counts, { compared: 6, unsteady: 0, differing: 0 })
      assert.deepInclude(yield* condition, { ok: true, says: "agree with their rows" })
    }).pipe(own),
  )

  it.effect("names both numbers of each that differs, until they agree again", () =>
    Effect.gen(function* () {
      const { condition, counts, inEvaluation, inPaper } = yield* lanes
      yield* counts
      yield* inEvaluation(Effect.andThen(append, append))
      yield* inEvaluation(SqlClient.SqlClient.use((sql) => sql`DELETE FROM events WHERE seq = 1`))
      yield* inPaper(copy("skipped"))
      assert.deepInclude(yield* counts, { compared: 6, differing: 2 })
      assert.deepInclude(yield* condition, { ok: false, blocks: false })
      const { says } = yield* condition
      assert.include(says, "evaluator_events_published_total counted 2 and evaluation.events has 1")
      assert.include(says, "evaluator_copy_outcomes_total counted 0 and paper.copies has 1 rows")
      const page = yield* lanePage
      assert.match(page, /evaluator_counter_difference\{.*rows="evaluation.events".*\} 1\n/)
      assert.match(page, /evaluator_counter_difference\{.*rows="paper.copies".*\} -1\n/)
      yield* inPaper(Metric.update(outcomes, 1))
      assert.deepInclude(yield* counts, { differing: 1 })
    }).pipe(own),
  )

  it.effect("says nothing of a lane that does not answer", () =>
    Effect.gen(function* () {
      const { condition, counts, silence } = yield* lanes
      yield* counts
      silence()
      assert.deepStrictEqual(yield* counts, { compared: 3, unsteady: 3, differing: 0 })
      assert.isTrue((yield* condition).ok)
    }).pipe(own),
  )

  it.effect("does not believe a difference while the counter moves", () =>
    Effect.gen(function* () {
      const { condition, counts, inEvaluation, move } = yield* lanes
      yield* counts
      move(Effect.asVoid(inEvaluation(append)))
      assert.deepStrictEqual(yield* counts, { compared: 5, unsteady: 1, differing: 0 })
      assert.isTrue((yield* condition).ok)
    }).pipe(own),
  )
})
