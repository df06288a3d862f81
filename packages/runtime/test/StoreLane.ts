/**
 * A lane's machinery on a real file, for store tests.
 */
import { Context, Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Boot } from "@evaluator/runtime/Boot"
import { EventLog } from "@evaluator/runtime/EventLog"
import { JobLog } from "@evaluator/runtime/JobLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import {
  addRunCauses,
  addRunCheckpoints,
  addRunCursors,
  createRuntimeTables,
} from "@evaluator/runtime/RuntimeTables"
import { createLogReaders } from "@evaluator/runtime/LogReaders"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import * as Database from "@evaluator/sqlite/Database"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"

export type LaneServices =
  | Backlogs
  | Boot
  | EventLog
  | JobLog
  | LaneLink
  | ServiceTracer
  | SqlClient.SqlClient
  | Supervisor

export const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "evaluator-runtime-"))),
  (dir) => Effect.sync(() => rmSync(dir, { recursive: true, force: true })),
)

/** Opens a lane on a file; closes with the scope. */
export const openLane = (
  file: string,
  link: LaneLink["Service"] = LaneLink.inlinePair()[0],
  tracing: Layer.Layer<ServiceTracer> = ServiceTracer.layer,
) =>
  Layer.build(
    Layer.fresh(
      Supervisor.layer.pipe(
        Layer.provideMerge(JobLog.layer),
        Layer.provideMerge(EventLog.layer),
        Layer.provideMerge(Boot.layer),
        Layer.provideMerge(Backlogs.layer),
        Layer.provideMerge(Layer.succeed(LaneLink, link)),
        Layer.provideMerge(tracing),
        Layer.provideMerge(
          Database.layer({
            file,
            lane: "evaluation",
            migrations: {
              "0001_create_runtime": createRuntimeTables,
              "0002_add_run_cursors": addRunCursors,
              "0003_create_log_readers": createLogReaders,
              "0004_add_run_checkpoints": addRunCheckpoints,
              "0005_add_run_causes": addRunCauses,
            },
          }),
        ),
      ),
    ),
  )

/** Runs an effect with the services of an opened lane. */
export const inLane =
  (lane: Context.Context<LaneServices>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, LaneServices>> =>
    Effect.provide(effect, lane)
