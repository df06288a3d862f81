/**
 * apply-rules: moves wallets through CANDIDATE, PAPER_TRADING, APPROVED and STOPPED.
 *
 * Truth: `wallets.rules_due_ms`, set by judgements, scores and settled copies, and by the last look
 * for what only time changes (inactivity, the end of a cool-down). Approval rests on our own copies.
 * Emits `WalletRulesEvaluated` for moves only.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ONE } from "@evaluator/domain/money/Micro"
import { driftOf, type RulesThresholds, styleOf } from "@evaluator/domain/wallet/RuleGates"
import { evaluateRules, type RulesDecision } from "@evaluator/domain/wallet/WalletRules"
import * as Job from "@evaluator/runtime/Job"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { featuresOf } from "../stores/Judgements.ts"
import { copyEvidence, type DueToRule, dueToRule, storeDecision } from "../stores/Rules.ts"
import { inRounds } from "./Rounds.ts"

const perStep = 50
const roundsPerRun = 20
/** A followed wallet is looked at this often even when nothing of it changes. */
const lookAgainMs = 3_600_000

const thresholdsOf = ({ rules }: EvaluationSettings["Service"]): RulesThresholds => ({
  ...rules,
  min_profit_per_copy: rules.min_profit_per_copy * ONE,
  cool_down_ms: Duration.toMillis(rules.cool_down),
})

const nextLook = (
  decision: RulesDecision,
  sinceMs: number,
  nowMs: number,
  limits: RulesThresholds,
): number | null => {
  switch (decision.to) {
    case "CANDIDATE":
      return null
    case "STOPPED":
      return decision.reason === "cooling_down"
        ? sinceMs + limits.cool_down_ms
        : nowMs + lookAgainMs
    default:
      return nowMs + lookAgainMs
  }
}

const look = Effect.fnUntraced(function* (due: DueToRule) {
  const settings = yield* EvaluationSettings
  const { rules } = settings
  const limits = thresholdsOf(settings)
  const now = yield* Clock.currentTimeMillis
  const features = yield* featuresOf(due.wallet)
  const month = features.get(30) ?? null
  const since = now - Duration.toMillis(rules.evidence_window)
  const copies = yield* copyEvidence(due.wallet, since, rules.evidence_bankroll)
  const decision = evaluateRules(
    { ...due, week: features.get(7) ?? null, month, quarter: features.get(90) ?? null, copies },
    limits,
    now,
  )
  const approvedNow = decision.to === "APPROVED" && due.state !== "APPROVED"
  const baseline = approvedNow && month !== null ? styleOf(month) : due.baseline
  return yield* storeDecision(
    due,
    decision,
    { baseline, drift: driftOf({ baseline, month }) },
    nextLook(decision, due.sinceMs, now, limits),
  )
})

/** Looks at no more than 50 wallets in one transaction. */
export const applyDue = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const due = yield* dueToRule(perStep)
  const moved =
    due.length === 0 ? [] : yield* Effect.forEach(due, look).pipe(sql.withTransaction, Effect.orDie)
  return {
    counts: { looked: due.length, moved: moved.filter(Boolean).length },
    more: due.length === perStep,
  }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ rules }) =>
    Job.layer({
      name: "apply-rules",
      about: "Moves wallets between candidate, paper trading, approved and stopped",
      service: "ranking",
      every: rules.every,
      atBoot: true,
      on: ["WalletsScored"],
      emits: ["WalletRulesEvaluated"],
      settle: "1 second",
      timeout: "5 minutes",
      run: inRounds(applyDue, roundsPerRun),
    }),
  ),
)
