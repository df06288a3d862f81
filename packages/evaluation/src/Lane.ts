/**
 * The background lane: every job and service of it, wired.
 *
 * Needs the lane's runtime services on its own database, the venue's doors and the settings.
 */
import { Context, Effect, Layer } from "effect"
import * as Bridge from "@evaluator/runtime/Bridge"
import { RunConcurrency } from "@evaluator/runtime/RunConcurrency"
import { CopyProjection } from "./CopyProjection.ts"
import { Ingestion } from "./Ingestion.ts"
import * as ApplyRules from "./jobs/ApplyRules.ts"
import * as ClassifyWallets from "./jobs/ClassifyWallets.ts"
import * as DescribeMarkets from "./jobs/DescribeMarkets.ts"
import * as DiscoverWallets from "./jobs/DiscoverWallets.ts"
import * as IssueVerdicts from "./jobs/IssueVerdicts.ts"
import * as PublishFollowList from "./jobs/PublishFollowList.ts"
import * as ResolveMarkets from "./jobs/ResolveMarkets.ts"
import * as RetainRows from "./jobs/RetainRows.ts"
import { inRounds } from "./jobs/Rounds.ts"
import * as ScoreEvents from "./jobs/ScoreEvents.ts"
import * as ScoreWallets from "./jobs/ScoreWallets.ts"
import * as SnapshotPositions from "./jobs/SnapshotPositions.ts"
import * as WeighEvidence from "./jobs/WeighEvidence.ts"
import * as MeasureDrift from "./jobs/MeasureDrift.ts"
import * as OwnerApproval from "./OwnerApproval.ts"
import * as Replicas from "./Replicas.ts"
import * as WatchRecording from "./WatchRecording.ts"

/** Steps of one kind that the end of a run takes at most. */
const judgeRounds = 200
/** Requests it makes side by side. */
const judgeConcurrency = 4

export class EvaluationLane extends Context.Service<
  EvaluationLane,
  {
    /** Takes in what the paper lane has said until now. */
    readonly hear: Effect.Effect<void>
    /**
     * The end of a run, its first step: followed wallets are known through now less the visibility
     * lag. No history is fetched after it.
     */
    readonly fetch: Effect.Effect<void>
    /**
     * The end of a run: the paper lane is heard, due outcomes are asked for, and what follows from both
     * and from the fills is judged. The follow list stays as it is.
     */
    readonly judge: Effect.Effect<void>
  }
>()("evaluation/EvaluationLane") {
  static readonly layer = Layer.effect(
    EvaluationLane,
    Effect.gen(function* () {
      const ingestion = yield* Ingestion
      const projection = yield* CopyProjection
      const steps = Effect.gen(function* () {
        yield* inRounds(DescribeMarkets.describeDue, judgeRounds)
        yield* inRounds(ResolveMarkets.resolveDue, judgeRounds)
        yield* inRounds(ClassifyWallets.judgeDue, judgeRounds)
        yield* inRounds(MeasureDrift.measureDue, judgeRounds)
        yield* inRounds(ScoreWallets.scoreDue, judgeRounds)
        yield* inRounds(WeighEvidence.weighUntil(Number.MAX_SAFE_INTEGER), judgeRounds)
        yield* IssueVerdicts.issueChanged
        yield* inRounds(ApplyRules.applyDue, judgeRounds)
      })
      const context = yield* Effect.context<Effect.Services<typeof steps>>()
      const fetch = Effect.gen(function* () {
        const left = yield* ingestion.catchUp
        if (left.length > 0) {
          yield* Effect.logWarning(
            `the history of ${left.length} followed wallets is not complete: ${left.slice(0, 10).join(", ")}`,
          )
        }
      })
      const judge = Effect.andThen(projection.catchUp, steps).pipe(
        Effect.provideService(RunConcurrency, judgeConcurrency),
        Effect.provideContext(context),
      )
      return EvaluationLane.of({ hear: projection.catchUp, fetch, judge })
    }),
  )
}

const jobs = Layer.mergeAll(
  ScoreEvents.layer,
  DiscoverWallets.layer,
  DescribeMarkets.layer,
  ResolveMarkets.layer,
  ClassifyWallets.layer,
  MeasureDrift.layer,
  ScoreWallets.layer,
  WeighEvidence.layer,
  IssueVerdicts.layer,
  ApplyRules.layer,
  PublishFollowList.layer,
  SnapshotPositions.layer,
  RetainRows.layer,
)

const services = Layer.mergeAll(
  OwnerApproval.layer,
  Replicas.layer,
  WatchRecording.layer,
  Layer.effectDiscard(Bridge.serveLog("evaluation")),
)

/** Everything; requires the runtime services, `SqlClient`, the venue's doors and the settings. */
export const layer = Layer.mergeAll(jobs, services, EvaluationLane.layer).pipe(
  Layer.provide(Layer.mergeAll(Ingestion.layer, CopyProjection.layer)),
)
