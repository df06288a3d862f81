/**
 * resolve-markets: the outcome of every condition that was traded or held.
 *
 * Truth: `conditions.resolve_due_ms`, set when a stored row names the condition and moved to the
 * market's end while it is open. An outcome that is not final is asked for again after a quarter of
 * the time it is late. Payouts are trusted only when the venue calls the market resolved, they agree
 * with its facts, and neither Gamma nor the CLOB says otherwise (`ResolutionCheck.ts`); what is in doubt
 * is kept, not believed and asked for again, until a doubt that does not end is overruled
 * (`stores/OutcomeDoubts.ts`). A final outcome is looked at again while the venue may still correct it
 * ({@link lookAgainMs}); one that is disputed then stands, and is asked for until the dispute must be
 * over (`resolution.disputed_at_most`). Emits `MarketResolved` once for each outcome and makes the wallets that
 * touched the condition due to be judged.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isFinal, type Resolution } from "@evaluator/domain/market/Market"
import { DataApi } from "@evaluator/polymarket/DataApi"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { nextAttempt } from "../Backoff.ts"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { settingAside } from "../SetAside.ts"
import {
  conditionHex,
  type DueCondition,
  dueToResolve,
  postponeCondition,
  resolutionChecked,
} from "../stores/Conditions.ts"
import { type Checked, checkResolutions } from "../ResolutionCheck.ts"
import { overruling, settleDoubts, storeDoubts } from "../stores/OutcomeDoubts.ts"
import { finalSince, storeResolution } from "../stores/Resolutions.ts"
import { noteResolved } from "../stores/Wallets.ts"
import { inRounds } from "./Rounds.ts"

const perStep = 100
const roundsPerRun = 100

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

/**
 * When a final outcome of `sinceMs` is looked at again: after a seventh of the time in which it may be
 * corrected, and at its end; null after that.
 */
export const lookAgainMs = (sinceMs: number, nowMs: number, correctableForMs: number) =>
  [sinceMs + Math.ceil(correctableForMs / 7), sinceMs + correctableForMs].find(
    (atMs) => atMs > nowMs,
  ) ?? null

/**
 * When a market whose final outcome stands is asked again although the venue no longer calls it final:
 * as one whose outcome is late, until a dispute is over; null after that.
 */
const askOfDispute = Effect.fnUntraced(function* (due: DueCondition, sinceMs: number) {
  const { resolution } = yield* EvaluationSettings
  const untilMs =
    sinceMs +
    Duration.toMillis(resolution.correctable_for) +
    Duration.toMillis(resolution.disputed_at_most)
  const next = yield* recheckMs(due)
  return next <= untilMs ? next : null
})

const keep = Effect.fnUntraced(
  function* (due: DueCondition, served: Resolution | undefined, checked: Checked | null) {
    const log = yield* EventLog
    const { judgement, resolution } = yield* EvaluationSettings
    const now = yield* Clock.currentTimeMillis
    const correctableMs = Duration.toMillis(resolution.correctable_for)
    if (served === undefined) {
      const since = yield* finalSince(due.condition)
      if (since === null) {
        yield* resolutionChecked(due.condition, yield* recheckMs(due), "the venue says nothing yet")
      } else {
        // An outcome that the venue no longer tells of is not asked for without end.
        yield* resolutionChecked(due.condition, lookAgainMs(since, now, correctableMs), null)
      }
      return "pending"
    }
    const doubts = checked?.doubts ?? []
    let despite: string | null = null
    if (doubts.length > 0) {
      yield* storeDoubts(served, doubts)
      const afterMs = Duration.toMillis(resolution.overrule_doubts_after)
      despite = yield* overruling(served, doubts, afterMs)
      const said = doubts.map(({ said, source }) => `${source}: ${said}`).join("; ")
      if (despite === null) {
        yield* Effect.logWarning(
          `the outcome of ${served.condition} is not believed and asked for again: ${said}`,
        )
        yield* resolutionChecked(due.condition, yield* recheckMs(due), said)
        return "pending"
      }
      yield* Effect.logWarning(`the outcome of ${served.condition} is believed: ${despite}`)
    }
    const { news, stands, seenAtMs } = yield* storeResolution(
      served,
      checked?.confirmedBy ?? [],
      despite,
    )
    yield* settleDoubts(due.condition)
    if (stands) {
      const since = (yield* finalSince(due.condition)) ?? seenAtMs
      const again = yield* askOfDispute(due, since)
      const reason = `status ${served.status}, the outcome told before stands${again === null ? " for good" : ""}`
      yield* resolutionChecked(due.condition, again, reason)
      return "pending"
    }
    if (!isFinal(served)) {
      yield* resolutionChecked(due.condition, yield* recheckMs(due), `status ${served.status}`)
      return "pending"
    }
    const again = lookAgainMs(served.resolvedAtMs ?? seenAtMs, now, correctableMs)
    yield* resolutionChecked(due.condition, again, null)
    if (!news) return "confirmed"
    yield* noteResolved(due.condition, Duration.toMillis(judgement.every))
    yield* log.append([{ type: "MarketResolved", payload: { resolution: served } }])
    return "resolved"
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

/** What the resolution feed says of a condition: the final row where there is one. */
const ask = Effect.fnUntraced(function* (due: DueCondition) {
  const api = yield* DataApi
  const condition = conditionHex(due.condition)
  const rows = yield* api.resolutions(condition)
  const about = rows.filter((row) => row.condition === condition)
  return about.find(isFinal) ?? about[0]
})

const postpone = Effect.fnUntraced(function* (due: DueCondition, failure: PolymarketError) {
  yield* postponeCondition("resolve", due.condition, yield* nextAttempt(due.attempts, failure))
  return "failed"
})

/** Asks for what is due; also used by catching up. */
export const resolveDue = Effect.gen(function* () {
  const due = yield* dueToResolve(perStep)
  const answers = yield* sideBySide(due, (one) => Effect.result(ask(one)))
  const finals = answers.flatMap((answer) =>
    answer._tag === "Success" && answer.success !== undefined && isFinal(answer.success)
      ? [answer.success]
      : [],
  )
  const weighed = finals.length === 0 ? new Map() : yield* checkResolutions(finals)
  const done = yield* Effect.forEach(due, (one, index) =>
    Effect.gen(function* () {
      const answer = answers[index]!
      if (answer._tag === "Failure") return yield* postpone(one, answer.failure)
      const checked = weighed.get(conditionHex(one.condition)) ?? null
      if (checked?._tag === "Failure") return yield* postpone(one, checked.failure)
      const kept = yield* keep(one, answer.success, checked?.success ?? null)
      // Nothing is waited for between these transactions: others have their turn.
      yield* Effect.yieldNow
      return kept
    }),
  )
  const count = (outcome: (typeof done)[number]) => done.filter((each) => each === outcome).length
  return {
    counts: {
      resolved: count("resolved"),
      confirmed: count("confirmed"),
      pending: count("pending"),
      failed: count("failed"),
    },
    more: due.length === perStep && count("failed") === 0,
  }
}).pipe(settingAside)

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, (settings) =>
    Job.layer({
      name: "resolve-markets",
      about: "Asks for the outcome of traded markets that have ended",
      service: "settlement",
      every: settings.resolution.every,
      atBoot: true,
      on: ["TradesIngested", "MarketChanged"],
      emits: ["MarketResolved"],
      settle: "3 seconds",
      timeout: "10 minutes",
      stallAfter: "3 minutes",
      concurrency: 4,
      run: inRounds(resolveDue, roundsPerRun),
    }),
  ),
)
