import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import {
  book,
  fill,
  follow,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  resolved,
  wallet,
} from "./PaperHarness.ts"

const holding = Effect.fnUntraced(function* () {
  yield* TestClock.setTime(noon)
  const house = yield* openHouse()
  house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.5, 1000]] }))
  yield* introduce(house, [market(1)], [follow(wallet(1)), follow(wallet(2))])
  yield* house.tell([ingested([fill({ price: 0.5 })])])
  yield* house.settle
  return house
})

describe("the settlement of a market", () => {
  it.effect("pays once, however often its resolution is told", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      yield* house.tell([resolved(1, [1, 0]), resolved(1, [1, 0])])
      yield* house.settle
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      assert.strictEqual((yield* house.reports.ledger("portfolio")).cashMicro, 1_025_000_000)
      const events = yield* house.sql`SELECT payload FROM events WHERE type = 'CopySettled'`
      assert.strictEqual(events.length, 1)
      assert.deepInclude(JSON.parse(String(events[0]!.payload)), {
        pnlMicro: 25_000_000,
        cause: "resolved",
      })
      assert.deepStrictEqual(yield* house.reports.ledgerCheck, [])
    }),
  )

  it.effect("also pays for a wallet that is no longer followed", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      const ended = follow(wallet(1), noon - 60_000, noon + 500)
      yield* house.tell([{ type: "FollowListChanged", payload: { follows: [ended] } }])
      yield* TestClock.adjust("1 minute")
      yield* house.tell([resolved(1, [0, 1])])
      yield* house.settle
      const [copy] = yield* house.reports.copies({})
      assert.strictEqual(copy?.state, "closed")
      assert.strictEqual(copy?.pnl, -25_000_000)
    }),
  )

  it.effect("waits for a sale that is on its way, which is then undone", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      yield* house.tell([
        ingested([fill({ side: "SELL", price: 0.5, size: 100, n: 2, atMs: noon + 1 })]),
      ])
      for (let step = 0; step < 100; step++) {
        const sales = yield* house.reports.copies({ state: "reserved" })
        if (sales.length === 1) break
        yield* TestClock.adjust("5 millis")
      }
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const copies = yield* house.reports.copies({})
      const sale = copies.find((copy) => copy.side === "SELL")!
      assert.strictEqual(sale.outcome, "SKIPPED_MARKET_CLOSED")
      assert.strictEqual(copies.find((copy) => copy.side === "BUY")!.pnl, 25_000_000)
      const queue = (yield* house.backlogs.all).find((one) => one.name === "markets-to-settle")
      assert.strictEqual(queue?.failed, 0)
      assert.deepStrictEqual(yield* house.reports.ledgerCheck, [])
    }),
  )

  it.effect("is paid by a drain that hears of the resolution before any hint arrives", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.lane.catchUp
      assert.strictEqual((yield* house.reports.ledger("portfolio")).cashMicro, 1_025_000_000)
    }),
  )

  it.effect("is found by the sweep when its hint was lost", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      yield* house.sql`INSERT INTO resolutions (condition_id, payouts, disputed, source, at_ms)
        SELECT condition_id, '[1000000,0]', 0, 'event', 0 FROM markets`
      yield* TestClock.adjust("11 minutes")
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({}))[0]?.state, "closed")
    }),
  )

  it.effect(
  it.effect("counts a hint as late that waited for longer than the sweep's period", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      const name = "markets-to-settle"
      yield* house.backlogs.pause(name, { reason: "a hand on it", untilMs: null })
      yield* house.tell([resolved(1, [1, 0])])
      yield* TestClock.adjust("11 minutes")
      yield* house.backlogs.resume(name)
      yield* house.settle
      const queue = (yield* house.backlogs.views).find((view) => view.name === name)
      assert.deepInclude(queue, { done: 1, late: 1 })
      assert.strictEqual((yield* house.reports.copies({}))[0]?.state, "closed")
    }),
  )

    "leaves shares open that its payouts say nothing about, and keeps that as a dead letter",
    () =>
      Effect.gen(function* () {
        const house = yield* holding()
        yield* house.sql`UPDATE lots SET outcome_index = 7`
        yield* house.tell([resolved(1, [1, 0])])
        yield* house.settle
        assert.strictEqual((yield* house.reports.copies({}))[0]?.state, "filled")
        const letters = yield* house.sql`SELECT source FROM dead_letters`
        assert.deepStrictEqual(
          letters.map((row) => row.source),
          ["settlement"],
        )
      }),
  )

  it.effect("does not happen on a proposal", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      const final = resolved(1, [1, 0])
      if (final.type !== "MarketResolved") return assert.fail("another event")
      const { resolution } = final.payload
      yield* house.tell([
        { ...final, payload: { resolution: { ...resolution, status: "proposed" } } },
      ])
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({}))[0]?.state, "filled")
    }),
  )
})
