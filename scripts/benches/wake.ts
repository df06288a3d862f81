/**
 * Benchmark `wake`: from a fill visible at the venue to its row in the fast lane's file, by each hint there
 * is, against polls alone, as often as the lane polls when no hints flow.
 *
 * The hints: the venue's trade stream, and `TradesIngested` over the bridge, from the moment at which the
 * background lane appends it. {@link fills} fills each, at moments that no period divides; the median and the 99th percentile. The
 * row is looked for at every commit of the lane by a connection of its own.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Deferred, Effect, Logger, Queue } from "effect"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { FakeVenue } from "../../packages/paper/test/FakeVenue.ts"
import {
  book,
  fill,
  follow,
  ingested,
  introduce,
  market,
  openHouse,
  wallet,
} from "../../packages/paper/test/PaperHarness.ts"
import type { Bench, Measurement } from "./Bench.ts"
import { wide } from "./copies.ts"
import { millis, percentile } from "./Samples.ts"

const fills = 40
/** The setting `watch.poll_often` of the service. */
const pollOften = "5s"
/** Between a fill's row and the next fill. */
const pauseMs = 137

type By = "stream" | "bridge" | "polls"

const watchOf = (by: By) =>
  by !== "polls"
    ? wide.watch
    : { ...wide.watch, poll_often: pollOften, poll_seldom: pollOften, visibility_lag: "1s" }

interface Awaited {
  readonly id: Uint8Array
  readonly visible: bigint
  readonly seen: Deferred.Deferred<number>
}

const measure = Effect.fnUntraced(function* (directory: string, by: By) {
  const venue = new FakeVenue()
  venue.setBook(book(1, { asks: [[0.5, 1e9]], bids: [[0.5, 1e9]] }))
  let awaited: Awaited | null = null
  let look: ((id: Uint8Array) => boolean) | null = null
  const house = yield* openHouse({
    directory,
    venue,
    pass: Effect.sleep("5 millis"),
    overrides: { paper: wide.paper, watch: watchOf(by) },
    onCommit: () => {
      if (awaited === null || look === null || !look(awaited.id)) return
      const { seen, visible } = awaited
      awaited = null
      Deferred.doneUnsafe(seen, Effect.succeed(millis(visible, process.hrtime.bigint())))
    },
  })
  yield* introduce(house, [market(1)], [follow(wallet(1))])
  const reader = yield* Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(house.file, { readOnly: true })),
    (database) => Effect.sync(() => database.close()),
  )
  const statement = reader.prepare("SELECT 1 FROM copies WHERE fill_id = ?")
  look = (id) => statement.get(id) !== undefined
  const took: Array<number> = []
  for (let n = 1; n <= fills; n++) {
    yield* Effect.sleep(pauseMs)
    const side = n % 2 === 1 ? "BUY" : "SELL"
    const one: Fill = fill({ market: 1, side, price: 0.5, n, atMs: Date.now() })
    const seen = yield* Deferred.make<number>()
    awaited = { id: Buffer.from(one.id, "hex"), visible: process.hrtime.bigint(), seen }
    venue.rows.push({ kind: "fill", fill: one })
    if (by === "stream") yield* Queue.offer(venue.announced, one)
    if (by === "bridge") yield* house.tell([ingested([one])])
    took.push(yield* Deferred.await(seen).pipe(Effect.timeout("1 minute")))
  }
  return took
})

export const bench: Bench = {
  name: "wake",
  about: `${fills} fills from the venue to the saga's row, by the trade stream, by the other lane's event and by polls alone`,
  run: async (say) => {
    const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-wake-"))
    const took = (by: By) => {
      mkdirSync(join(folder, by))
      say(by)
      return Effect.runPromise(
        measure(join(folder, by), by).pipe(Effect.scoped, Effect.provide(Logger.layer([]))),
      )
    }
    try {
      const stream = await took("stream")
      const bridge = await took("bridge")
      const polls = await took("polls")
      const against = (name: string, hints: ReadonlyArray<number>) =>
        ([0.5, 0.99] as const).map((share): Measurement => ({
          name: `${name}-p${share * 100}`,
          ratio: percentile(hints, share) / percentile(polls, share),
          better: "lower",
          ours: percentile(hints, share),
          baseline: percentile(polls, share),
          unit: "ms",
          runs: 1,
        }))
      return [...against("wake", stream), ...against("wake-bridge", bridge)]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
