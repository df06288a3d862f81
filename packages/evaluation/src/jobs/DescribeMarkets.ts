/**
 * describe-markets: facts for every condition that a stored row names, and fresh ones for open
 * markets.
 *
 * Truth: `conditions.describe_due_ms`. At most 20 conditions a request and 400 a step. A condition the
 * venue does not know is asked for again with growing pauses, twelve times, then dead-lettered with
 * that reason. Emits `MarketListed` and `MarketChanged` when facts changed.
 */
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { NotFound, PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { nextAttempt } from "../Backoff.ts"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import {
  conditionHex,
  type DueCondition,
  dueToDescribe,
  postponeCondition,
} from "../stores/Conditions.ts"
import { quarantine } from "../stores/Ledger.ts"
import { upsertMarkets, type UpsertPolicy } from "../stores/Markets.ts"
import { inRounds } from "./Rounds.ts"

const perRequest = 20
const perStep = 400
const roundsPerRun = 25

export const upsertPolicyOf = (settings: EvaluationSettings["Service"]): UpsertPolicy => ({
  refreshMs: Duration.toMillis(settings.markets.refresh),
  checkAtMostEveryMs: Duration.toMillis(settings.resolution.check_at_most_every),
})

const unknown = new PolymarketError({
  request: "markets by condition",
  reason: new NotFound({ message: "the venue lists no market under this condition" }),
})

const postponeAll = (due: ReadonlyArray<DueCondition>, error: PolymarketError) =>
  Effect.forEach(
    due,
    (row) =>
      Effect.flatMap(nextAttempt(row.attempts, error), (next) =>
        postponeCondition("describe", row.condition, next),
      ),
    { discard: true },
  )

const describe = Effect.fnUntraced(function* (due: ReadonlyArray<DueCondition>) {
  const gamma = yield* GammaApi
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const settings = yield* EvaluationSettings
  const page = yield* Effect.result(
    gamma.marketsByCondition(due.map((row) => conditionHex(row.condition))),
  )
  if (page._tag === "Failure") {
    yield* postponeAll(due, page.failure)
    return { described: 0, unknown: 0, failed: due.length }
  }
  const { rows, rejected } = page.success
  yield* Effect.gen(function* () {
    yield* log.append(yield* upsertMarkets(rows, upsertPolicyOf(settings)))
    yield* quarantine(rejected, settings.ingestion.max_quarantined)
  }).pipe(sql.withTransaction, Effect.orDie)
  const found = new Set(rows.map((market) => market.condition))
  const missing = due.filter((row) => !found.has(conditionHex(row.condition)))
  yield* postponeAll(missing, unknown)
  return { described: rows.length, unknown: missing.length, failed: 0 }
})

/** Describes what is due; also used by tests and by catching up. */
export const describeDue = Effect.gen(function* () {
  const due = yield* dueToDescribe(perStep)
  const requests = Array.from({ length: Math.ceil(due.length / perRequest) }, (_, index) =>
    due.slice(index * perRequest, (index + 1) * perRequest),
  )
  const done = yield* sideBySide(requests, describe)
  const sum = (key: "described" | "unknown" | "failed") =>
    done.reduce((total, counts) => total + counts[key], 0)
  return {
    counts: { described: sum("described"), unknown: sum("unknown"), failed: sum("failed") },
    more: due.length === perStep && sum("failed") === 0,
  }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, (settings) =>
    Job.layer({
      name: "describe-markets",
      about: "Fetches the facts of every market that a stored row names and refreshes open ones",
      service: "discovery",
      every: settings.markets.every,
      atBoot: true,
      on: ["TradesIngested", "WalletsDiscovered"],
      emits: ["MarketListed", "MarketChanged"],
      settle: "2 seconds",
      timeout: "5 minutes",
      stallAfter: "2 minutes",
      concurrency: 4,
      run: inRounds(describeDue, roundsPerRun),
    }),
  ),
)
