/**
 * Holds the counters on the metrics page against the rows they speak of, since the first look.
 *
 * A row is committed before it is counted, and the fast lane goes on while it is looked at. So a look is
 * taken only if the counter did not move around it, and believed when the next one finds the same
 * difference; what does not hold still for {@link looksAtMost} looks is left to the next run.
 * Promises: each difference is a warning with both numbers, `evaluator_counter_difference`, and a
 * condition, until the process ends or they agree again.
 * Does not: say which of the two is wrong. A row taken away after it was counted here is not missed.
 * Limits: rows are counted by key, {@link keysAStep} keys a statement, others have their turn in between.
 */
import { Clock, DateTime, type Duration, Effect, Layer, Metric } from "effect"
import { SqlClient } from "effect/sql"
import { Conditions } from "@evaluator/runtime/Conditions"
import * as Job from "@evaluator/runtime/Job"
import { totalOf } from "@evaluator/telemetry/MetricsPage"
import { gaugeOf, type MetricName, metrics } from "@evaluator/telemetry/Names"
import type { LaneName } from "./Control.ts"

const looksAtMost = 6
const lookAgainAfter = "100 millis"
const keysAStep = 20_000

/** A counter and the rows it counts: those of a table, less those that are not yet what is counted. */
interface Pair {
  readonly lane: LaneName
  readonly counter: MetricName
  readonly table: string
  readonly key: string
  /** Rows not counted yet, by the words of a partial index. */
  readonly open: string | null
}

const running = "outcome = 'running'"
const undecided =
  "state IN ('detected', 'reviewed', 'reserved', 'priced', 'compensating') AND outcome IS NULL"
const { copyOutcomes, eventsPublished, jobRuns, rowsQuarantined } = metrics

const pairs: ReadonlyArray<Pair> = [
  { lane: "evaluation", counter: eventsPublished, table: "events", key: "seq", open: null },
  { lane: "evaluation", counter: jobRuns, table: "job_runs", key: "id", open: running },
  { lane: "evaluation", counter: rowsQuarantined, table: "quarantine", key: "id", open: null },
  { lane: "paper", counter: eventsPublished, table: "events", key: "seq", open: null },
  { lane: "paper", counter: jobRuns, table: "job_runs", key: "id", open: running },
  { lane: "paper", counter: copyOutcomes, table: "copies", key: "rowid", open: undecided },
]

/** What a lane is looked at by. */
export interface Side {
  readonly sql: SqlClient.SqlClient
  /** The lane's metrics as they are exported; `null` while it does not answer. */
  readonly page: Effect.Effect<string | null>
}

interface Look {
  readonly counted: number
  readonly rows: number
}

/** What has been counted up to a key. */
interface Mark {
  readonly key: number
  readonly rows: number
}

const difference = ({ counted, rows }: Look) => counted - rows

const gauge = gaugeOf(metrics.counterDifference)

export const makeReconciliation = Effect.fnUntraced(function* (
  sides: Readonly<Record<LaneName, Side>>,
) {
  const marks = new Map<Pair, Mark>()
  const firstLooks = new Map<Pair, Look & { readonly atMs: number }>()
  const differing = new Map<Pair, string>()

  /** Rows since the mark, which moves to the newest. */
  const rowsOf = Effect.fnUntraced(function* (pair: Pair) {
    const { key, lane, open, table } = pair
    const { sql } = sides[lane]
    const ask = (what: string, where: string) =>
      sql
        .unsafe<{ n: number }>(`SELECT ${what} AS n FROM ${table} WHERE ${where}`)
        .pipe(Effect.map(([row]) => row!.n))
    const newest = yield* ask(`coalesce(max(${key}), 0)`, "true")
    let mark = marks.get(pair)
    // A table whose newest rows went gives their keys out again: it is looked at anew.
    if (mark === undefined || newest < mark.key) {
      mark = { key: newest, rows: 0 }
      firstLooks.delete(pair)
    }
    let { rows } = mark
    for (let after = mark.key; after < newest; after += keysAStep) {
      const upTo = Math.min(after + keysAStep, newest)
      rows += yield* ask("count(*)", `${key} > ${after} AND ${key} <= ${upTo}`)
      yield* Effect.yieldNow
    }
    marks.set(pair, { key: newest, rows })
    return open === null ? rows : rows - (yield* ask("count(*)", open))
  }, Effect.orDie)

  /** `null` where the counter moved meanwhile. */
  const look = Effect.fnUntraced(function* (pair: Pair) {
    const counted = Effect.map(sides[pair.lane].page, (page) =>
      page === null ? null : totalOf(page, pair.counter.name),
    )
    const before = yield* counted
    const rows = yield* rowsOf(pair)
    return before !== null && before === (yield* counted) ? { counted: before, rows } : null
  })

  /** Looks until two looks agree. */
  const steadyLook = Effect.fnUntraced(function* (pair: Pair) {
    let last: Look | null = null
    for (let n = 0; n < looksAtMost; n++) {
      if (n > 0) yield* Effect.sleep(lookAgainAfter)
      const seen: Look | null = yield* look(pair)
      if (seen !== null && last !== null && difference(seen) === difference(last)) return seen
      last = seen
    }
    return null
  })

  const reconcile = Effect.gen(function* () {
    let compared = 0
    const answers = {
      evaluation: (yield* sides.evaluation.page) !== null,
      paper: (yield* sides.paper.page) !== null,
    }
    for (const pair of pairs) {
      if (!answers[pair.lane]) continue
      const seen = yield* steadyLook(pair)
      if (seen === null) continue
      compared += 1
      const first = firstLooks.get(pair) ?? { ...seen, atMs: yield* Clock.currentTimeMillis }
      firstLooks.set(pair, first)
      const counted = seen.counted - first.counted
      const rows = seen.rows - first.rows
      const of = `${pair.lane}.${pair.table}`
      yield* Metric.update(Metric.withAttributes(gauge, { rows: of }), counted - rows)
      if (counted === rows) {
        differing.delete(pair)
        continue
      }
      const since = DateTime.formatIso(DateTime.makeUnsafe(first.atMs))
      const says = `${pair.counter.name} counted ${counted} and ${of} has ${rows} rows since ${since}`
      differing.set(pair, says)
      yield* Effect.logWarning(says)
    }
    return { compared, unsteady: pairs.length - compared, differing: differing.size }
  })

  const condition = Effect.sync(() => ({
    name: "counters",
    ok: differing.size === 0,
    blocks: false,
    says: differing.size === 0 ? "agree with their rows" : [...differing.values()].join("; "),
  }))
  return { reconcile, condition }
})

export const reconcileCounters = (
  every: Duration.Duration,
  sides: Readonly<Record<LaneName, Side>>,
) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { condition, reconcile } = yield* makeReconciliation(sides)
      const conditions = yield* Conditions
      yield* conditions.add("counters", condition)
      return Job.layer({
        name: "reconcile-counters",
        about: "Holds the counters on the metrics page against the rows they count",
        service: "maintenance",
        every,
        atBoot: true,
        timeout: "1 minute",
        run: reconcile,
      })
    }),
  )
