/**
 * Where things stand, read from both lanes' files through their reports: never a query to the fast
 * lane's own connection.
 *
 * Leader fills come from evaluator.db, outcomes from paper.db, both up to the older of the lanes'
 * watermarks. Always `sum(outcomes) + in_flight + undetected = leader_fills`, unless a lane is at
 * fault: then the ids say where.
 */
import { Clock, Effect } from "effect"
import type { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import type { FillId } from "@evaluator/domain/Id"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { PaperReports } from "@evaluator/paper/PaperReports"
import type { Money } from "@evaluator/paper/LedgerSummary"
import type { Glance } from "./LaneHandles.ts"
import type { LedgerFigures, StatusDocument } from "./StatusDocument.ts"
import type { CopySummary } from "./SummaryDocument.ts"

type Evaluation = EvaluationReports["Service"]
type Paper = PaperReports["Service"]

/** The one strategy whose copies are the summary's `copies`. */
export const strategy = "portfolio"

/** Ids of a kind that a document names. */
const idsNamed = 100
/** Wallets of the ranking that a status names. */
const rankedInStatus = 10

/** The venue has shown rows late by so long at most. */
const latestRowMs = 3_600_000

/**
 * Leader fills up to the older of the lanes' watermarks. A fill that the fast lane knows and the other
 * lane does not came late and was shown to one of them only: the other is complete until just before it.
 */
const fillsToCopy = Effect.fnUntraced(function* (evaluation: Evaluation, paper: Paper) {
  const now = yield* Clock.currentTimeMillis
  const claimedMs = Math.min(yield* evaluation.watermark, (yield* paper.watermark) ?? now, now)
  const leaderFills = yield* evaluation.leaderFills(claimedMs)
  const listed = new Set(leaderFills)
  const known = yield* paper.fillsWithin(claimedMs - latestRowMs, claimedMs)
  const unlisted = known.find(({ id }) => !listed.has(id))
  if (unlisted === undefined) return { asOfMs: claimedMs, leaderFills }
  const asOfMs = unlisted.atMs - 1
  return { asOfMs, leaderFills: yield* evaluation.leaderFills(asOfMs) }
})

/** The copies of the one strategy that a status tells of. */
const copySummary = Effect.fnUntraced(function* (evaluation: Evaluation, paper: Paper) {
  const { asOfMs, leaderFills } = yield* fillsToCopy(evaluation, paper)
  return yield* summaryOf(paper, leaderFills, asOfMs, strategy)
})

/** The copies of each strategy, all up to the same time. */
export const copySummaries = Effect.fnUntraced(function* (evaluation: Evaluation, paper: Paper) {
  const { asOfMs, leaderFills } = yield* fillsToCopy(evaluation, paper)
  const summaries = yield* Effect.forEach(Strategy.literals, (of) =>
    Effect.map(
      summaryOf(paper, leaderFills, asOfMs, of),
      (summary): readonly [Strategy, CopySummary] => [of, summary],
    ),
  )
  return Object.fromEntries(summaries) as Readonly<Record<Strategy, CopySummary>>
})

const summaryOf = Effect.fnUntraced(function* (
  paper: Paper,
  leaderFills: ReadonlyArray<FillId>,
  asOfMs: number,
  of: Strategy,
) {
  const { outcomes, inFlight } = yield* paper.counts(of, asOfMs)
  const undetected = yield* paper.missing(leaderFills, of)
  const inFlightIds = inFlight === 0 ? [] : yield* paper.inFlightIds(of)
  const summary: CopySummary = {
    as_of_ms: asOfMs,
    leader_fills: leaderFills.length,
    outcomes,
    in_flight: inFlight,
    undetected: undetected.length,
    ...(inFlightIds.length > 0 && { in_flight_ids: inFlightIds.slice(0, idsNamed) }),
    ...(undetected.length > 0 && { undetected_ids: undetected.slice(0, idsNamed) }),
  }
  return summary
})

const figures = (money: Money, balanced: boolean): LedgerFigures => ({
  cash_usdc: formatMicro(money.cashMicro),
  equity_usdc: formatMicro(money.equityMicro),
  realized_pnl_usdc: formatMicro(money.realizedPnlMicro),
  fees_usdc: formatMicro(money.feesMicro),
  balanced,
})

/** With the whole ledger recomputed from its postings. */
export const ledgerFigures = (paper: Paper) =>
  Effect.map(paper.ledger(strategy), (ledger) => figures(ledger, ledger.balanced))

export const glance = Effect.fnUntraced(function* (evaluation: Evaluation, paper: Paper) {
  const seen: Glance = {
    funnel: yield* evaluation.funnel,
    ranking: yield* evaluation.ranking(1),
    equity_usdc: formatMicro((yield* paper.money(strategy)).equityMicro),
    outcomes: (yield* paper.counts(strategy, null)).outcomes,
  }
  return seen
})

export const status = Effect.fnUntraced(function* (
  evaluation: Evaluation,
  paper: Paper,
  venue: string | null,
) {
  const document: StatusDocument = {
    at_ms: yield* Clock.currentTimeMillis,
    venue,
    halt: yield* paper.standingHalt(strategy),
    funnel: yield* evaluation.funnel,
    reasons: yield* evaluation.reasons,
    copies: yield* copySummary(evaluation, paper),
    ledger: yield* ledgerFigures(paper),
    due: yield* evaluation.due,
    // How many the background lane let go of is not counted: retention and its own limit do.
    quarantine: [
      { lane: "evaluation", dropped: null, ...(yield* evaluation.quarantined) },
      { lane: "paper", ...(yield* paper.quarantined) },
    ],
    ranking: yield* evaluation.ranking(rankedInStatus),
  }
  return document
})
