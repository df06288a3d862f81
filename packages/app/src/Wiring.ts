/**
 * All wiring across packages: what a lane is made of. Nothing else joins two rooms.
 *
 * A lane is its machinery (log, jobs, queues, supervisor) over its own file, the doors to the venue
 * with the lane's own budget, and its business. Each is built fresh: two lanes in one thread share
 * nothing but what is handed in.
 */
import { Effect, Layer } from "effect"
import type { HttpClient } from "effect/http"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import * as EvaluationLane from "@evaluator/evaluation/Lane"
import * as PaperLane from "@evaluator/paper/Lane"
import { Budget } from "@evaluator/polymarket/Budget"
import type { BookFeed } from "@evaluator/polymarket/BookFeed"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { OutcomeOpinions } from "@evaluator/polymarket/OutcomeOpinions"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import type { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { VenueEndpoints, type Endpoints } from "@evaluator/polymarket/VenueEndpoints"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Boot } from "@evaluator/runtime/Boot"
import { Conditions } from "@evaluator/runtime/Conditions"
import { EventLog } from "@evaluator/runtime/EventLog"
import { JobLog } from "@evaluator/runtime/JobLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { layerStanding, QueuePauses } from "@evaluator/runtime/QueuePauses"
import * as RedriveBell from "@evaluator/runtime/RedriveBell"
import { LeastSettle, Supervisor, SweepEvery } from "@evaluator/runtime/Supervisor"
import * as Tempo from "@evaluator/runtime/Tempo"
import * as Database from "@evaluator/sqlite/Database"
import { TransactionSpans } from "@evaluator/sqlite/QuietClient"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import * as ClockWatch from "./ClockWatch.ts"
import * as FastLanePressure from "./FastLanePressure.ts"
import { laneSettings } from "./LaneSettings.ts"
import * as LoopWatch from "./LoopWatch.ts"
import { migrations } from "./Migrations.ts"
import type { SettingsShape } from "./Settings.ts"
import * as SlowStatements from "./SlowStatements.ts"
import * as SpanExchange from "./SpanExchange.ts"
import * as StorageWatch from "./StorageWatch.ts"
import { throttleNotices } from "./ThrottleNotices.ts"
import { version } from "./Version.ts"
import * as VenueReach from "./VenueReach.ts"

export interface LaneParts {
  readonly settings: SettingsShape
  /** The lane's database file. */
  readonly file: string
  /** The file is removed when the lane closes, and need not outlive a power cut. */
  readonly temporary?: boolean
  /** Page cache of the file in MiB, where not the lane's usual. */
  readonly cacheMebibytes?: number
  /** Real time in a thread of its own: its clock and its event loop are watched. */
  readonly live?: boolean
  readonly link: LaneLink["Service"]
  readonly endpoints: Endpoints
  /** Names this start of the process in its traces; both lanes have the same. */
  readonly instance?: string
  readonly http: Layer.Layer<HttpClient.HttpClient>
}

const virtualCheckpointPages = 10_000

/** Only in real time is one lane late because of the other. */
const pressure = (lane: "evaluation" | "paper", { jobs }: SettingsShape, live: boolean) =>
  !live
    ? Layer.empty
    : lane === "evaluation"
      ? FastLanePressure.hear
      : FastLanePressure.tell(jobs.fast_lane_late)

const machinery = (
  lane: "evaluation" | "paper",
  { cacheMebibytes, file, instance, link, live, settings, temporary }: LaneParts,
) =>
  Layer.mergeAll(
    StorageWatch.layer(lane),
    QueuePauses.layer,
    pressure(lane, settings, live === true),
    ...(live === true ? [ClockWatch.layer, LoopWatch.layer] : []),
  ).pipe(
    Layer.provideMerge(Supervisor.layer),
    Layer.provideMerge(JobLog.layer),
    Layer.provideMerge(EventLog.layer),
    Layer.provideMerge(Boot.layer),
    Layer.provideMerge(Backlogs.layer),
    Layer.provideMerge(layerStanding),
    Layer.provideMerge(RedriveBell.layer),
    Layer.provideMerge(lane === "evaluation" ? Tempo.layer : Layer.empty),
    Layer.provideMerge(Conditions.layer),
    Layer.provideMerge(Layer.succeed(LaneLink, link)),
    Layer.provideMerge(
      Database.layer({
        file,
        lane,
        migrations: migrations[lane],
        synchronous: temporary === true ? "OFF" : "NORMAL",
        cacheMebibytes,
        // Who keeps house beside the fast lane does so by the clock, and a virtual day is minutes long.
        checkpointPages: live === true ? undefined : virtualCheckpointPages,
      }),
    ),
    Layer.provide(live === true ? SlowStatements.layer : Layer.empty),
    Layer.provide(
      Layer.effect(
        TransactionSpans,
        Effect.map(ServiceTracer, ({ exporting }) => exporting),
      ),
    ),
    Layer.provideMerge(
      SpanExchange.layer(link, live !== true ? "neither" : lane === "paper" ? "out" : "in", {
        version,
        ...(instance !== undefined && { instanceId: instance }),
      }),
    ),
    Layer.provideMerge(Layer.succeed(LeastSettle, settings.jobs.least_settle)),
    Layer.provideMerge(Layer.succeed(SweepEvery, settings.jobs.sweep_every)),
  )

/** The venue's doors with this lane's share of its limits; a throttle of one lane is told to the other. */
const doors = (lane: "fast" | "background", { endpoints, http }: LaneParts) =>
  Layer.mergeAll(
    GammaApi.layer,
    DataApi.layer,
    ClobApi.layer,
    WalletBoards.layer,
    OutcomeOpinions.layer,
    PriceHistory.layer,
    throttleNotices.hear,
  ).pipe(
    Layer.provide(VenueHttp.layer),
    Layer.provide(Budget.layer({ lane })),
    Layer.provide(throttleNotices.tell),
    Layer.provide(VenueReach.layer),
    Layer.provideMerge(VenueEndpoints.layerOf(endpoints)),
    Layer.provide(http),
  )

/** The background lane: everything that is not a decision about paper money. */
export const evaluationLane = (parts: LaneParts) =>
  Layer.fresh(
    Layer.merge(EvaluationLane.layer, EvaluationReports.layer).pipe(
      Layer.provideMerge(doors("background", parts)),
      Layer.provideMerge(machinery("evaluation", parts)),
      Layer.provide(laneSettings(parts.settings)),
    ),
  )

/** What the venue pushes: fills as they are made, and order books. */
export type Feeds = Layer.Layer<TradeFeed | BookFeed, never, VenueEndpoints | ClobApi>

/** The fast lane: everything that decides about paper money. */
export const paperLane = (parts: LaneParts, feeds: Feeds) =>
  Layer.fresh(
    PaperLane.layer.pipe(
      Layer.provideMerge(feeds),
      Layer.provideMerge(doors("fast", parts)),
      Layer.provideMerge(machinery("paper", parts)),
      Layer.provide(laneSettings(parts.settings)),
    ),
  )
