/**
 * The summary document of `run --for --json` and `replay --json`: what each lane says of itself, put
 * together.
 */
import { Clock, Effect } from "effect"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"
import type { SummaryDocument } from "./SummaryDocument.ts"

export interface SummaryFacts {
  readonly venue: "embedded" | "polymarket" | "recorded"
  readonly seed: number | null
  readonly virtual: boolean
  readonly fromMs: number
  /** Milliseconds of real time since the start. */
  readonly wallMs: Effect.Effect<number>
}

export const summarize = Effect.fnUntraced(function* (
  facts: SummaryFacts,
  evaluation: EvaluationHandle,
  paper: PaperHandle,
) {
  const mine = yield* evaluation.report
  const theirs = yield* paper.report
  const document: SummaryDocument = {
    venue: facts.venue,
    seed: facts.seed,
    virtual: facts.virtual,
    from_ms: facts.fromMs,
    to_ms: yield* Clock.currentTimeMillis,
    wall_ms: yield* facts.wallMs,
    funnel: mine.funnel,
    verdicts: mine.verdicts,
    copies: mine.copiesByStrategy.portfolio,
    copies_by_strategy: mine.copiesByStrategy,
    ledger: mine.ledger,
    evidence: mine.evidence,
    queues: [...mine.queues, ...theirs.queues],
    due: mine.due,
    jobs: [...mine.jobs, ...theirs.jobs],
    rows: mine.rows,
    decision_ms: facts.virtual ? null : theirs.decisionMs,
    events: mine.events + theirs.events,
    ranking: mine.ranking,
    ...mine.state,
  }
  return document
})
