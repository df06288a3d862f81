/**
 * Benchmark `recovery`: {@link rows} copies with money promised, their orders on their way, when the
 * process is killed; then a start: what each takes until it has its outcome. A start soon after lets them go on to their fill. A start
 * long after ends them and gives the promises back, before the lane takes anything new. Nothing is
 * compared. The median of {@link runs} runs, on files on disk.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, Layer, Logger, Scope } from "effect"
import { TestClock } from "effect/testing"
import { copyFiles } from "../../packages/paper/test/crash/CrashFiles.ts"
import { FakeVenue } from "../../packages/paper/test/FakeVenue.ts"
import {
  book,
  fill,
  follow,
  type House,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  wallet,
} from "../../packages/paper/test/PaperHarness.ts"
import type { Bench } from "./Bench.ts"

const runs = 3
const rows = 10_000
const leaders = 100
const markets = 256
const atOnce = 500

const overrides = {
  paper: {
    solo_bankroll: 1e8,
    solo_exposure: 1,
    market_exposure: 1,
    theme_exposure: 1,
    max_positions: 1000,
    own_impact: "0s",
    delay: "30s",
    orders_in_flight: 2 * rows,
    waiting: 2 * rows,
    deadline: "1h",
    max_detection_lag: "1h",
    resume_within: "5m",
    sweep_every: "10h",
  },
  watch: { poll_often: "10h", poll_seldom: "10h", stale_after: "100d" },
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

const venueOf = () => {
  const venue = new FakeVenue()
  for (const n of numbers(markets)) venue.setBook(book(n, { asks: [[0.5, 1e9]] }))
  return venue
}

const open = (directory: string, settles: boolean) =>
  openHouse({ directory, venue: venueOf(), overrides, strategies: ["solo"], settles })

const inState = (house: House, where: string) =>
  Effect.map(
    house.sql.unsafe<{ n: number }>(`SELECT count(*) AS n FROM copies WHERE ${where}`),
    ([row]) => row!.n,
  )

/** Lets time pass until all copies are so. */
const until = Effect.fnUntraced(function* (house: House, where: string, step: number) {
  for (let turn = 0; turn < 100_000; turn++) {
    if ((yield* inState(house, where)) === rows) return
    yield* TestClock.adjust(step)
  }
  return yield* Effect.die(new Error(`${rows} copies never are ${where}`))
})

/** Files in which all copies are reserved, as a kill leaves them. */
const killed = Effect.fnUntraced(function* (directory: string) {
  yield* TestClock.setTime(noon)
  const alive = join(directory, "alive")
  mkdirSync(alive)
  const scope = yield* Scope.make()
  const house = yield* open(alive, true).pipe(Scope.provide(scope))
  yield* introduce(
    house,
    numbers(markets).map((n) => market(n)),
    numbers(leaders).map((n) => follow(wallet(n))),
  )
  const fills = numbers(rows).map((n) =>
    fill({ wallet: wallet((n % leaders) + 1), market: (n % markets) + 1, price: 0.5, n }),
  )
  for (let at = 0; at < rows; at += atOnce) {
    const some = fills.slice(at, at + atOnce)
    yield* house.tell(
      numbers(leaders).flatMap((n) => {
        const its = some.filter((one) => one.wallet === wallet(n))
        return its.length === 0 ? [] : [ingested(its)]
      }),
    )
    yield* TestClock.adjust(1)
  }
  yield* until(house, "state = 'reserved'", 1)
  copyFiles(alive, join(directory, "killed"))
  yield* Scope.close(scope, Exit.void)
})

/** Milliseconds from the start until every copy has its outcome. */
const recovered = Effect.fnUntraced(function* (directory: string, afterMs: number, where: string) {
  const files = mkdtempSync(join(directory, "run-"))
  cpSync(join(directory, "killed"), files, { recursive: true })
  yield* TestClock.setTime(noon + afterMs)
  const from = process.hrtime.bigint()
  const house = yield* open(files, false)
  yield* until(house, where, 50)
  const ms = Number(process.hrtime.bigint() - from) / 1e6
  const faults = yield* house.reports.ledgerCheck
  if (faults.length > 0) return yield* Effect.die(new Error(JSON.stringify(faults)))
  yield* house.stop
  return ms
}, Effect.scoped)

const inTestTime = <A>(effect: Effect.Effect<A, unknown, Scope.Scope>) =>
  Effect.runPromise(
    effect.pipe(Effect.scoped, Effect.provide(Layer.merge(TestClock.layer(), Logger.layer([])))),
  )

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[(runs - 1) / 2]!

export const bench: Bench = {
  name: "recovery",
  about: `${rows} copies with money promised, killed and started again`,
  run: async (say) => {
    const directory = mkdtempSync(join(tmpdir(), "trader-evaluator-recovery-"))
    try {
      await inTestTime(killed(directory))
      const soon: Array<number> = []
      const late: Array<number> = []
      for (let run = 1; run <= runs; run++) {
        soon.push(await inTestTime(recovered(directory, 60_000, "outcome = 'COPIED'")))
        late.push(
          await inTestTime(recovered(directory, 600_000, "outcome = 'SKIPPED_DETECTION_LAG'")),
        )
        say(
          `run ${run} of ${runs}: on ${soon.at(-1)!.toFixed(0)} ms, back ${late.at(-1)!.toFixed(0)} ms`,
        )
      }
      const shape = { better: "lower", unit: "ms/copy", runs } as const
      return [
        { name: "recovery-resumed", ours: median(soon) / rows, ...shape },
        { name: "recovery-expired", ours: median(late) / rows, ...shape },
      ]
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
