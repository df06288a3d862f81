/** The background lane of benchmark `isolation` in a thread and a file of its own. */
import { Effect, Exit, Logger } from "effect"
import { parentPort, workerData } from "node:worker_threads"
import * as Bridge from "@evaluator/runtime/Bridge"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { inLane, openLane } from "../../packages/runtime/test/StoreLane.ts"
import { saturate } from "./IsolationLoad.ts"

export interface IsolationThreadData {
  readonly file: string
}

const { file } = workerData as IsolationThreadData
const port = parentPort!

const program = Effect.gen(function* () {
  const link = yield* LaneLink
  const lane = yield* openLane(file, link)
  yield* Bridge.serveLog("background").pipe(inLane(lane))
  const backlog = yield* saturate.pipe(inLane(lane))
  yield* link.serve("written", () => backlog.counters)
  port.postMessage({ type: "ready" })
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide([LaneLink.layerPort(port), Logger.layer([])]))

Effect.runFork(program).addObserver((exit) => {
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
})
