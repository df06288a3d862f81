/**
 * The far lane of benchmark `events`: a log on a file of its own, served over the bridge. When told, it
 * appends events one a commit and writes the moment of each commit where the other thread can see it.
 */
import { Effect, Exit } from "effect"
import { parentPort, workerData } from "node:worker_threads"
import * as Bridge from "@evaluator/runtime/Bridge"
import { EventLog } from "@evaluator/runtime/EventLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { inLane, openLane } from "../../packages/runtime/test/StoreLane.ts"

export interface EventsThreadData {
  readonly file: string
  readonly events: number
  readonly everyMs: number
  /** By event, in ns of the monotonic clock. */
  readonly committed: BigInt64Array<SharedArrayBuffer>
}

const { committed, events, everyMs, file } = workerData as EventsThreadData
const port = parentPort!

const program = Effect.gen(function* () {
  const link = yield* LaneLink
  const lane = yield* openLane(file, link)
  yield* Bridge.serveLog("far").pipe(inLane(lane))
  const append = Effect.gen(function* () {
    const log = yield* EventLog
    for (let n = 0; n < events; n++) {
      yield* log.append([
        { type: "MarketsScored", payload: { day: "2026-11-25", markets: n, events: 1 } },
      ])
      committed[n] = process.hrtime.bigint()
      yield* Effect.sleep(everyMs)
    }
  }).pipe(inLane(lane))
  yield* link.serve("append", () => append)
  port.postMessage({ type: "ready" })
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(LaneLink.layerPort(port)))

Effect.runFork(program).addObserver((exit) => {
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
})
