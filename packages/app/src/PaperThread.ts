/**
 * Opens the fast lane in this thread and gives it a handle.
 */
import { Effect, Layer, type Scope } from "effect"
import { PaperLane } from "@evaluator/paper/Lane"
import type { DatabaseError } from "@evaluator/sqlite/Database"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { ControlRefused } from "./Control.ts"
import type { PaperHandle } from "./LaneHandles.ts"
import { machineryOf } from "./Machinery.ts"
import { retainPaper } from "./RetainPaper.ts"
import { type Feeds, type LaneParts, paperLane } from "./Wiring.ts"

export interface OpenPaper {
  readonly handle: PaperHandle
  readonly tracer: ServiceTracer["Service"]
}

/** Builds the lane and keeps it for as long as the scope lives. */
export const openPaper = Effect.fnUntraced(function* (
  parts: LaneParts,
  feeds: Feeds,
): Effect.fn.Return<OpenPaper, DatabaseError, Scope.Scope> {
  const context = yield* Layer.build(paperLane(parts, feeds))
  return yield* Effect.gen(function* () {
    const lane = yield* PaperLane
    const machinery = yield* machineryOf("paper")
    yield* Layer.build(retainPaper(parts.settings))
    const handle: PaperHandle = {
      ...machinery,
      hear: lane.hear,
      catchUp: lane.catchUp,
      report: Effect.zipWith(machinery.report, lane.decisions, (report, decisionMs) => ({
        ...report,
        decisionMs,
      })),
      halt: (request) => Effect.as(lane.halt(request), { halted: true, ...request }),
      resume: ({ reason, strategy }) =>
        Effect.as(lane.resume({ strategy, reason }), {
          strategy,
          halted: false,
          reason: null,
          untilMs: null,
        }),
      freeStuck: (order) =>
        lane.freeStuck(order).pipe(
          Effect.map((freed) => ({ freed })),
          Effect.mapError(({ why }) => new ControlRefused({ code: "not-possible", why })),
        ),
      metrics: Effect.andThen(lane.measure, machinery.metrics),
    }
    return { handle, tracer: yield* ServiceTracer }
  }).pipe(Effect.provideContext(context))
})
