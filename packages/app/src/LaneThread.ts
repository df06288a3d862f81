/**
 * The background lane's thread: evaluator.db, every job, and the HTTP surface.
 *
 * Speaks with the fast lane over its `parentPort`. Posts `ready` with the HTTP port once migrations
 * and wiring are done, or `failed` with the error's tag and words; stops on `stop`.
 */
import { Cause, Effect, Exit, Layer } from "effect"
import { parentPort, workerData } from "node:worker_threads"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { parseKillPoint, KillPoint, makeKillPoint } from "@evaluator/sqlite/KillPoint"
import { layerLogs } from "@evaluator/telemetry/JsonLogs"
import type { Endpoints } from "@evaluator/polymarket/VenueEndpoints"
import { openEvaluationThread } from "./EvaluationThread.ts"
import type { Restarted } from "./KeptThread.ts"
import type { StepBoard } from "./LastStep.ts"
import { loadSettings, logLevel } from "./Settings.ts"

/** What the main thread hands over. */
export interface LaneThreadData {
  readonly profiles: ReadonlyArray<string>
  readonly directory: string
  readonly venue: string
  readonly endpoints: Endpoints
  readonly instance: string
  readonly logsTo: "stdout" | "stderr"
  readonly prettyLogs: boolean
  /** The port a thread before this one had; `null` takes the one of the settings. */
  readonly httpPort: number | null
  /** Why there was a thread before this one. */
  readonly restarted: Restarted | null
  /** Commits are counted over all threads of the process. */
  readonly commits: Int32Array<SharedArrayBuffer>
  /** What the fast lane does, to be read while its thread is blocked. */
  readonly steps: StepBoard
}

const data = workerData as LaneThreadData
const port = parentPort!

const stopped = Effect.callback<void>((resume) => {
  port.on("message", (message: { readonly type?: string }) => {
    if (message.type === "stop") resume(Effect.void)
  })
})

const killPoint = Effect.gen(function* () {
  const text = process.env["EVALUATOR_KILL_AT"]
  const at = text === undefined ? undefined : yield* Effect.fromResult(parseKillPoint(text))
  return makeKillPoint(at, data.commits)
})

const program = Effect.gen(function* () {
  const loaded = yield* loadSettings({ profiles: data.profiles, environment: process.env })
  yield* Effect.gen(function* () {
    const link = yield* LaneLink
    const started = yield* openEvaluationThread({ ...data, settings: loaded.settings, link })
    port.postMessage({ type: "ready", httpPort: started.httpPort })
    yield* stopped
  }).pipe(
    Effect.scoped,
    Effect.provide(
      // The link runs what the other lane asks for: it too must log where this lane does.
      LaneLink.layerPort(port).pipe(
        Layer.provideMerge(
          layerLogs({
            to: data.logsTo,
            pretty: data.prettyLogs,
            level: logLevel(loaded.settings),
            always: { lane: "evaluation" },
          }),
        ),
        Layer.merge(Layer.effect(KillPoint, killPoint)),
      ),
    ),
  )
})

const failed = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  const reason =
    typeof error === "object" && error !== null && "reason" in error ? error.reason : error
  port.postMessage({
    type: "failed",
    tag: (reason as { _tag?: string })._tag ?? "Error",
    message: error instanceof Error ? error.message : String(error),
    pretty: Cause.pretty(cause),
  })
}

/** For what was said last to reach the other thread; a request that a collector never answers holds no longer. */
const lingering = "100 millis"

Effect.runFork(program).addObserver((exit) => {
  if (Exit.isFailure(exit)) failed(exit.cause)
  port.close()
  Effect.runFork(
    Effect.andThen(
      Effect.sleep(lingering),
      Effect.sync(() => process.exit()),
    ),
  )
})
