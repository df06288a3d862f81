import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { askedTogether, atOnce } from "@evaluator/paper/FactsRefresh"
import { fill, type House, ingested, market, noon } from "./PaperHarness.ts"
import { prepared } from "./CopyRuns.ts"

/** Markets in which a followed wallet trades; the facts of each group are a second younger. */
const watched = Effect.fnUntraced(function* (groups: ReadonlyArray<ReadonlyArray<number>>) {
  const house = yield* prepared({ overrides: { paper: { facts_age: "10m" } } })
  for (const numbers of groups) {
    yield* house.tell(
      numbers.map((n) => ({ type: "MarketListed", payload: { market: market(n) } }) as const),
    )
    yield* house.tell([ingested(numbers.map((n) => fill({ price: 0.6, market: n, n })))])
    yield* TestClock.adjust("1 second")
  }
  yield* house.settle
  return house
})

const numbersFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index)

const describeAll = (house: House, numbers: ReadonlyArray<number>) => {
  for (const n of numbers) house.venue.markets.set(market(n).condition, market(n))
}

const renewed = (house: House) =>
  Effect.map(
    house.sql<{ n: number }>`SELECT count(*) AS n FROM markets WHERE source = 'venue'`,
    ([row]) => row!.n,
  )

const questions = (house: House) =>
  house.venue.calls.flatMap((call) => (call.startsWith("markets ") ? [call.split(",").length] : []))

describe("facts asked for ahead of need", () => {
  it.effect("do not wait behind markets that the venue does not describe", () =>
    Effect.gen(function* () {
      const described = numbersFrom(500, 3)
      const house = yield* watched([numbersFrom(100, atOnce), described])
      describeAll(house, described)
      yield* TestClock.setTime(noon + 8 * 60_000)
      assert.strictEqual(yield* renewed(house), 0)
      yield* TestClock.setTime(noon + 11 * 60_000)
      assert.strictEqual(yield* renewed(house), described.length)
      // And those are asked for again later.
      const before = questions(house).length
      yield* TestClock.setTime(noon + 24 * 60_000)
      assert.isAbove(questions(house).length, before)
    }),
  )

  it.effect("are kept question by question, so that a slow venue renews some", () =>
    Effect.gen(function* () {
      const numbers = numbersFrom(100, askedTogether + 1)
      const house = yield* watched([numbers])
      describeAll(house, numbers)
      house.venue.slow = "2 seconds"
      yield* TestClock.setTime(noon + 7.5 * 60_000 + 3000)
      house.venue.down.add("markets")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* renewed(house), askedTogether)
      assert.deepStrictEqual(questions(house), [askedTogether, 1])
    }),
  )

  it.effect("are as old as the venue's cache says", () =>
    Effect.gen(function* () {
      const house = yield* watched([[100]])
      describeAll(house, [100])
      house.venue.agedMs = 240_000
      const askedMs = noon + 7.5 * 60_000
      yield* TestClock.setTime(askedMs)
      const [row] = yield* house.sql<{ at_ms: number }>`SELECT at_ms FROM markets
        WHERE source = 'venue'`
      assert.isAtMost(row!.at_ms, askedMs - 240_000)
    }),
  )
})
