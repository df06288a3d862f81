/**
 * issue-verdicts: FOLLOW, WATCH or AVOID for every weighed wallet, all judged together.
 *
 * A wallet is held against the population: how prices pay, how edges are spread, what copies cost. So
 * one run judges all. Truth: the newest row of `skill_models` and what was weighed since; it is due
 * once a day, and sooner when a fifth of the wallets changed or they are twice as many. Rows are read a page at a time and the
 * method goes in steps, so nothing else waits. A run that is cut off is made again from the start:
 * the model's row, written last, ends it. Emits `VerdictsIssued`.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { judgeInSteps } from "@evaluator/judgement/Judge"
import { type JudgementSettings, standard } from "@evaluator/judgement/Settings"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { stopAsked } from "@evaluator/runtime/JobProgress"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { type Population, populationAt } from "../evidence/Population.ts"
import {
  judgementState,
  noteRealized,
  type Said,
  sayVerdicts,
  storeModel,
  walletsWithNewCopies,
} from "../stores/Verdicts.ts"

const saidAtOnce = 25
/** The pause between the first two judgements of all wallets, least. */
const firstPauseMs = 20_000

const judgeAll = Effect.fnUntraced(function* (
  { markets, records }: Population,
  asOfMs: number,
  settings: JudgementSettings,
) {
  const steps = judgeInSteps(records, markets, asOfMs, settings)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (yield* stopAsked) return null
    yield* Effect.yieldNow
  }
})

/** Judges all weighed wallets now. */
export const issue = Effect.gen(function* () {
  const { verdicts } = yield* EvaluationSettings
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const now = yield* Clock.currentTimeMillis
  const horizonMs = Duration.toMillis(verdicts.horizon)
  const settings: JudgementSettings = { ...standard, falseDiscovery: verdicts.max_fdr }
  const population = yield* populationAt(now)
  const judgement = yield* judgeAll(population, now, settings)
  // The lane comes to rest: its last step judges again what is due.
  if (judgement === null) return { judged: 0 }
  const said = judgement.wallets.map((judged, at): Said => ({
    judged,
    coverage: population.coverages[at]!,
    completeShare: population.records[at]!.completeShare,
  }))
  const { lastAtMs, lastId } = yield* judgementState
  const model = lastId + 1
  const counts = { FOLLOW: 0, WATCH: 0, AVOID: 0 }
  let changed = 0
  for (let at = 0; at < said.length; at += saidAtOnce) {
    const some = said.slice(at, at + saidAtOnce)
    for (const { judged } of some) counts[judged.verdict] += 1
    changed += yield* sayVerdicts(some, model, now, horizonMs).pipe(sql.withTransaction)
    yield* Effect.yieldNow
  }
  for (const wallet of yield* walletsWithNewCopies(lastAtMs ?? 0)) {
    yield* noteRealized(wallet, horizonMs)
    yield* Effect.yieldNow
  }
  yield* Effect.gen(function* () {
    yield* storeModel(model, now, judgement.population, counts, settings)
    const { FOLLOW: follow, WATCH: watch, AVOID: avoid } = counts
    yield* log.append([
      { type: "VerdictsIssued", payload: { model, follow, watch, avoid, changed } },
    ])
  }).pipe(sql.withTransaction)
  return { judged: said.length, follow: counts.FOLLOW, changed }
}).pipe(Effect.orDie)

/** Judges all weighed wallets when that is due. */
export const issueDue = Effect.gen(function* () {
  const { verdicts } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const { changed, lastAtMs, lastWallets, sinceFirstMs, weighed } = yield* judgementState
  const since = lastAtMs === null ? Number.POSITIVE_INFINITY : now - lastAtMs
  // A new directory learns outcomes by the minute: the pauses double until they are as long as asked.
  const pause = Math.min(
    Duration.toMillis(verdicts.at_least_every),
    Math.max(firstPauseMs, sinceFirstMs),
  )
  const due =
    weighed > 0 &&
    (weighed >= 2 * lastWallets ||
      since >= Duration.toMillis(verdicts.every) ||
      (5 * changed >= weighed && since >= pause))
  return due ? yield* issue : { judged: 0 }
})

/** The end of a run: judged once more when anything was weighed since. */
export const issueChanged = Effect.gen(function* () {
  const { changed } = yield* judgementState
  return changed > 0 ? yield* issue : { judged: 0 }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ verdicts }) =>
    Job.layer({
      name: "issue-verdicts",
      about: "Says FOLLOW, WATCH or AVOID of every weighed wallet, all judged together",
      service: "ranking",
      every: verdicts.weigh_every,
      atBoot: false,
      on: ["WalletsScored"],
      emits: ["VerdictsIssued"],
      settle: "20 seconds",
      timeout: "10 minutes",
      run: issueDue,
    }),
  ),
)
