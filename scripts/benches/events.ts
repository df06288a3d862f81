/**
 * Benchmark `events`: what an event costs the lane that makes it, and how long it takes to the other.
 *
 * - `events`: commits of one row and one event, each taken by a listener of the lane before the next
 *   commit, against the same two inserts in one commit through the same client, announced to nobody.
 *   Ids and texts of the baseline are made beforehand; both let other fibers run after each commit.
 * - `events-across-p50`, `-p99`: from the commit in one thread to the handler in the other, which has
 *   its own file and its cursor; {@link across} events, {@link everyMs} ms apart.
 */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Deferred, Effect, Logger, PubSub } from "effect"
import { SqlClient } from "effect/sql"
import { startThread } from "@evaluator/app/Threads"
import * as Bridge from "@evaluator/runtime/Bridge"
import { EventLog } from "@evaluator/runtime/EventLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { inLane, openLane } from "../../packages/runtime/test/StoreLane.ts"
import type { Bench, Measurement } from "./Bench.ts"
import type { EventsThreadData } from "./EventsThread.ts"
import { median, millis, percentile } from "./Samples.ts"

/** An odd number, so that the median is one of them. */
const runs = 31
const commits = 300
const across = 2000
const everyMs = 5

const draft = (n: number) =>
  ({
    type: "MarketsScored",
    payload: { day: "2026-11-25", markets: n, events: 1 },
  }) as const

const inTheLane = Effect.fnUntraced(function* (say: (text: string) => void) {
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  yield* sql`CREATE TABLE scores (n INTEGER PRIMARY KEY, score INTEGER NOT NULL) STRICT`
  let rows = 0
  const insert = Effect.suspend(
    () => sql`INSERT INTO scores (n, score) VALUES (${++rows}, ${rows % 100})`,
  )
  const ours = Effect.gen(function* () {
    const listening = yield* log.listen(["MarketsScored"])
    const heard = { count: 0 }
    const hear = Effect.map(PubSub.take(listening), () => void heard.count++)
    yield* Effect.forkScoped(Effect.forever(hear), { startImmediately: true })
    const began = process.hrtime.bigint()
    for (let n = 0; n < commits; n++) {
      yield* sql.withTransaction(Effect.andThen(insert, log.append([draft(n)])))
      do yield* Effect.yieldNow
      while (heard.count <= n)
    }
    return millis(began, process.hrtime.bigint()) / commits
  }).pipe(Effect.scoped)

  const bare = Effect.gen(function* () {
    const made = Array.from({ length: commits }, (_, n) => ({
      id: randomUUID(),
      payload: JSON.stringify(draft(n).payload),
    }))
    const nowMs = Date.now()
    const began = process.hrtime.bigint()
    for (const { id, payload } of made) {
      const event = sql`
        INSERT INTO events (id, type, version, at_ms, correlation_id, causation_id, traceparent, payload)
        VALUES (${id}, ${"MarketsScored"}, ${1}, ${nowMs}, ${id}, ${null}, ${null}, ${payload})
        RETURNING seq`
      yield* sql.withTransaction(Effect.andThen(insert, event))
      yield* Effect.yieldNow
    }
    return millis(began, process.hrtime.bigint()) / commits
  })

  // Both warm before either is measured.
  yield* bare
  yield* ours
  const pairs: Array<{ readonly ours: number; readonly bare: number }> = []
  for (let run = 1; run <= runs; run++) {
    const pair = { bare: yield* bare, ours: yield* ours }
    pairs.push(pair)
    say(`run ${run} of ${runs}: ${pair.ours.toFixed(4)} ms a commit, bare ${pair.bare.toFixed(4)}`)
  }
  return {
    name: "events",
    ratio: median(pairs.map((pair) => pair.ours / pair.bare)),
    better: "lower",
    ours: median(pairs.map((pair) => pair.ours)),
    baseline: median(pairs.map((pair) => pair.bare)),
    unit: "ms",
    runs,
  } satisfies Measurement
})

const acrossLanes = Effect.fnUntraced(function* (folder: string) {
  const committed = new BigInt64Array(new SharedArrayBuffer(8 * across))
  const data: EventsThreadData = {
    file: join(folder, "far.db"),
    events: across,
    everyMs,
    committed,
  }
  const thread = yield* startThread({
    name: "far lane",
    entry: new URL("./EventsThread.ts", import.meta.url),
    data,
    stopWithinMs: 1000,
  })
  yield* thread.message("ready")
  return yield* Effect.gen(function* () {
    const link = yield* LaneLink
    const lane = yield* openLane(join(folder, "near.db"), link)
    const took: Array<number> = []
    const all = yield* Deferred.make<void>()
    const { catchUp } = yield* Bridge.subscribe({
      subscriber: "near",
      consumer: "fast-path",
      logName: "far",
      handle: (event) =>
        Effect.sync(() => {
          const { markets } = JSON.parse(event.payload) as { readonly markets: number }
          took.push(millis(committed[markets]!, process.hrtime.bigint()))
          if (took.length === across) Deferred.doneUnsafe(all, Effect.void)
        }),
      rewound: Effect.void,
    }).pipe(inLane(lane))
    // The cursor takes its place in the log before the first event.
    yield* catchUp.pipe(inLane(lane))
    yield* link.tell("append", null)
    yield* Effect.raceFirst(Deferred.await(all), thread.ended)
    return took
  }).pipe(Effect.provide(LaneLink.layerPort(thread.worker)))
}, Effect.scoped)

export const bench: Bench = {
  name: "events",
  about: `a commit with an event against the same inserts, and ${across} events to the other lane`,
  run: (say) => {
    const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-events-"))
    const measured = Effect.gen(function* () {
      const lane = yield* openLane(join(folder, "lane.db"))
      const inside = yield* inTheLane(say).pipe(inLane(lane))
      const took = yield* acrossLanes(folder)
      const ofShare = (name: string, share: number) =>
        ({
          name: `events-across-${name}`,
          better: "lower",
          ours: percentile(took, share),
          unit: "ms",
          runs: 1,
        }) as const
      return [inside, ofShare("p50", 0.5), ofShare("p99", 0.99)]
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))
    return Effect.runPromise(measured).finally(() =>
      rmSync(folder, { recursive: true, force: true }),
    )
  },
}
