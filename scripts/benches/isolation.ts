/**
 * Benchmark `isolation`: whether the background lane can be felt by the fast one.
 *
 * {@link fills} fills, {@link aSecond} a second, books held, the venue silent; from the fill decoded in the
 * fast lane to the commit of its reservations under all strategies, on the monotonic clock, as the service
 * itself measures it. Idle and saturated by turns, {@link pairs} pairs: saturated, another thread writes
 * another file flat out (a hundred thousand items queued) and its events cross the bridge into paper.db's
 * cursor. `ISOLATION_FILLS` asks for fewer fills, to try it.
 *
 * - `isolation-p99`, `-p50`: saturated against idle, medians of the pairs.
 * - `isolation-loop-p99`: how late a timer of the fast lane is, less its resolution, saturated.
 * - `isolation-full-p99`: saturated and idle with `synchronous=FULL`, one pair.
 * - `isolation-conventional-p99`: saturated, against one thread, one file and one connection for both.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { Effect, Layer, Logger, Queue, Schedule, type Scope } from "effect"
import { startThread } from "@evaluator/app/Threads"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import * as Bridge from "@evaluator/runtime/Bridge"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { FakeVenue } from "../../packages/paper/test/FakeVenue.ts"
import {
  book,
  fill,
  follow,
  type House,
  introduce,
  market,
  noon,
  openHouse,
  wallet,
} from "../../packages/paper/test/PaperHarness.ts"
import type { Bench, Measurement } from "./Bench.ts"
import { wide } from "./copies.ts"
import { saturate } from "./IsolationLoad.ts"
import type { IsolationThreadData } from "./IsolationThread.ts"
import { median } from "./Samples.ts"

/** An odd number, so that the median is one of them. */
const pairs = 5
const fills = Number(process.env["ISOLATION_FILLS"] ?? 5000)
const aSecond = 50
const tokens = 20
/** What the first fills meet is code that has not run before: so many go through a lane of their own. */
const warming = Math.min(fills, 500)

type Load = "idle" | "saturated" | "conventional"

interface Measured {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly loopP99: number
  /** Items that the background wrote meanwhile. */
  readonly written: number
}

/** The background lane in its thread, its events pulled into the fast lane's file. */
const beside = Effect.fnUntraced(function* (directory: string, paper: House["paper"]) {
  const data: IsolationThreadData = { file: join(directory, "background.db") }
  const thread = yield* startThread({
    name: "background lane",
    entry: new URL("./IsolationThread.ts", import.meta.url),
    data,
    stopWithinMs: 100,
  })
  yield* thread.message("ready")
  const link = yield* Layer.build(LaneLink.layerPort(thread.worker))
  yield* Bridge.subscribe({
    subscriber: "bench",
    consumer: "fast-path",
    logName: "background",
    handle: () => Effect.void,
    rewound: Effect.void,
  }).pipe(Effect.provideContext(link), Effect.provideContext(paper))
  const { ask } = yield* LaneLink.pipe(Effect.provideContext(link))
  return Effect.map(ask("written", null), (counters) => (counters as { done: number }).done)
})

/** Waits until all fills are decided with money set aside; one that was not would be waited for without end. */
const decided = Effect.fnUntraced(function* (house: House, count: number) {
  for (;;) {
    const pool = (yield* house.backlogs.all).find(({ name }) => name === "fills-to-copy")!
    const decisions = (yield* house.lane.decisions).count
    if (decisions >= count) return
    if (pool.dropped + pool.failed > 0 || pool.done >= count) {
      const { outcomes } = yield* house.reports.counts("solo", null)
      const words = `${decisions} of ${count} fills were decided: ${JSON.stringify({ ...pool, outcomes })}`
      return yield* Effect.die(new Error(words))
    }
    yield* Effect.sleep("20 millis")
  }
})

const measure = Effect.fnUntraced(function* (
  directory: string,
  load: Load,
  synchronous: "NORMAL" | "FULL" = "NORMAL",
  count = fills,
): Effect.fn.Return<Measured, unknown, Scope.Scope> {
  const venue = new FakeVenue()
  const numbers = Array.from({ length: tokens }, (_, n) => n + 1)
  for (const n of numbers) venue.setBook(book(n, { asks: [[0.5, 1e9]], bids: [[0.5, 1e9]] }))
  const house = yield* openHouse({
    directory,
    venue,
    pass: Effect.sleep("5 millis"),
    overrides: wide,
    strategies: Strategy.literals,
  })
  yield* introduce(
    house,
    numbers.map((n) => market(n)),
    [follow(wallet(1))],
  )
  yield* house.sql`PRAGMA synchronous = ${house.sql.literal(synchronous)}`
  let offered = 0
  const announce = Effect.suspend(() => {
    const n = offered++
    // Each token is bought and sold again, so that no more is held than a book may hold.
    const side = Math.floor(n / tokens) % 2 === 0 ? "BUY" : "SELL"
    const one = { market: (n % tokens) + 1, side, price: 0.5, n: n + 1, atMs: noon + n } as const
    return Queue.offer(venue.announced, fill(one))
  })
  const written =
    load === "idle"
      ? Effect.succeed(0)
      : load === "saturated"
        ? yield* beside(directory, house.paper)
        : yield* Effect.map(saturate, ({ counters }) => Effect.map(counters, (of) => of.done)).pipe(
            Effect.provideContext(house.paper),
          )
  const before = yield* written
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  yield* Effect.repeat(announce, { times: count - 1, schedule: Schedule.fixed(1000 / aSecond) })
  yield* decided(house, count)
  loop.disable()
  const { p50, p99, max } = yield* house.lane.decisions
  const loopP99 = Math.max(0, loop.percentile(99) / 1e6 - 1)
  return { p50, p99, max, loopP99, written: (yield* written) - before }
})

export const bench: Bench = {
  name: "isolation",
  about: `${fills} decisions, idle and beside a background lane flat out, ${pairs} pairs`,
  run: async (say) => {
    const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-isolation-"))
    let runs = 0
    const measureIn = async (...[load, ...how]: Parameters<typeof measureOnce>) => {
      const directory = join(folder, String(++runs))
      mkdirSync(directory)
      const one = await measureOnce(load, ...how)(directory)
      rmSync(directory, { recursive: true, force: true })
      say(
        `${load}: p50 ${one.p50.toFixed(2)} ms, p99 ${one.p99.toFixed(2)}, max ${one.max.toFixed(1)}, ` +
          `loop p99 ${one.loopP99.toFixed(2)} ms, ${one.written} items written beside`,
      )
      return one
    }
    try {
      await measureIn("idle", "NORMAL", warming)
      const idle: Array<Measured> = []
      const saturated: Array<Measured> = []
      for (let pair = 0; pair < pairs; pair++) {
        idle.push(await measureIn("idle"))
        saturated.push(await measureIn("saturated"))
      }
      const full = [await measureIn("idle", "FULL"), await measureIn("saturated", "FULL")] as const
      const conventional = await measureIn("conventional", "NORMAL", Math.min(fills, 500))
      const against = (name: "p50" | "p99"): Measurement => ({
        name: `isolation-${name}`,
        ratio: median(saturated.map((one, pair) => one[name] / idle[pair]![name])),
        better: "lower",
        ours: median(saturated.map((one) => one[name])),
        baseline: median(idle.map((one) => one[name])),
        unit: "ms",
        runs: pairs,
      })
      const p99 = against("p99")
      return [
        p99,
        against("p50"),
        {
          name: "isolation-loop-p99",
          better: "lower",
          ours: median(saturated.map((one) => one.loopP99)),
          baseline: median(idle.map((one) => one.loopP99)),
          unit: "ms",
          runs: pairs,
        },
        {
          name: "isolation-full-p99",
          ratio: full[1].p99 / full[0].p99,
          better: "lower",
          ours: full[1].p99,
          baseline: full[0].p99,
          unit: "ms",
          runs: 1,
        },
        {
          name: "isolation-conventional-p99",
          ratio: p99.ours / conventional.p99,
          better: "lower",
          ours: p99.ours,
          baseline: conventional.p99,
          unit: "ms",
          runs: 1,
        },
      ]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

const measureOnce =
  (load: Load, synchronous?: "NORMAL" | "FULL", count?: number) =>
  (directory: string): Promise<Measured> =>
    Effect.runPromise(
      measure(directory, load, synchronous, count).pipe(
        Effect.scoped,
        Effect.provide(Logger.layer([])),
      ),
    )
