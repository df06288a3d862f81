import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { conditionsAtOnce } from "@evaluator/paper/Settlement"
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

const holding = Effect.fnUntraced(function* (n = 1) {
  yield* TestClock.setTime(noon)
  const house = yield* openHouse()
  house.venue.setBook(book(n, { asks: [[0.5, 1000]], bids: [[0.5, 1000]] }))
  yield* introduce(house, [market(n)], [follow(wallet(1)), follow(wallet(2))])
  yield* house.tell([ingested([fill({ market: n, price: 0.5 })])])
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

  it.effect("is held up for nobody else by a sale that is stuck", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const house = yield* openHouse({ strategies: ["portfolio", "solo"] })
      house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.5, 1000]] }))
      yield* introduce(house, [market(1)], [follow(wallet(1)), follow(wallet(2))])
      yield* house.tell([ingested([fill({ price: 0.5 })])])
      yield* house.tell([ingested([fill({ price: 0.5, wallet: wallet(2), n: 9 })])])
      yield* house.settle
      yield* house.sql`CREATE TRIGGER jam BEFORE UPDATE ON reservations
        WHEN NEW.state <> 'pending' AND NEW.strategy = 'solo' AND NEW.size > 0
        BEGIN SELECT RAISE(ABORT, 'jammed'); END`
      const sale = fill({ price: 0.5, side: "SELL", size: 50, n: 3, atMs: noon + 1 })
      yield* house.tell([ingested([sale])])
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({ state: "stuck" })).length, 1)
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const open = () => house.sql<{ book: string }>`SELECT book FROM lots WHERE open_size > 0`
      assert.deepStrictEqual(yield* open(), [{ book: `solo:${wallet(1)}` }])
      // Payouts of the others are corrected, too.
      yield* house.tell([resolved(1, [0, 1])])
      yield* house.settle
      assert.deepStrictEqual(
        yield* house.sql`SELECT 1 FROM resolutions WHERE correction_due = 1`,
        [],
      )
      yield* house.sql`DROP TRIGGER jam`
      yield* house.lane.freeStuck({ verb: "retry", fill: sale.id, strategy: "solo", reason: "" })
      yield* TestClock.adjust("11 minutes")
      yield* house.settle
      assert.deepStrictEqual(yield* open(), [])
      assert.deepStrictEqual(yield* house.reports.ledgerCheck, [])
    }),
  )

  it.effect("is paid by a drain that hears of the resolution before any hint arrives", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.lane.hear
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

  it.effect(
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

  it.effect("pays such shares, and forgets the letter, when corrected payouts name them", () =>
    Effect.gen(function* () {
      const house = yield* holding()
      yield* house.sql`UPDATE lots SET outcome_index = 2`
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      yield* house.tell([resolved(1, [0, 0, 1])])
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({}))[0]?.state, "closed")
      assert.deepStrictEqual(yield* house.sql`SELECT source FROM dead_letters`, [])
    }),
  )

  it.effect("reaches what can be paid though any number of others have to wait", () =>
    Effect.gen(function* () {
      const house = yield* holding(900)
      const waiting = 2 * conditionsAtOnce
      /** Lots of an outcome that no payouts name, from an id on; all come before the one that can be paid. */
      const unpayable = (firstId: number, condition: string) =>
        house.sql.unsafe(`WITH RECURSIVE n (i) AS
            (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${waiting})
          INSERT INTO lots SELECT ${firstId} + i, book, 'careless', randomblob(16), wallet,
            ${condition}, theme, token, 7, opened_at_ms, size, cost, fee, open_size, open_cost, open_fee
          FROM lots, n WHERE outcome_index = 0`)
      yield* unpayable(-10_000, "condition_id")
      yield* unpayable(-20_000, "unhex(printf('%064x', i))")
      yield* house.sql`INSERT INTO resolutions (condition_id, payouts, disputed, source, at_ms)
        SELECT DISTINCT condition_id, '[1000000,0]', 0, 'event', 0 FROM lots`
      yield* TestClock.adjust("11 minutes")
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({}))[0]?.state, "closed")
      const letters = yield* house.sql`SELECT count(*) AS letters FROM dead_letters`
      assert.deepStrictEqual(letters, [{ letters: 2 * waiting }])
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
