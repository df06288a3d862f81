import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import {
  book,
  fill,
  type House,
  noon,
  openHouse,
  resolved,
  temporaryDirectory,
  wallet,
} from "./PaperHarness.ts"
import { deliver, prepared, sound } from "./CopyRuns.ts"

/** One purchase of 25 is 2.5 % of the bankroll; losses are held back by nothing else. */
const wide = {
  paper: {
    portfolio_exposure: 1,
    wallet_exposure: 1,
    market_exposure: 1,
    theme_exposure: 1,
    portfolio_daily_loss: 1,
    portfolio_weekly_loss: 1,
    wallet_daily_loss: 1,
    wallet_weekly_loss: 1,
    drawdown_reduce: 0.04,
    drawdown_halt: 0.07,
    drawdown_resume: 0.01,
  },
}

const buy = (house: House, n: number, more: Parameters<typeof fill>[0] = {}) =>
  Effect.sync(() =>
    house.venue.setBook(book(n, { asks: [[0.5, 1000]], bids: [[0.5, 1000]] })),
  ).pipe(Effect.andThen(deliver(house, [fill({ market: n, price: 0.5, n, ...more })])))

const lose = (house: House, n: number) =>
  house.tell([resolved(n, [0, 1])]).pipe(Effect.andThen(house.settle))

const outcomes = (house: House, strategy: Strategy = "portfolio") =>
  Effect.map(house.reports.copies({ strategy }), (copies) =>
    copies.map((copy) => copy.outcome).toReversed(),
  )

const modes = (house: House) =>
  Effect.map(
    house.sql<{ book: string; mode: string }>`SELECT book, mode FROM book_modes ORDER BY book`,
    (rows) => Object.fromEntries(rows.map((row) => [row.book, row.mode])),
  )

describe("a book in drawdown", () => {
  it.effect("first only sells, then does nothing, and what it holds still settles", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: wide })
      for (const n of [1, 2, 3, 4]) yield* buy(house, n, { atMs: noon + n })
      yield* lose(house, 1)
      yield* lose(house, 2)
      assert.deepStrictEqual(yield* modes(house), { portfolio: "REDUCING" })
      yield* buy(house, 5, { atMs: noon + 5 })
      yield* deliver(house, [fill({ market: 4, side: "SELL", price: 0.5, n: 6, atMs: noon + 6 })])
      yield* lose(house, 3)
      assert.deepStrictEqual(yield* modes(house), { portfolio: "HALTED" })
      yield* deliver(house, [fill({ market: 4, side: "SELL", price: 0.5, n: 7, atMs: noon + 7 })])
      assert.deepStrictEqual(yield* outcomes(house), [
        "COPIED",
        "COPIED",
        "COPIED",
        "COPIED",
        "SKIPPED_PORTFOLIO_RISK",
        "COPIED",
        "SKIPPED_HALTED",
      ])
      const [gate] = yield* house.sql`SELECT gate, gate_value, gate_limit FROM copies
        WHERE outcome = 'SKIPPED_PORTFOLIO_RISK'`
      assert.deepStrictEqual(
        { ...gate },
        { gate: "drawdown", gate_value: 50_000, gate_limit: 10_000 },
      )
      const halts = yield* house.sql`SELECT type FROM events WHERE type = 'PortfolioHalted'`
      assert.strictEqual(halts.length, 1)
      yield* sound(house)
    }),
  )

  it.effect("keeps its mode over a restart, and a resume starts again from where it is", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const first = yield* prepared({ directory, overrides: wide })
      for (const n of [1, 2, 3]) yield* buy(first, n, { atMs: noon + n })
      for (const n of [1, 2, 3]) yield* lose(first, n)
      yield* first.stop
      const house = yield* openHouse({ directory, overrides: wide, venue: first.venue })
      yield* buy(house, 4, { atMs: noon + 4 })
      assert.strictEqual((yield* outcomes(house)).at(-1), "SKIPPED_HALTED")
      assert.strictEqual(yield* house.lane.resume({ reason: "looked at it" }), 1)
      yield* buy(house, 5, { atMs: noon + 5 })
      assert.strictEqual((yield* outcomes(house)).at(-1), "COPIED")
      const verbs = yield* house.sql<{ verb: string }>`SELECT verb FROM audits ORDER BY id`
      assert.deepStrictEqual(
        verbs.map((row) => row.verb),
        ["REDUCING", "HALTED", "resume"],
      )
    }),
  )

  it.effect("buys again when what it held brings it back", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: wide })
      for (const n of [1, 2, 3, 4]) yield* buy(house, n, { atMs: noon + n })
      yield* lose(house, 1)
      yield* lose(house, 2)
      yield* house.tell([resolved(3, [1, 0]), resolved(4, [1, 0])])
      yield* house.settle
      assert.deepStrictEqual(yield* modes(house), { portfolio: "ACTIVE" })
      yield* buy(house, 5, { atMs: noon + 5 })
      assert.strictEqual((yield* outcomes(house)).at(-1), "COPIED")
    }),
  )

  it.effect("of a control tells nobody that a wallet was halted", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: wide, strategies: ["careless"] })
      for (const n of [1, 2, 3]) yield* buy(house, n, { atMs: noon + n })
      for (const n of [1, 2, 3]) yield* lose(house, n)
      assert.deepStrictEqual(yield* modes(house), { [`careless:${wallet(1)}`]: "HALTED" })
      const told = yield* house.sql`SELECT 1 FROM events WHERE type = 'WalletHalted'`
      assert.strictEqual(told.length, 0)
    }),
  )

  it.effect("of one wallet halts that wallet alone", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: wide, strategies: ["solo"] })
      for (const n of [1, 2, 3]) yield* buy(house, n, { atMs: noon + n })
      for (const n of [1, 2, 3]) yield* lose(house, n)
      yield* buy(house, 4, { atMs: noon + 4 })
      yield* buy(house, 5, { atMs: noon + 5, wallet: wallet(2) })
      assert.deepStrictEqual((yield* outcomes(house, "solo")).slice(-2), [
        "SKIPPED_HALTED",
        "COPIED",
      ])
      const [event] = yield* house.sql<{ payload: string }>`SELECT payload FROM events
        WHERE type = 'WalletHalted'`
      assert.include(event!.payload, wallet(1))
    }),
  )
})

describe("a loss limit", () => {
  it.effect(
    "of the day opens again at midnight UTC, of the week on Monday",
    () =>
      Effect.gen(function* () {
        const limited = {
          paper: {
            ...wide.paper,
            portfolio_daily_loss: 0.02,
            portfolio_weekly_loss: 0.04,
            drawdown_reduce: 1,
            drawdown_halt: 1,
            sweep_every: "1d",
          },
          watch: { poll_often: "12h", poll_seldom: "12h", hint_silence: "30d", stale_after: "30d" },
        }
        const day = 86_400_000
        const noonMs = day / 2 - 1000
        const friday = noon + 4 * day
        const house = yield* prepared({ overrides: limited }, friday)
        /** Buys and loses 25; answers with the outcome. */
        const tryAt = Effect.fnUntraced(function* (n: number, atMs: number) {
          yield* TestClock.setTime(atMs)
          yield* house.settle
          yield* buy(house, n, { atMs: atMs - 1000 })
          yield* lose(house, n)
          return (yield* outcomes(house)).at(-1)
        })
        assert.strictEqual(yield* tryAt(1, friday + 1000), "COPIED")
        assert.strictEqual(yield* tryAt(2, friday + 3_600_000), "SKIPPED_DAILY_LOSS")
        assert.strictEqual(yield* tryAt(3, friday + day), "COPIED")
        assert.strictEqual(yield* tryAt(4, friday + 2 * day), "SKIPPED_WEEKLY_LOSS")
        assert.strictEqual(yield* tryAt(5, friday + 3 * day - noonMs), "COPIED")
      }),
    { timeout: 120_000 },
  )
})
