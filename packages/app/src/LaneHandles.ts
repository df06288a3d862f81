/**
 * A lane as the rest of the process sees it, wherever it runs: in this thread, or behind a
 * {@link LaneLink}. Whatever an answer holds is plain JSON.
 */
import { Duration, Effect } from "effect"
import type { Evidence } from "@evaluator/paper/Evidence"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { Condition } from "@evaluator/runtime/Conditions"
import type { LaneLink, LaneLinkError } from "@evaluator/runtime/LaneLink"
import type { StuckOrder } from "@evaluator/paper/StuckCopies"
import type {
  ControlRefused,
  FreedCopies,
  HaltRequest,
  HaltState,
  JobEntry,
  JobRun,
  ResumeRequest,
} from "./Control.ts"
import { ControlRefused as Refused } from "./Control.ts"
import { type LaneOperations, operationsOver, serveOperations } from "./LaneOperations.ts"
import type { State } from "./StateHash.ts"
import type { LedgerFigures } from "./StatusDocument.ts"
import type {
  CopySummary,
  DecisionTimes,
  DueCount,
  FileFates,
  JobTotals,
  QueueCounters,
  RankedWallet,
  Verdicts,
} from "./SummaryDocument.ts"

/** What every lane tells of its machinery. */
export interface MachineryReport {
  readonly queues: ReadonlyArray<QueueCounters>
  readonly jobs: ReadonlyArray<JobTotals>
  readonly events: number
}

/** Read by the background lane out of both files, so that looking never costs the fast lane a query. */
export interface EvaluationReport extends MachineryReport {
  readonly funnel: Readonly<Record<string, number>>
  readonly verdicts: Verdicts
  readonly rows: ReadonlyArray<FileFates>
  readonly ranking: ReadonlyArray<RankedWallet>
  readonly due: ReadonlyArray<DueCount>
  readonly copiesByStrategy: Readonly<Record<Strategy, CopySummary>>
  readonly ledger: LedgerFigures
  readonly evidence: Evidence
  readonly state: State
}

export interface PaperReport extends MachineryReport {
  readonly decisionMs: DecisionTimes | null
}

/** How far things have come, in few numbers. */
export interface Glance {
  readonly funnel: Readonly<Record<string, number>>
  readonly ranking: ReadonlyArray<RankedWallet>
  readonly outcomes: Readonly<Record<string, number>>
  readonly equity_usdc: string
}

interface Handle<Report> extends LaneOperations {
  /** Starts no more runs and waits for those that run; what still runs after so long is interrupted. */
  readonly quiesce: (within?: Duration.Duration) => Effect.Effect<void, LaneLinkError>
  /** Takes in what the other lane has said until now. */
  readonly hear: Effect.Effect<void, LaneLinkError>
  readonly report: Effect.Effect<Report, LaneLinkError>
  readonly jobs: Effect.Effect<ReadonlyArray<JobEntry>, LaneLinkError>
  readonly runJob: (name: string) => Effect.Effect<JobRun, ControlRefused | LaneLinkError>
  /** Prometheus text of the lane's thread; waits {@link glancing} at most. */
  readonly metrics: Effect.Effect<string, LaneLinkError>
  /** What of the lane is as it should be and what is not; waits {@link glancing} at most. */
  readonly conditions: Effect.Effect<ReadonlyArray<Condition>, LaneLinkError>
}

export interface EvaluationHandle extends Handle<EvaluationReport> {
  /** Fetches what followed wallets did up to now less the visibility lag, and no history after it. */
  readonly fetch: Effect.Effect<void, LaneLinkError>
  /** Asks for due outcomes and judges what is due. */
  readonly judge: Effect.Effect<void, LaneLinkError>
  /** Little enough to be asked for every few seconds. */
  readonly glance: Effect.Effect<Glance, LaneLinkError>
}

export interface PaperHandle extends Handle<PaperReport> {
  /** Polls every followed wallet and lets all copies end. */
  readonly catchUp: Effect.Effect<void, LaneLinkError>
  readonly halt: (request: HaltRequest) => Effect.Effect<HaltState, LaneLinkError>
  readonly resume: (request: ResumeRequest) => Effect.Effect<HaltState, LaneLinkError>
  readonly freeStuck: (order: StuckOrder) => Effect.Effect<FreedCopies, ControlRefused>
}

/** Long enough for a drain or a job; a lane that hangs longer is a fault anyway. */
const patience = "15 minutes"

/** For what is asked every few seconds and says as much by not being answered. */
const glancing = "1500 millis"

type Link = LaneLink["Service"]

/** Serves what both lanes' handles have in common to the other side of a link. */
export const serveHandle = Effect.fnUntraced(function* <Report>(
  link: Link,
  name: string,
  handle: Handle<Report>,
) {
  yield* link.serve(`${name}.quiesce`, (withinMs) =>
    handle.quiesce(withinMs === null ? undefined : Duration.millis(withinMs as number)),
  )
  yield* link.serve(`${name}.hear`, () => handle.hear)
  yield* link.serve(`${name}.report`, () => handle.report)
  yield* link.serve(`${name}.jobs`, () => handle.jobs)
  yield* link.serve(`${name}.runJob`, (job) =>
    handle.runJob(job as string).pipe(
      Effect.map((run) => ({ run })),
      Effect.catchTag("ControlRefused", ({ code, why }) =>
        Effect.succeed({ refused: { code, why } }),
      ),
    ),
  )
  yield* link.serve(`${name}.metrics`, () => handle.metrics)
  yield* link.serve(`${name}.conditions`, () => handle.conditions)
  yield* serveOperations(link, name, handle)
})

/** What {@link serveHandle} serves on the other side. Both sides are this program, so answers are taken as they come. */
export const handleOver = <Report>(link: Link, name: string): Handle<Report> => {
  const ask = <A>(verb: string, payload: unknown = null) =>
    link.ask(`${name}.${verb}`, payload, patience) as Effect.Effect<A, LaneLinkError>
  const glance = <A>(verb: string) =>
    link.ask(`${name}.${verb}`, null, glancing) as Effect.Effect<A, LaneLinkError>
  return {
    quiesce: (within) => ask("quiesce", within === undefined ? null : Duration.toMillis(within)),
    hear: ask("hear"),
    report: ask("report"),
    jobs: ask("jobs"),
    runJob: (job) =>
      ask<{ run: JobRun } | { refused: { code: ControlRefused["code"]; why: string } }>(
        "runJob",
        job,
      ).pipe(
        Effect.flatMap((answer) =>
          "run" in answer ? Effect.succeed(answer.run) : Effect.fail(new Refused(answer.refused)),
        ),
      ),
    ...operationsOver(link, name),
    metrics: glance<string>("metrics"),
    conditions: glance<ReadonlyArray<Condition>>("conditions"),
  }
}

/** The background lane behind a link. */
export const evaluationOver = (link: Link): EvaluationHandle => ({
  ...handleOver<EvaluationReport>(link, "evaluation"),
  fetch: link.ask("evaluation.fetch", null, patience) as Effect.Effect<void, LaneLinkError>,
  judge: link.ask("evaluation.judge", null, patience) as Effect.Effect<void, LaneLinkError>,
  glance: link.ask("evaluation.glance", null) as Effect.Effect<Glance, LaneLinkError>,
})

export const serveEvaluation = Effect.fnUntraced(function* (link: Link, handle: EvaluationHandle) {
  yield* serveHandle(link, "evaluation", handle)
  yield* link.serve("evaluation.fetch", () => handle.fetch)
  yield* link.serve("evaluation.judge", () => handle.judge)
  yield* link.serve("evaluation.glance", () => handle.glance)
})
