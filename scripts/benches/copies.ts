/**
 * Benchmark `copies`: sagas a second of the fast lane on a real file, all strategies, from the venue's
 * stream to the filled copy, against the very statements it issued, given to `node:sqlite` bare: the
 * same transactions on a copy of the same file, prepared once, nothing in between.
 *
 * {@link fills} fills in {@link tokens} tokens, in books that fill them; no modelled delay. The median
 * of {@link runs} runs, each with its baseline, after one that counts for nothing: the first copies meet
 * code that has not run before, and the service runs for months.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { DatabaseSync, StatementSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Logger, Queue } from "effect"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { FakeVenue } from "../../packages/paper/test/FakeVenue.ts"
import {
  book,
  fill,
  follow,
  introduce,
  market,
  noon,
  openHouse,
  wallet,
} from "../../packages/paper/test/PaperHarness.ts"
import type { Bench } from "./Bench.ts"

/** An odd number, so that the median is one of them. */
const runs = 3
const fills = 600
const tokens = 20
const sagas = fills * Strategy.literals.length

/** One statement of the lane, with its values; null for those that begin and end transactions. */
interface Issued {
  readonly text: string
  readonly values: ReadonlyArray<never> | null
}

type Method = (this: StatementSync, ...values: ReadonlyArray<never>) => unknown
const reading = ["all", "get", "run"] as const

/** Notes every statement that the process issues until it is told to stop. */
const listen = () => {
  const issued: Array<Issued> = []
  const statements: Record<string, Method> = StatementSync.prototype as never
  const before = reading.map((name) => [name, statements[name]!] as const)
  for (const [name, method] of before) {
    statements[name] = function (this: StatementSync, ...values) {
      issued.push({ text: this.sourceSQL, values })
      return Reflect.apply(method, this, values)
    }
  }
  const database = DatabaseSync.prototype
  const plain = database.exec
  database.exec = function (text) {
    issued.push({ text, values: null })
    plain.call(this, text)
  }
  return () => {
    for (const [name, method] of before) statements[name] = method
    database.exec = plain
    return issued
  }
}

/** Limits that refuse nothing, no modelled delay, no poll within the time a benchmark takes. */
export const wide = {
  paper: {
    bankroll: 1e8,
    solo_bankroll: 1e8,
    portfolio_exposure: 1,
    wallet_exposure: 1,
    market_exposure: 1,
    theme_exposure: 1,
    solo_exposure: 1,
    max_positions: 1000,
    own_impact: "0s",
    delay: "0s",
    taker_delay: "0s",
    books_followed: 100,
    deadline: "10m",
    max_detection_lag: "10000d",
    sweep_every: "1h",
  },
  watch: { poll_often: "1h", poll_seldom: "1h", stale_after: "10000d" },
}

const snapshot = (from: string, to: string) => {
  mkdirSync(to, { recursive: true })
  for (const suffix of ["", "-wal"]) {
    const file = join(from, `paper.db${suffix}`)
    if (existsSync(file)) copyFileSync(file, join(to, `paper.db${suffix}`))
  }
}

/** Seconds the lane takes for all fills. `started` is called when everything is ready. */
const runLane = (directory: string, started: () => void) =>
  Effect.gen(function* () {
    const venue = new FakeVenue()
    const numbers = Array.from({ length: tokens }, (_, n) => n + 1)
    for (const n of numbers) {
      // As from the socket: a fetch would be measured, and the copies wait as long as an order takes.
      const pushed = book(n, { asks: [[0.5, 1e9]], bids: [[0.5, 1e9]] })
      venue.pushed.set(pushed.token, {
        book: pushed,
        ageMs: 0,
      })
    }
    const pass = Effect.sleep("5 millis")
    const house = yield* openHouse({
      directory,
      venue,
      pass,
      overrides: wide,
      strategies: Strategy.literals,
    })
    yield* introduce(
      house,
      numbers.map((n) => market(n)),
      [follow(wallet(1))],
    )
    started()
    const from = process.hrtime.bigint()
    for (let n = 0; n < fills; n++) {
      // Each token is bought and sold again, so that no more is held than a book may hold.
      const side = Math.floor(n / tokens) % 2 === 0 ? "BUY" : "SELL"
      const one = { market: (n % tokens) + 1, side, price: 0.5, n: n + 1, atMs: noon + n } as const
      yield* Queue.offer(venue.announced, fill(one))
    }
    for (;;) {
      const pool = (yield* house.backlogs.all).find(({ name }) => name === "fills-to-copy")!
      if (pool.done === fills) break
      if (pool.dropped + pool.failed > 0) return yield* Effect.die(new Error("a fill was shed"))
      yield* Effect.sleep("1 millis")
    }
    const seconds = Number(process.hrtime.bigint() - from) / 1e9
    const { outcomes } = yield* house.reports.counts("solo", null)
    if (outcomes.COPIED !== fills) {
      return yield* Effect.die(new Error(`not all were copied: ${JSON.stringify(outcomes)}`))
    }
    yield* house.stop
    return seconds
  }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))

/** Seconds the statements take bare, on the file as it was before the first. */
const runBare = (directory: string, issued: ReadonlyArray<Issued>): number => {
  const database = new DatabaseSync(join(directory, "paper.db"))
  database.exec(
    "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192",
  )
  const prepared = new Map<string, StatementSync>()
  const from = process.hrtime.bigint()
  for (const { text, values } of issued) {
    let statement = prepared.get(text)
    if (statement === undefined) prepared.set(text, (statement = database.prepare(text)))
    statement.all(...(values ?? []))
  }
  const seconds = Number(process.hrtime.bigint() - from) / 1e9
  database.close()
  return seconds
}

const measureOnce = async () => {
  const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-copies-"))
  try {
    const plain = join(folder, "plain")
    mkdirSync(plain)
    const ours = await Effect.runPromise(runLane(plain, () => undefined))
    const noted = join(folder, "noted")
    mkdirSync(noted)
    let stop: ReturnType<typeof listen> | undefined
    await Effect.runPromise(
      runLane(noted, () => {
        snapshot(noted, join(folder, "bare"))
        stop = listen()
      }),
    )
    const bare = runBare(join(folder, "bare"), stop!())
    return { ours: sagas / ours, bare: sagas / bare }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const bench: Bench = {
  name: "copies",
  about: `${sagas} sagas of ${fills} fills, against their statements issued bare`,
  run: async (say) => {
    const measured: Array<Awaited<ReturnType<typeof measureOnce>>> = []
    const cold = await measureOnce()
    say(`cold: ${cold.ours.toFixed(0)} sagas a second, bare ${cold.bare.toFixed(0)}`)
    for (let n = 1; n <= runs; n++) {
      const one = await measureOnce()
      say(`run ${n} of ${runs}: ${one.ours.toFixed(0)} sagas a second, bare ${one.bare.toFixed(0)}`)
      measured.push(one)
    }
    const middle = measured.toSorted((a, b) => a.ours / a.bare - b.ours / b.bare)[(runs - 1) / 2]!
    return [
      {
        name: "copies",
        ratio: middle.ours / middle.bare,
        better: "higher",
        ours: middle.ours,
        baseline: middle.bare,
        unit: "sagas/s",
        runs,
      },
    ]
  },
}
