import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"

import { silentMs } from "@evaluator/paper/MarketReplica"
import { ReplicasPage } from "@evaluator/paper/Replicas"
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
  resolved,
  temporaryDirectory,
  wallet,
} from "./PaperHarness.ts"

const empty = { markets: [], follows: [], resolutions: [], next: null }

const statuses = (house: House) =>
  house.sql<{ facts: string; status: string; source: string }>`SELECT status, source, facts
    FROM markets ORDER BY condition_id`.pipe(Effect.orDie)

describe("the replicas of the fast lane", () => {
  it.effect("are filled from the other lane's truth when there is no place in its log yet", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const asked: Array<string | null> = []
      const house = yield* openHouse({
        replicas: (after) => {
          asked.push(after)
          return after === null
            ? { ...empty, markets: [market(1)], follows: [follow(wallet(1))], next: "a" }
            : { ...empty, markets: [market(2)] }
        },
      })
      assert.deepStrictEqual(asked, [null, "a"])
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* house.tell([ingested([fill()])])
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({}))[0]?.outcome, "COPIED")
      assert.deepStrictEqual(
        (yield* statuses(house)).map((row) => row.source),
        ["refill", "refill"],
      )
      const [refill] = yield* house.sql`SELECT done_at_ms FROM refills`
      assert.isNotNull(refill!.done_at_ms)
    }),
  )

  it.effect("are asked for again until the other lane answers", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      let answers = false
      const house = yield* openHouse({
        replicas: () => {
          if (!answers) throw new Error("not yet")
          return { ...empty, markets: [market(1)] }
        },
      })
      assert.deepStrictEqual(yield* statuses(house), [])
      answers = true
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* statuses(house)).length, 1)
    }),
  )

  it.effect("keep an event that came while an older page was on its way", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const directory = yield* temporaryDirectory
      const first = yield* openHouse({ directory })
      yield* introduce(first, [market(1, { status: "closed" })], [])
      yield* first.stop
      // The same facts as they were before the event.
      yield* TestClock.setTime(noon - 5000)
      const house = yield* openHouse({
        directory,
        replicas: () => ({ ...empty, markets: [market(1)] }),
      })
      yield* house.sql`UPDATE refills SET done_at_ms = NULL`
      yield* house.stop
      const again = yield* openHouse({
        directory,
        replicas: () => ({ ...empty, markets: [market(1)] }),
      })
      assert.strictEqual((yield* statuses(again))[0]?.status, "closed")
    }),
  )

  it.effect("take the newest facts of a market", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const house = yield* openHouse()
      yield* introduce(house, [market(1)], [])
      yield* house.tell([
        { type: "MarketChanged", payload: { market: market(1, { status: "closed" }) } },
      ])
      yield* house.settle
      const [row] = yield* statuses(house)
      assert.strictEqual(row?.status, "closed")
      assert.strictEqual(JSON.parse(row!.facts).status, "closed")
    }),
  )

  it.effect("learn a market from the venue that the other lane has not told yet, once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const house = yield* openHouse()
      house.venue.markets.set(market(5).condition, market(5))
      house.venue.setBook(book(5, { asks: [[0.6, 1000]] }))
      yield* introduce(house, [], [follow(wallet(1))])
      yield* house.tell([
        ingested([fill({ market: 5 }), fill({ market: 5, n: 2 }), fill({ market: 6, n: 3 })]),
      ])
      yield* house.settle
      yield* house.tell([ingested([fill({ market: 6, n: 4 })])])
      yield* house.settle
      const asked = house.venue.calls.filter((call) => call.startsWith("markets "))
      assert.strictEqual(asked.length, 2)
      const { outcomes } = yield* house.reports.counts("portfolio", null)
      assert.deepStrictEqual(outcomes, { COPIED: 2, SKIPPED_MARKET_UNKNOWN: 2 })
    }),
  )

  it.effect("ask a venue that gave no answer again after some seconds, not for every fill", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const house = yield* openHouse({ overrides: { paper: { deadline: "30s" } } })
      house.venue.markets.set(market(5).condition, market(5))
      house.venue.setBook(book(5, { asks: [[0.6, 1000]] }))
      house.venue.slow = "1 minute"
      yield* introduce(house, [], [follow(wallet(1))])
      yield* house.tell([
        ingested([fill({ market: 5 }), fill({ market: 5, n: 2 }), fill({ market: 5, n: 3 })]),
      ])
      yield* house.settle
      // All three within the timeout of one.
      const askedForMs = (yield* Clock.currentTimeMillis) - noon
      assert.isBelow(askedForMs, 5000)
      house.venue.slow = 0
      yield* TestClock.adjust(silentMs)
      yield* house.tell([ingested([fill({ market: 5, n: 4, atMs: noon + 9000 })])])
      yield* house.settle
      const { outcomes } = yield* house.reports.counts("portfolio", null)
      assert.deepStrictEqual(outcomes, { COPIED: 1, SKIPPED_MARKET_UNKNOWN: 3 })
    }),
  )

  it.effect("survive a restart together with the follow list", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const directory = yield* temporaryDirectory
      const first = yield* openHouse({ directory })
      yield* introduce(first, [market(1)], [follow(wallet(1))])
      yield* first.lane.halt({ reason: "for the night", untilMs: noon + 60_000 })
      yield* first.stop
      const house = yield* openHouse({ directory })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* house.tell([ingested([fill()])])
      yield* house.settle
      yield* TestClock.setTime(noon + 60_000)
      yield* house.tell([ingested([fill({ n: 2, atMs: noon + 59_000 })])])
      yield* house.settle
      const copies = yield* house.reports.copies({})
      assert.deepStrictEqual(
        copies.map((copy) => copy.outcome),
        ["COPIED", "SKIPPED_HALTED"],
      )
    }),
  )

  it.effect("keep payouts that are neither nothing nor everything", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const house = yield* openHouse()
      yield* introduce(house, [market(1)], [])
      yield* house.tell([resolved(1, [0.25, 0.75])])
      yield* house.settle
      const [row] = yield* house.sql`SELECT payouts FROM resolutions`
      assert.strictEqual(row?.payouts, "[250000,750000]")
    }),
  )
})

describe("a page of replicas", () => {
  it("crosses between the lanes as plain JSON", () => {
    const page: ReplicasPage = { ...empty, markets: [market(1)], follows: [follow(wallet(1))] }
    const encoded = Schema.encodeSync(ReplicasPage)(page)
    const arrived: unknown = JSON.parse(JSON.stringify(encoded))
    assert.deepStrictEqual(Schema.decodeUnknownSync(ReplicasPage)(arrived), page)
  })
})
