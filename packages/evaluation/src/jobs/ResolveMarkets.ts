/**
 * resolve-markets: the outcome of every condition that was traded or held.
 *
 * Truth: `conditions.resolve_due_ms`, set when a stored row names the condition and moved to the
 * market's end while it is open. An outcome that is not final is asked for again after a quarter of
 * the time it is late. Payouts are trusted only when the venue calls the market resolved and they
 * agree with its facts (`ResolutionCheck.ts`). Emits
 * `MarketResolved` once and makes the wallets that touched the condition due to be judged.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isFinal, type Resolution } from "@evaluator/domain/market/Market"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { nextAttempt } from "../Backoff.ts"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import {
  conditionHex,
  type DueCondition,
  dueToResolve,
  postponeCondition,
  resolutionChecked,
} from "../stores/Conditions.ts"
import { checkResolution } from "../ResolutionCheck.ts"
import { storeResolution } from "../stores/Resolutions.ts"
import { noteResolved } from "../stores/Wallets.ts"
import { inRounds } from "./Rounds.ts"

const perStep = 200
const roundsPerRun = 50

const recheckMs = Effect.fnUntraced(function* (due: DueCondition) {
  const { resolution } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const since = Math.min(now, due.endAtMs ?? due.firstNamedAtMs)
  const wait = Math.min(
    Duration.toMillis(resolution.check_at_most_every),
    Math.max(Duration.toMillis(resolution.check_at_least_every), (now - since) / 4),
  )
  return now + Math.ceil(wait)
})

const keep = Effect.fnUntraced(
  function* (due: DueCondition, served: Resolution | undefined) {
    const log = yield* EventLog
    const { judgement } = yield* EvaluationSettings
    if (served === undefined) {
      yield* resolutionChecked(due.condition, yield* recheckMs(due), "the venue says nothing yet")
      return false
    }
    const contradiction = isFinal(served) ? yield* checkResolution(served) : null
    if (contradiction !== null) {
      yield* Effect.logWarning(
        `the outcome of ${served.condition} is not believed and asked for again: ${contradiction}`,
      )
      yield* resolutionChecked(due.condition, yield* recheckMs(due), contradiction)
      return false
    }
    const news = yield* storeResolution(served)
    if (!isFinal(served)) {
      yield* resolutionChecked(due.condition, yield* recheckMs(due), `status ${served.status}`)
      return false
    }
    yield* resolutionChecked(due.condition, null, null)
    if (!news) return true
    yield* noteResolved(due.condition, Duration.toMillis(judgement.every))
    yield* log.append([{ type: "MarketResolved", payload: { resolution: served } }])
    return true
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

const resolve = Effect.fnUntraced(function* (due: DueCondition) {
  const api = yield* DataApi
  const condition = conditionHex(due.condition)
  const answer = yield* Effect.result(api.resolutions(condition))
  if (answer._tag === "Failure") {
    yield* postponeCondition(
      "resolve",
      due.condition,
      yield* nextAttempt(due.attempts, answer.failure),
    )
    return "failed" as const
  }
  const about = answer.success.filter((row) => row.condition === condition)
  const final = yield* keep(due, about.find(isFinal) ?? about[0])
  return final ? ("resolved" as const) : ("pending" as const)
})

/** Asks for what is due; also used by catching up. */
export const resolveDue = Effect.gen(function* () {
  const due = yield* dueToResolve(perStep)
  const done = yield* Effect.forEach(due, resolve, { concurrency: 4 })
  const count = (outcome: (typeof done)[number]) => done.filter((each) => each === outcome).length
  return {
    counts: { resolved: count("resolved"), pending: count("pending"), failed: count("failed") },
    more: due.length === perStep && count("failed") === 0,
  }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, (settings) =>
    Job.layer({
      name: "resolve-markets",
      about: "Asks for the outcome of traded markets that have ended",
      service: "settlement",
      every: settings.resolution.every,
      atBoot: true,
      on: ["TradesIngested", "MarketChanged"],
      settle: "3 seconds",
      timeout: "10 minutes",
      run: inRounds(resolveDue, roundsPerRun),
    }),
  ),
)
