/**
 * `run`: the service. The fast lane in this thread, the background lane and the embedded venue in
 * threads of their own.
 *
 * Start: data directory → venue → background lane (migrations, HTTP) → fast lane (recovery) → control
 * socket. Stop, by a signal or after `--for`: the lanes are drained in the order in which work flows,
 * within `shutdown.deadline`; what is left then is in the files and goes on at the next start.
 */
import { Clock, Duration, Effect, Layer, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import * as Socket from "effect/socket/Socket"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { LaneLink, LanePort } from "@evaluator/runtime/LaneLink"
import * as ServiceNotices from "@evaluator/runtime/ServiceNotices"
import {
  KillPoint,
  makeCommitCounter,
  makeKillPoint,
  parseKillPoint,
} from "@evaluator/sqlite/KillPoint"
import { layerLogs } from "@evaluator/telemetry/JsonLogs"
import { exchangeBeats, silenceLimitMs } from "./Beats.ts"
import type { RunOptions } from "./cli/RunOptions.ts"
import * as ControlServer from "./ControlServer.ts"
import { hold } from "./DataDirectory.ts"
import type { LaneThreadData } from "./LaneThread.ts"
import { drain } from "./Drain.ts"
import { keptThread } from "./KeptThread.ts"
import { evaluationOver, serveHandle } from "./LaneHandles.ts"
import { openPaper } from "./PaperThread.ts"
import { makeStepBoard, noting } from "./LastStep.ts"
import { lastWords } from "./LastWords.ts"
import { followProgress } from "./Progress.ts"
import { logLevel } from "./Settings.ts"
import { upgradeSchemas } from "./SchemaUpgrade.ts"
import { stopSignal } from "./Signals.ts"
import { controlHandlers } from "./ServiceControl.ts"
import { stopPlan } from "./StopPlan.ts"
import { summarize } from "./Summary.ts"
import { startThread, threadEntry, type Thread } from "./Threads.ts"
import { openVenue } from "./Venue.ts"

/** The background lane could not start; `reason` says why and decides the exit code. */
export class LaneNotStarted extends Schema.TaggedError<LaneNotStarted>()("LaneNotStarted", {
  reason: Schema.Struct({ _tag: Schema.String, message: Schema.String }),
}) {
  override get message(): string {
    return this.reason.message
  }
}

/** Neither lane's heap may take the box's memory; SQLite's caches come on top. */
const laneLimits = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 16 }

const awaitReady = (thread: Thread) =>
  Effect.raceFirst(
    Effect.map(thread.message("ready"), (message) => message["httpPort"] as number),
    Effect.flatMap(thread.message("failed"), (message) =>
      Effect.fail(
        new LaneNotStarted({
          reason: { _tag: String(message["tag"]), message: String(message["message"]) },
        }),
      ),
    ),
  )

const killPoint = Effect.gen(function* () {
  const commits = makeCommitCounter()
  const text = process.env["EVALUATOR_KILL_AT"]
  const at = text === undefined ? undefined : yield* Effect.fromResult(parseKillPoint(text))
  return { commits, killPoint: makeKillPoint(at, commits) }
})

const service = Effect.fnUntraced(function* (
  options: RunOptions,
  logsTo: "stdout" | "stderr",
  prettyLogs: boolean,
) {
  const { settings, profiles } = options.loaded
  const fromMs = yield* Clock.currentTimeMillis
  const began = yield* Clock.monotonicTimeNanos
  const stop = yield* stopSignal
  const { commits, killPoint: kills } = yield* killPoint
  const steps = makeStepBoard()
  const directory = yield* hold({
    directory: settings.data.dir,
    venue: {
      kind: settings.venue.kind,
      seed: settings.venue.kind === "embedded" ? settings.venue.seed : null,
    },
  })
  for (const { file, from, to } of yield* upgradeSchemas(directory.path)) {
    yield* Effect.logInfo(`${file}: schema ${from} to ${to}`)
  }
  const venue = yield* openVenue(settings, directory.venue)

  const data: Omit<LaneThreadData, "httpPort" | "restarted"> = {
    profiles,
    directory: directory.path,
    venue: directory.venue.kind,
    endpoints: venue.endpoints,
    instance: `${process.pid}-${fromMs}`,
    logsTo,
    prettyLogs,
    commits,
    steps,
  }
  const port = new LanePort()
  let httpPort: number | null = null
  const background = yield* keptThread({
    name: "background lane",
    port,
    start: Effect.fnUntraced(function* (restarted) {
      const given: LaneThreadData = { ...data, httpPort, restarted }
      const thread = yield* startThread({
        name: "background lane",
        entry: threadEntry("./LaneThread.ts", "./lane.mjs"),
        data: given,
        limits: laneLimits,
        stopWithinMs: 5000,
      })
      httpPort = yield* awaitReady(thread)
      return { thread, ready: httpPort }
    }),
  })

  yield* Effect.gen(function* () {
    const link = yield* LaneLink
    const evaluation = evaluationOver(link)
    const { handle: lane, tracer } = yield* openPaper(
      {
        settings,
        live: true,
        file: directory.paperDb,
        link,
        endpoints: data.endpoints,
        instance: data.instance,
        http: FetchHttpClient.layer,
      },
      Layer.merge(
        venue.endpoints.stream === "" ? TradeFeed.layerSilent : TradeFeed.layerSocket,
        venue.endpoints.books === "" ? BookFeed.layerSilent : BookFeed.layerSocket,
      ).pipe(Layer.provide(Socket.layerWebSocketConstructorGlobal)),
    )
    // The venue's thread belongs to this one, which alone can tell how it is.
    const conditions = Effect.zipWith(lane.conditions, venue.conditions, (mine, its) => [
      ...mine,
      ...its,
    ])
    const paper = { ...lane, conditions }
    yield* serveHandle(link, "paper", paper)
    const beats = yield* exchangeBeats(link)
    const notices = ServiceNotices.make(
      process.env,
      Effect.map(beats.silentForMs, (ms) => ms < silenceLimitMs),
    )
    const socket = yield* directory.claimSocket
    yield* Layer.build(
      ControlServer.layer(
        socket,
        controlHandlers({
          evaluation,
          paper,
          link,
          venue: directory.venue.kind,
          startedAtMs: fromMs,
          silentForMs: beats.silentForMs,
        }),
        tracer,
      ),
    )
    yield* directory.announce({ http: background.ready })
    yield* Effect.logInfo(
      `ready: venue ${directory.venue.kind}, data in ${directory.path}, http://${settings.http.host}:${background.ready}`,
    )
    yield* notices.ready

    const summary = summarize(
      {
        venue: directory.venue.kind,
        seed: directory.venue.seed,
        virtual: false,
        fromMs,
        wallMs: Effect.map(Clock.monotonicTimeNanos, (now) =>
          Math.round(Number(now - began) / 1e6),
        ),
      },
      evaluation,
      paper,
    )
    yield* followProgress(evaluation.glance)

    const asked =
      options.for === null
        ? stop
        : Effect.raceFirst(
            stop,
            Effect.as(Effect.sleep(options.for), `--for ${Duration.format(options.for)} is over`),
          )
    const why = yield* Effect.raceAllFirst([asked, background.keep(beats.silentForMs), venue.keep])
    yield* notices.stopping
    yield* Effect.logInfo(`stopping (${why})`)
    // The drain does not wait for a lane that is too busy to say what it does.
    yield* Effect.all([
      Effect.all([evaluation.jobs, paper.jobs]),
      Effect.all([evaluation.queues, paper.queues]),
    ]).pipe(
      Effect.flatMap(([jobs, queues]) =>
        Effect.logInfo(
          stopPlan(jobs.flat(), queues.flat(), Duration.format(settings.shutdown.deadline)),
        ),
      ),
      Effect.ignore,
      Effect.forkScoped,
    )
    let doing = ""
    yield* drain(evaluation, paper, {
      deadline: settings.shutdown.deadline,
      begins: (step) => {
        doing = step
      },
    }).pipe(
      Effect.timeoutOrElse({
        duration: settings.shutdown.deadline,
        orElse: () =>
          Effect.logWarning(
            `the drain ran into its deadline while ${doing}; what is left goes on at the next start`,
          ),
      }),
    )
    // The lines before counted all; the summary's equation ends where both lanes have looked.
    yield* lastWords({
      json: options.json,
      summary,
      glance: evaluation.glance,
      silentForMs: beats.silentForMs,
    })
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.mergeAll(LaneLink.layerPort(port), Layer.succeed(KillPoint, noting(steps, kills))),
    ),
  )
}, Effect.scoped)

/** Runs the service until it is told to stop or its time is over. */
export const run = (options: RunOptions) => {
  const logsTo = options.json ? "stderr" : "stdout"
  const pretty = (options.json ? process.stderr : process.stdout).isTTY === true
  return service(options, logsTo, pretty).pipe(
    Effect.provide(
      layerLogs({
        to: logsTo,
        pretty,
        level: logLevel(options.loaded.settings),
        always: { lane: "fast" },
      }),
    ),
  )
}
