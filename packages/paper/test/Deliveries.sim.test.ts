import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Queue, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
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
} from "./PaperHarness.ts"
import { FakeVenue } from "./FakeVenue.ts"

const tokens = [1, 2, 3, 4]
/** Caps wide enough that the order of different tokens cannot matter. */
const wide = {
  paper: {
    bankroll: 100_000,
    portfolio_exposure: 1,
    wallet_exposure: 1,
    market_exposure: 1,
    theme_exposure: 1,
    max_positions: 1000,
  },
  watch: { poll_often: "1h", poll_seldom: "1h" },
}

/** For each token a purchase, another one, and a sale of half of what the leader then holds. */
const script: ReadonlyArray<ReadonlyArray<Fill>> = tokens.map((n) => [
  fill({ market: n, n: n * 10 + 1, price: 0.5, size: 100, atMs: noon + 1000 }),
  fill({ market: n, n: n * 10 + 2, price: 0.5, size: 60, atMs: noon + 2000 }),
  fill({ market: n, n: n * 10 + 3, price: 0.5, size: 80, atMs: noon + 3000, side: "SELL" }),
])

const positions = (house: House) =>
  Effect.gen(function* () {
    const lots = yield* house.sql`SELECT lower(hex(fill_id)) AS id, open_size, open_cost FROM lots
      ORDER BY fill_id`
    const { cashMicro } = yield* house.reports.ledger("portfolio")
    assert.deepStrictEqual(yield* house.reports.ledgerCheck, [])
    const { outcomes } = yield* house.reports.counts("portfolio", null)
    return JSON.stringify([lots, cashMicro, outcomes])
  }).pipe(Effect.orDie)

type Delivery = readonly [token: number, again: boolean]

/** Delivers each token's fills in their order, the tokens in the order of the deliveries. */
const deliver = Effect.fnUntraced(function* (
  deliveries: ReadonlyArray<Delivery>,
  way: "bridge" | "feed",
) {
  const venue = new FakeVenue()
  for (const n of tokens) {
    venue.setBook(book(n, { asks: [[0.51, 1000]], bids: [[0.49, 1000]] }))
  }
  const house = yield* openHouse({ venue, overrides: wide })
  yield* introduce(
    house,
    tokens.map((n) => market(n)),
    [follow(wallet(1))],
  )
  const at = tokens.map(() => 0)
  const rest = tokens.flatMap((_, index) => [1, 2, 3].map((): Delivery => [index, false]))
  for (const [index, again] of [...deliveries, ...rest]) {
    const next = script[index]![at[index]!]
    if (next === undefined) continue
    at[index]! += 1
    const earlier = again ? script[index]!.slice(0, at[index]) : []
    for (const one of [next, ...earlier]) {
      if (way === "feed") yield* Queue.offer(venue.announced, one)
      else yield* house.tell([ingested([one])])
    }
    // Sometimes the next comes while this one is on its way.
    if (!again) yield* TestClock.adjust("30 millis")
  }
  yield* house.settle
  const found = yield* positions(house)
  yield* house.stop
  return found
})

describe("deliveries", () => {
  const Deliveries = Schema.Array(Schema.Tuple([Schema.Literals([0, 1, 2, 3]), Schema.Boolean]))
  it.effect.prop(
    "repeated, and those of different tokens in any order, give the same positions and cash",
    [Deliveries, Schema.Literals(["bridge", "feed"])],
    ([deliveries, way]) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(noon + 4000)
        const plain = yield* deliver([], "bridge")
        assert.include(plain, '"COPIED":12')
        yield* TestClock.setTime(noon + 4000)
        assert.strictEqual(yield* deliver(deliveries, way), plain)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 12 }, timeout: 120_000 },
  )
})

describe("under a virtual clock", () => {
  it(
    "the whole lane answers without a promise, and twice the same",
    { timeout: 60_000 },
    async () => {
      const once = async () => {
        const time = new VirtualTime(noon)
        const venue = new FakeVenue()
        for (const n of tokens)
          venue.setBook(book(n, { asks: [[0.51, 1000]], bids: [[0.49, 1000]] }))
        const program = Effect.gen(function* () {
          const house = yield* openHouse({
            venue,
            overrides: wide,
            pass: Effect.sleep("20 millis"),
          })
          yield* introduce(
            house,
            tokens.map((n) => market(n)),
            [follow(wallet(1))],
          )
          yield* Effect.sleep("4 seconds")
          for (const fills of script)
            for (const one of fills) venue.rows.push({ kind: "fill", fill: one })
          yield* house.tell(script.map((fills) => ingested(fills)))
          yield* Effect.sleep("1 minute")
          yield* Effect.andThen(house.lane.hear, house.lane.catchUp)
          const events = yield* house.sql`SELECT seq, type, at_ms FROM events ORDER BY seq`
          return `${yield* positions(house)} ${JSON.stringify(events)}`
        })
        const exit = await time.run(program.pipe(Effect.scoped, Effect.orDie))
        assert.isTrue(Exit.isSuccess(exit), JSON.stringify(exit))
        return Exit.isSuccess(exit) ? exit.value : ""
      }
      const first = await once()
      assert.include(first, '"COPIED":12')
      assert.strictEqual(await once(), first)
    },
  )
})
