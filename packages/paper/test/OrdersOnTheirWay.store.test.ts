import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import { mkdirSync } from "node:fs"
import type { Market } from "@evaluator/domain/market/Market"
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
  temporaryDirectory,
  wallet,
} from "./PaperHarness.ts"
import { copyFiles } from "./crash/CrashFiles.ts"
import { FakeVenue } from "./FakeVenue.ts"
import { sound } from "./CopyRuns.ts"

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1)
const quiet = { poll_often: "1h", poll_seldom: "1h" }
/** As config/service.toml has it. */
const usualDelays = { delay: "100ms", taker_delay: "250ms", deadline: "2s", slots: 8 }
const watched = [1, 2].map((n) => follow(wallet(n)))

const deep = (n: number) => book(n, { asks: [[0.5, 100_000]], bids: [[0.5, 100_000]] })
const venueOf = (count = 1) => {
  const venue = new FakeVenue()
  for (const n of numbers(count)) venue.setBook(deep(n))
  return venue
}

const prepared = Effect.fnUntraced(function* (
  markets: ReadonlyArray<Market>,
  paper: Readonly<Record<string, string | number>> = {},
) {
  yield* TestClock.setTime(noon)
  const house = yield* openHouse({
    venue: venueOf(markets.length),
    overrides: { paper: { ...usualDelays, ...paper }, watch: quiet },
  })
  yield* introduce(house, markets, watched)
  return house
})

/** As the venue delays orders in markets of sports. */
const slow = (n: number) => market(n, { delayMs: 3000 })
const bought = fill({ price: 0.5 })
const sold = fill({ price: 0.5, side: "SELL", n: 2, atMs: noon + 1000 })

interface Row {
  readonly side: string
  readonly state: string
  readonly outcome: string | null
  readonly decided: number
  readonly size: number | null
}

/** The copies in the venue's order; `decided` in milliseconds since noon. */
const rowsOf = (house: House) =>
  house.sql<Row>`SELECT side, state, outcome, reviewed_at_ms - ${noon} AS decided, size
    FROM copies ORDER BY leader_at_ms, rowid`

/** Lets a second pass, in small steps: between two of them the lane gets on. */
const second = Effect.repeat(TestClock.adjust("20 millis"), { times: 49 })

const outcomesOf = (rows: ReadonlyArray<Row>) => rows.map(({ outcome }) => outcome)

describe("orders on their way", () => {
  it.effect("let the other fills of their token be decided: ten at once are all copied", () =>
    Effect.gen(function* () {
      const house = yield* prepared([market(1)], { buy_size: 5 })
      yield* house.tell([ingested(numbers(10).map((n) => fill({ price: 0.5, size: 10, n })))])
      yield* house.settle
      assert.deepStrictEqual(
        outcomesOf(yield* rowsOf(house)),
        numbers(10).map(() => "COPIED"),
      )
      const [row] =
        yield* house.sql`SELECT max(priced_at_ms) - min(detected_at_ms) AS ms FROM copies`
      assert.isBelow(Number(row?.ms), 500, "the last one comes no later than the first")
      yield* sound(house)
    }),
  )

  it.effect("take no slot: more markets with a delay than slots are decided at once", () =>
    Effect.gen(function* () {
      const house = yield* prepared(numbers(6).map(slow), { slots: 2, buy_size: 5 })
      const from = yield* Clock.currentTimeMillis
      yield* house.tell([ingested(numbers(6).map((n) => fill({ market: n, price: 0.5 })))])
      yield* second
      const rows = yield* rowsOf(house)
      assert.strictEqual(rows.filter(({ state }) => state === "reserved").length, 6)
      for (const { decided } of rows) assert.isBelow(noon + decided - from, 500)
      yield* house.settle
      const copied = yield* rowsOf(house)
      assert.isTrue(copied.every(({ outcome }) => outcome === "COPIED"))
      yield* sound(house)
    }),
  )

  it.effect("are waited for by the drain", () =>
    Effect.gen(function* () {
      const house = yield* prepared([slow(1)])
      yield* house.tell([ingested([bought])])
      const draining = yield* Effect.forkChild(house.lane.hear)
      for (const _ of [1, 2, 3]) yield* second
      assert.isUndefined(draining.pollUnsafe())
      yield* second
      yield* Fiber.join(draining)
      assert.deepStrictEqual(outcomesOf(yield* rowsOf(house)), ["COPIED"])
    }),
  )
})

describe("a sale behind a purchase on its way", () => {
  /** The purchase at once, then the sale and `more` a second later. */
  const play = Effect.fnUntraced(function* (house: House, more: ReadonlyArray<typeof sold> = []) {
    yield* house.tell([ingested([bought])])
    yield* second
    yield* house.tell([ingested([sold]), ...more.map((one) => ingested([one]))])
    yield* second
  })

  it.effect("sells what was bought, though it waits longer than the deadline", () =>
    Effect.gen(function* () {
      const house = yield* prepared([slow(1)])
      yield* play(house)
      yield* house.settle
      const [purchase, sale] = yield* rowsOf(house)
      assert.deepInclude(purchase, { outcome: "COPIED", state: "closed", size: 50_000_000 })
      assert.deepInclude(sale, { outcome: "COPIED", state: "closed", size: 50_000_000 })
      assert.strictEqual((yield* house.reports.ledger("portfolio")).openLots, 0)
      yield* sound(house)
    }),
  )

  it.effect("holds up neither other tokens nor, for good, what comes behind it", () =>
    Effect.gen(function* () {
      const house = yield* prepared([slow(1), market(2)], { slots: 1, buy_size: 10 })
      const behind = fill({ price: 0.5, wallet: wallet(2), n: 3, atMs: noon + 1001 })
      const elsewhere = fill({ price: 0.5, market: 2, n: 4, atMs: noon + 1002 })
      yield* play(house, [behind, elsewhere])
      const soon = yield* rowsOf(house)
      assert.deepStrictEqual(
        soon.map(({ state }) => state),
        ["reserved", "detected", "detected", "filled"],
      )
      yield* house.settle
      const rows = yield* rowsOf(house)
      assert.deepStrictEqual(
        outcomesOf(rows),
        rows.map(() => "COPIED"),
      )
      assert.isAtMost(rows[1]!.decided, rows[2]!.decided)
      const [order] = yield* house.sql`SELECT sale.rowid < later.rowid AS kept
        FROM transfers sale, transfers later WHERE sale.kind = 'promise'
          AND later.kind = 'reserve' AND later.at_ms >= sale.at_ms`
      assert.strictEqual(order?.kept, 1, "decided in the venue's order")
      yield* sound(house)
    }),
  )

  it.effect("has nothing to sell when the purchase finds no fill", () =>
    Effect.gen(function* () {
      const house = yield* prepared([slow(1)])
      house.venue.setBook(book(1, { asks: [[0.9, 1000]], bids: [[0.5, 1000]] }))
      yield* play(house)
      yield* house.settle
      assert.deepStrictEqual(outcomesOf(yield* rowsOf(house)), [
        "SKIPPED_NO_FILL",
        "SKIPPED_NOTHING_TO_SELL",
      ])
      yield* sound(house)
    }),
  )

  it.effect("is halted with it", () =>
    Effect.gen(function* () {
      const house = yield* prepared([slow(1)])
      yield* play(house)
      yield* house.lane.halt({ reason: "test", untilMs: null })
      yield* house.settle
      assert.deepStrictEqual(outcomesOf(yield* rowsOf(house)), ["SKIPPED_HALTED", "SKIPPED_HALTED"])
      const { cashMicro, reservedMicro } = yield* house.reports.ledger("portfolio")
      assert.deepStrictEqual({ cashMicro, reservedMicro }, { cashMicro: 1e9, reservedMicro: 0 })
      yield* sound(house)
    }),
  )

  const overrides = { paper: usualDelays, watch: quiet }
  const tellAll = (house: House) =>
    introduce(house, [slow(1)], watched).pipe(Effect.andThen(play(house)))

  /** The lane on files that another left behind: both are copied, as if nothing had been. */
  const goesOn = Effect.fnUntraced(function* (directory: string) {
    const house = yield* openHouse({ directory, venue: venueOf(), overrides })
    // What the other lane had not told yet is told again.
    yield* tellAll(house)
    yield* house.settle
    assert.deepStrictEqual(
      (yield* rowsOf(house)).map(({ outcome, size, state }) => [outcome, state, size]),
      [
        ["COPIED", "closed", 50_000_000],
        ["COPIED", "closed", 50_000_000],
      ],
      directory,
    )
    yield* sound(house)
    yield* house.stop
  })

  it.effect(
    "follows it after a kill at any commit",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(noon)
        const directory = yield* temporaryDirectory
        const alive = join(directory, "alive")
        mkdirSync(alive)
        const kills: Array<string> = []
        const onCommit = () => {
          const to = join(directory, String(kills.length))
          copyFiles(alive, to)
          kills.push(to)
        }
        const house = yield* openHouse({ directory: alive, venue: venueOf(), overrides, onCommit })
        yield* tellAll(house)
        yield* house.settle
        yield* house.stop
        assert.isAbove(kills.length, 10)
        for (const files of kills) {
          yield* TestClock.setTime(noon + 5000)
          yield* goesOn(files)
        }
      }),
    60_000,
  )

  it.effect("is left with it by a stop, and goes on after the start", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const directory = yield* temporaryDirectory
      const house = yield* openHouse({ directory, venue: venueOf(), overrides })
      yield* tellAll(house)
      const left = yield* rowsOf(house)
      yield* house.stop
      assert.deepStrictEqual(
        left.map(({ state }) => state),
        ["reserved", "detected"],
      )
      yield* goesOn(directory)
    }),
  )
})
