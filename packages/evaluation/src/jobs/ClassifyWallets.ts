/**
 * classify-wallets: a verdict on every wallet whose history is complete.
 *
 * Truth: `wallets.judge_due_ms`, set when a history becomes complete, changes, or a market it touched
 * resolves (then at most every
 * `judgement.every`), when middle prices of its first purchases become known (`weigh-evidence` notes
 * them), and by the last judgement for a look after `judgement.rejudge_after`. The stored
 * ledger is walked through the lots engine, only what is new of it where that is enough
 * (`WarmHistories.ts`). A first judgement
 * waits for outcomes that nobody has asked for yet, but not longer than
 * `judgement.wait_for_resolutions`: an unpaid loser must not look like an open bet. Emits
 * `WalletsClassified`.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { classify, personaWindowDays } from "@evaluator/domain/wallet/Classify"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import type { WaitingReason } from "@evaluator/domain/wallet/Persona"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { outcomesPending } from "../stores/Conditions.ts"
import { countHistory } from "../stores/History.ts"
import {
  type DueWallet,
  dueToJudge,
  type Judgement,
  keepWaiting,
  storeJudgement,
} from "../stores/Judgements.ts"
import { spreadEdgeOf } from "../stores/SpreadEdge.ts"
import { measureWallet } from "../WarmHistories.ts"
import { inRounds } from "./Rounds.ts"

/** Windows that features are kept for; 7, 30 and 90 are scored, 180 is judged. */
export const featureWindows: ReadonlyArray<number> = [7, 30, 90, personaWindowDays]
const perStep = 20
const roundsPerRun = 25
/** A wallet that waits for outcomes is looked at again after this long. */
const lookAgainMs = 5000
const longestPauseMs = 30 * dayMs

interface Waiting {
  readonly wallet: Uint8Array
  readonly reason: WaitingReason
  readonly dueMs: number
}

type Judged =
  | { readonly kind: "judged"; readonly judgement: Judgement }
  | { readonly kind: "waiting"; readonly waiting: Waiting }

const judge = Effect.fnUntraced(function* (
  due: DueWallet,
): Effect.fn.Return<Judged, never, SqlClient.SqlClient | EvaluationSettings> {
  const settings = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const { wallet } = due
  const small = Effect.map(countHistory(wallet), (rows) => rows <= settings.judgement.max_history)
  const patience = Duration.toMillis(settings.judgement.wait_for_resolutions)
  const patient = due.judgedAtMs === null && now - due.completeAtMs < patience
  if (patient && (yield* small) && (yield* outcomesPending(wallet)) > 0) {
    return waiting(wallet, "RESOLUTIONS_PENDING", now + lookAgainMs)
  }
  const features = yield* measureWallet(wallet, featureWindows, small)
  if (features === null) return waiting(wallet, "HISTORY_TOO_LARGE", now + dayMs)
  const classification = classify(
    {
      wallet: bytesToHex(wallet),
      features,
      spreadEdge: yield* spreadEdgeOf(wallet, now - personaWindowDays * dayMs, now),
      nowMs: now,
    },
    settings.personas,
  )
  // A wallet that has been silent for long changes little from day to day.
  const silence = now - (features.lastFillMs ?? now)
  const rejudgeAfter = Duration.toMillis(settings.judgement.rejudge_after)
  const pause = Math.max(rejudgeAfter, Math.min(longestPauseMs, silence / 4))
  return {
    kind: "judged",
    judgement: { wallet, features, classification, nextDueMs: now + Math.ceil(pause) },
  }
})

const waiting = (wallet: Uint8Array, reason: WaitingReason, dueMs: number): Judged => ({
  kind: "waiting",
  waiting: { wallet, reason, dueMs },
})

const store = Effect.fnUntraced(
  function* (judged: ReadonlyArray<Judged>) {
    const log = yield* EventLog
    const counts = { classified: 0, excluded: 0, waiting: 0 }
    for (const each of judged) {
      if (each.kind === "waiting") {
        counts.waiting += 1
        yield* keepWaiting(each.waiting.wallet, each.waiting.reason, each.waiting.dueMs)
      } else {
        counts[each.judgement.classification.verdict] += 1
        yield* storeJudgement(each.judgement)
      }
    }
    if (judged.some((each) => each.kind === "judged")) {
      yield* log.append([{ type: "WalletsClassified", payload: counts }])
    }
    return counts
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

/** Judges at most 20 wallets and stores what was found in one transaction. */
export const judgeDue = Effect.gen(function* () {
  const due = yield* dueToJudge(perStep)
  const judged = yield* Effect.forEach(due, judge)
  const counts = due.length === 0 ? {} : yield* store(judged)
  return { counts: { judged: due.length, ...counts }, more: due.length === perStep }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ judgement }) =>
    Job.layer({
      name: "classify-wallets",
      about: "Judges wallets whose history is complete and has changed",
      service: "classification",
      every: judgement.every,
      atBoot: true,
      on: ["TradesIngested", "MarketResolved"],
      emits: ["WalletsClassified"],
      settle: "2 seconds",
      timeout: "10 minutes",
      stallAfter: "3 minutes",
      run: inRounds(judgeDue, roundsPerRun),
    }),
  ),
)
