import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { KeptReview } from "@evaluator/paper/Review"
import { book, fill, type House, noon, wallet } from "./PaperHarness.ts"
import { deliver, prepared, sound } from "./CopyRuns.ts"

const proportional = { overrides: { paper: { sizing: "proportional", least_buy: 5 } } }

const told = (house: House, usdc: number, of = wallet(1)) =>
  house
    .tell([{ type: "PositionsChanged", payload: { wallet: of, bankrollMicro: usdc * 1e6 } }])
    .pipe(Effect.andThen(house.settle))

const decode = Schema.decodeSync(Schema.fromJsonString(KeptReview))
const reviews = (house: House) =>
  Effect.map(house.sql<{ review: string }>`SELECT review FROM copies ORDER BY rowid`, (rows) =>
    rows.map(({ review }) => decode(review)),
  )

describe("a purchase in proportion", () => {
  it.effect(
    "rests on the most the leader's positions were worth, and keeps what it rested on",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared(proportional)
        house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
        yield* told(house, 9900)
        yield* told(house, 100)
        yield* deliver(house, [fill({ price: 0.5, size: 200 })])
        const [copy] = yield* house.reports.copies({})
        assert.strictEqual(copy!.gross, 10_000_000)
        const [{ size, followSeq }] = (yield* reviews(house)) as [typeof KeptReview.Type]
        assert.deepInclude(size, {
          rule: "proportional",
          wanted: 10_000_000,
          bankroll: 10_000_000_000,
        })
        assert.isNumber(size!.seq)
        assert.isNumber(followSeq)
        const says = (yield* house.reports.why(copy!.fillId)).flatMap((section) => section.says)
        assert.include(says.join(" "), "in proportion to the leader's bankroll of at least 10000")
        yield* sound(house)
      }),
  )

  it.effect("is the least when that is older than a quarter of an hour, and says so", () =>
    Effect.gen(function* () {
      const house = yield* prepared({
        overrides: { ...proportional.overrides, watch: { poll_often: "1h", poll_seldom: "1h" } },
      })
      for (const n of [1, 2]) house.venue.setBook(book(n, { asks: [[0.5, 1000]] }))
      yield* told(house, 9900)
      yield* TestClock.adjust("16 minutes")
      const late = noon + 16 * 60_000
      yield* deliver(house, [fill({ price: 0.5, size: 200, atMs: late })])
      const [{ size }] = (yield* reviews(house)) as [typeof KeptReview.Type]
      assert.deepInclude(size, { rule: "least", wanted: 5_000_000, bankroll: null, seq: null })
      const [copy] = yield* house.reports.copies({})
      assert.strictEqual(copy!.gross, 5_000_000)
      const says = (yield* house.reports.why(copy!.fillId)).flatMap((section) => section.says)
      assert.include(says.join(" "), "the least, for the leader's bankroll was not known: 5")
    }),
  )
})

describe("the exposure of a market", () => {
  it.effect("is net of pairs of its outcomes: they pay a dollar whatever happens", () =>
    Effect.gen(function* () {
      // 5 % of 1000 is room for two purchases of 25.
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }, 0))
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }, 1))
      yield* deliver(house, [fill({ price: 0.5 })])
      yield* deliver(house, [fill({ price: 0.5, outcome: 1, wallet: wallet(2), n: 2 })])
      // 50 Yes and 50 No for 50: nothing of it can be lost.
      yield* deliver(house, [fill({ price: 0.5, n: 3, atMs: noon + 1 })])
      const outcomes = (yield* house.reports.copies({})).map((copy) => copy.outcome)
      assert.deepStrictEqual(outcomes, ["COPIED", "COPIED", "COPIED"])
      const last = (yield* reviews(house))[2]!
      const valueOf = (name: string) => last.gates.find(([gate]) => gate === name)![1]
      assert.strictEqual(valueOf("market-exposure"), 0)
      assert.strictEqual(valueOf("portfolio-exposure"), 0)
      // The wallet's own Yes has no pair of its own.
      assert.strictEqual(valueOf("wallet-exposure"), 25_000_000)
      yield* sound(house)
    }),
  )
})
