/**
 * Opens the background lane in this thread and gives it a handle; on a thread of its own also the
 * HTTP surface.
 *
 * The lane holds a second connection to paper.db, for reading, checkpoints and backups only, so that
 * whoever looks costs the fast lane nothing.
 */
import { Clock, Duration, Effect, Layer, Schedule, type Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { dirname } from "node:path"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { EvaluationLane } from "@evaluator/evaluation/Lane"
import { PaperReports } from "@evaluator/paper/PaperReports"
import type { LaneLink, LaneLinkError } from "@evaluator/runtime/LaneLink"
import { Tempo } from "@evaluator/runtime/Tempo"
import * as Database from "@evaluator/sqlite/Database"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { lanePage } from "@evaluator/telemetry/MetricsPage"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { backUpFiles } from "./BackUpFiles.ts"
import { exchangeBeats, silenceLimitMs } from "./Beats.ts"
import { filesOf } from "./DirectoryFiles.ts"
import { endProcess, watchFastLane } from "./FastLaneWatch.ts"
import { checkpointPaper, measurePaper } from "./HousekeepPaper.ts"
import * as HttpSurface from "./http/HttpSurface.ts"
import {
  type EvaluationHandle,
  handleOver,
  type PaperReport,
  serveEvaluation,
} from "./LaneHandles.ts"
import { restartWords } from "./KeptThread.ts"
import type { LaneThreadData } from "./LaneThread.ts"
import { lastStep } from "./LastStep.ts"
import { machineryOf } from "./Machinery.ts"
import { metricsPage } from "./http/MetricsPages.ts"
import { evaluationLane, type LaneParts } from "./Wiring.ts"
import { migrations } from "./Migrations.ts"
import { reconcileCounters } from "./ReconcileCounters.ts"
import { copyNotes, readiness } from "./Readiness.ts"
import type { SettingsShape } from "./Settings.ts"
import * as SlowStatements from "./SlowStatements.ts"
import { stateOf } from "./StateHash.ts"
import { copySummaries, glance, ledgerFigures, status, strategy } from "./Standing.ts"

export interface EvaluationParts extends LaneParts {
  /** The fast lane's file, already at the program's schema version. */
  readonly paperFile: string
}

/** Wallets of the ranking that the summary names. */
const rankedInSummary = 20

const housekeeper = (paperFile: string, live: boolean) =>
  PaperReports.layer.pipe(
    Layer.provideMerge(
      Database.layer({ file: paperFile, lane: "housekeeper", migrations: migrations.paper }),
    ),
    Layer.provide(live ? SlowStatements.layer : Layer.empty),
  )

/** The fast lane's metrics; waited for where it does not listen yet. */
const pageOver = (link: LaneLink["Service"]) =>
  (link.ask("paper.metrics", null, "2 seconds") as Effect.Effect<string, LaneLinkError>).pipe(
    Effect.retry({ times: 5, schedule: Schedule.spaced("1 second") }),
    Effect.orElseSucceed(() => null),
  )

/** Builds the lane and keeps it for as long as the scope lives. */
export const openEvaluation = Effect.fnUntraced(function* (
  parts: EvaluationParts,
): Effect.fn.Return<OpenEvaluation, Database.DatabaseError, Scope.Scope> {
  const lane = yield* Layer.build(evaluationLane(parts))
  const paper = yield* Layer.build(Layer.fresh(housekeeper(parts.paperFile, parts.live === true)))
  return yield* Effect.gen(function* () {
    const { fetch, hear, judge } = yield* EvaluationLane
    const reports = yield* EvaluationReports
    const tempo = yield* Tempo
    const machinery = yield* machineryOf("evaluation")
    const copies = yield* Effect.provideContext(PaperReports, paper)
    const client = yield* Effect.provideContext(SqliteClient, paper)
    const mine = yield* SqliteClient
    yield* Layer.build(checkpointPaper(client, parts.settings.jobs.checkpoint_every))
    yield* Layer.build(measurePaper(client, parts.settings.retention.every))
    const { backup } = parts.settings
    if (parts.live === true) {
      if (backup.keep > 0) yield* Layer.build(backUpFiles(dirname(parts.file), backup))
      yield* Layer.build(
        reconcileCounters(parts.settings.jobs.reconcile_every, {
          evaluation: { sql: mine, page: lanePage },
          paper: { sql: client, page: pageOver(parts.link) },
        }),
      )
    }
    const handle: EvaluationHandle = {
      ...machinery,
      quiesce: (within) => Effect.andThen(tempo.hurry, machinery.quiesce(within)),
      hear,
      fetch,
      judge,
      report: Effect.gen(function* () {
        return {
          ...(yield* machinery.report),
          funnel: yield* reports.funnel,
          verdicts: yield* reports.verdicts,
          rows: yield* reports.rows,
          ranking: yield* reports.ranking(rankedInSummary),
          due: yield* reports.due,
          copiesByStrategy: yield* copySummaries(reports, copies),
          ledger: yield* ledgerFigures(copies),
          evidence: yield* copies.evidence,
          state: yield* stateOf(mine, client),
        }
      }),
      glance: glance(reports, copies),
    }
    return { handle, reports, copies, tracer: yield* ServiceTracer }
  }).pipe(Effect.provideContext(lane))
})

export interface OpenEvaluation {
  readonly handle: EvaluationHandle
  readonly reports: EvaluationReports["Service"]
  readonly copies: PaperReports["Service"]
  readonly tracer: ServiceTracer["Service"]
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** The lane on a thread of its own: served to the fast lane over the link, and to the world by HTTP. */
export const openEvaluationThread = Effect.fnUntraced(function* (
  options: LaneThreadData & {
    readonly settings: SettingsShape
    readonly link: LaneLink["Service"]
  },
) {
  const { settings, link, endpoints, instance } = options
  const files = filesOf(options.directory)
  const evaluation = yield* openEvaluation({
    settings,
    live: true,
    link,
    endpoints,
    instance,
    file: files.evaluatorDb,
    paperFile: files.paperDb,
    http: FetchHttpClient.layer,
  })
  yield* serveEvaluation(link, evaluation.handle)
  const paper = handleOver<PaperReport>(link, "paper")
  const beats = yield* exchangeBeats(link)
  yield* watchFastLane({
    ...beats,
    lastStep: Effect.sync(() => lastStep(options.steps)),
    goneAfter: settings.jobs.fast_lane_gone,
    endProcess,
  }).pipe(Effect.forkScoped)
  const standing = status(evaluation.reports, evaluation.copies, options.venue)

  const fastLane = Effect.map(beats.silentForMs, (silentMs) => ({
    name: "fast lane",
    ok: silentMs < silenceLimitMs,
    says: `last beat ${seconds(silentMs)} ago`,
  }))
  const background = { name: "background lane", ok: true, says: "answers" }
  const { port } = yield* HttpSurface.serve(
    { host: settings.http.host, port: options.httpPort ?? settings.http.port },
    {
      liveness: Effect.map(fastLane, (fast) => ({ alive: fast.ok, parts: [background, fast] })),
      readiness: readiness({
        lanes: Effect.map(fastLane, (fast) => [
          { ...background, blocks: false },
          { ...fast, blocks: true },
        ]),
        evaluation: evaluation.handle.conditions,
        paper: paper.conditions,
        notes: Effect.gen(function* () {
          const staleAfterMs = Duration.toMillis(settings.watch.stale_after)
          const restart = restartWords(options.restarted, yield* Clock.currentTimeMillis)
          return [
            ...(yield* copyNotes(evaluation.copies, strategy, staleAfterMs)),
            ...(restart === null ? [] : [`background lane: ${restart}`]),
          ]
        }),
      }),
      metrics: Effect.orDie(metricsPage(evaluation.handle, paper)),
      status: standing,
    },
    evaluation.tracer,
  )
  return { httpPort: port }
})
