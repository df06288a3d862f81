import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { book, fill, follow, type House, noon, resolved, wallet } from "./PaperHarness.ts"
import { deliver, only, prepared, sound } from "./CopyRuns.ts"

const often = { poll_often: "10s", poll_seldom: "10s" }

const opened = Effect.fnUntraced(function* (watch: Record<string, string | number> = {}) {
  const house = yield* prepared({ overrides: { watch: { ...often, ...watch } } })
  house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.5, 1000]] }))
  return house
})

const announce = (house: House, ...fills: ReadonlyArray<Fill>) =>
  Queue.offerAll(house.venue.announced, fills).pipe(Effect.andThen(house.settle))

/** In the wallet's own ledger. */
const show = (house: House, ...fills: ReadonlyArray<Fill>) =>
  void house.venue.rows.push(...fills.map((one) => ({ kind: "fill", fill: one }) as const))

const pass = (house: House, time: Parameters<typeof TestClock.adjust>[0]) =>
  TestClock.adjust(time).pipe(Effect.andThen(house.settle))

const looks = (house: House) =>
  house.sql<{ state: string; looks: number; missed: number }>`SELECT state, looks, missed
    FROM streamed_fills ORDER BY leader_at_ms`

const cash = (house: House) =>
  Effect.map(house.reports.ledger("portfolio"), ({ cashMicro }) => cashMicro)

const setCash = (house: House, micro: number) =>
  house.sql`UPDATE balances SET amount = ${micro} WHERE account = 'cash'`

const bought = fill({ price: 0.5 })

describe("a fill that only the stream has shown", () => {
  it.effect("is certain once the ledger shows it, and looked for no more", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      yield* announce(house, bought)
      assert.strictEqual((yield* looks(house)).length, 1)
      show(house, bought)
      yield* pass(house, "15 seconds")
      assert.deepStrictEqual(yield* looks(house), [])
      assert.strictEqual((yield* only(house)).state, "filled")
    }),
  )

  it.effect("stands when one poll misses it and the next one shows it", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      yield* announce(house, bought)
      for (let turn = 0; turn < 60; turn++) {
        if ((yield* looks(house))[0]?.missed === 1) break
        yield* pass(house, "1 second")
      }
      assert.deepStrictEqual(yield* looks(house), [{ state: "announced", looks: 1, missed: 1 }])
      show(house, bought)
      yield* pass(house, "1 minute")
      assert.deepStrictEqual(yield* looks(house), [])
      assert.strictEqual((yield* only(house)).state, "filled")
    }),
  )

  it.effect("stands while the ledger holds rows that nobody can read", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      yield* announce(house, bought)
      house.venue.rejected.push({ reason: "no size", body: "{}", request: "", recorded: null })
      yield* pass(house, "90 seconds")
      const [row] = yield* looks(house)
      assert.isAbove(row!.looks, 3)
      assert.strictEqual(row!.missed, 0)
      // Whether it failed stays unknown: after so many polls nobody asks any more.
      yield* pass(house, "5 minutes")
      assert.deepStrictEqual(yield* looks(house), [])
      assert.strictEqual((yield* only(house)).state, "filled")
    }),
  )

  it.effect("is looked for in all that a wallet with many rows has to show", () =>
    Effect.gen(function* () {
      const house = yield* opened({ page_rows: 4, pages_per_poll: 1 })
      yield* announce(house, bought)
      show(
        house,
        ...Array.from({ length: 15 }, (_, n) =>
          fill({ market: 2, n: n + 2, atMs: noon + (n - 8) * 3000 }),
        ),
      )
      yield* pass(house, "2 minutes")
      const copies = yield* house.reports.copies({})
      assert.strictEqual(copies.find((copy) => copy.fillId === bought.id)!.state, "reversed")
      assert.deepStrictEqual(
        (yield* looks(house)).map((row) => row.state),
        ["taken back"],
      )
    }),
  )

  it.effect("is looked for after the follow has ended, too", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      const [{ from_ms }] = (yield* house.sql<{ from_ms: number }>`SELECT from_ms FROM watches
        ORDER BY wallet LIMIT 1`) as [{ from_ms: number }]
      yield* announce(house, bought)
      const ended = follow(bought.wallet, from_ms, noon + 1000)
      yield* house.tell([{ type: "FollowListChanged", payload: { follows: [ended] } }])
      yield* pass(house, "2 minutes")
      assert.strictEqual((yield* only(house)).state, "reversed")
    }),
  )
})

describe("a take-back that has to wait", () => {
  it.effect("for cash is done by a sweep", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      yield* announce(house, bought)
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const rich = yield* cash(house)
      assert.strictEqual(rich, 1_025_000_000)
      yield* setCash(house, 1_000_000)
      yield* pass(house, "1 minute")
      assert.deepStrictEqual(yield* looks(house), [{ state: "failed", looks: 2, missed: 2 }])
      assert.strictEqual((yield* only(house)).state, "closed")
      yield* setCash(house, rich)
      yield* pass(house, "11 minutes")
      assert.strictEqual((yield* only(house)).state, "reversed")
      assert.strictEqual(yield* cash(house), 1_000_000_000)
      yield* sound(house)
    }),
  )
})

describe("a take-back", () => {
  it.effect("does not wait for another wallet's sale of the same token", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      const other = { wallet: wallet(2), price: 0.5 }
      const theirs = fill({ ...other, n: 2 })
      const sale = fill({ ...other, n: 3, side: "SELL", atMs: noon + 1 })
      show(house, theirs, sale)
      yield* announce(house, bought)
      yield* deliver(house, [theirs])
      yield* house.sql`CREATE TRIGGER jam BEFORE UPDATE ON reservations
        WHEN NEW.state <> 'pending' AND NEW.size > 0 BEGIN SELECT RAISE(ABORT, 'jammed'); END`
      yield* deliver(house, [sale])
      assert.strictEqual((yield* house.reports.copies({ state: "stuck" })).length, 1)
      yield* pass(house, "1 minute")
      assert.deepStrictEqual(
        (yield* looks(house)).map((row) => row.state),
        ["taken back"],
      )
    }),
  )
})

describe("after a fill of the leader has failed", () => {
  it.effect("a sale is copied by what the leader really held", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      yield* announce(house, bought)
      yield* pass(house, "1 minute")
      assert.strictEqual((yield* only(house)).state, "reversed")
      const again = fill({ price: 0.5, n: 2, atMs: noon + 70_000 })
      const out = fill({ price: 0.5, side: "SELL", n: 3, atMs: noon + 71_000 })
      show(house, again, out)
      yield* deliver(house, [again])
      yield* deliver(house, [out])
      const sale = (yield* house.reports.copies({})).find((copy) => copy.side === "SELL")
      assert.deepInclude(sale, { outcome: "COPIED", size: 50_000_000 })
    }),
  )

  it.effect("a sale of its that failed has taken nothing from what it holds", () =>
    Effect.gen(function* () {
      const house = yield* opened()
      const before = fill({ price: 0.5, n: 2 })
      show(house, before)
      yield* deliver(house, [before])
      const failed = fill({ price: 0.5, side: "SELL", size: 50, n: 3, atMs: noon + 1000 })
      yield* announce(house, failed)
      yield* pass(house, "1 minute")
      assert.deepStrictEqual(
        (yield* looks(house)).map((row) => row.state),
        ["taken back"],
      )
      // Ours were sold with it: 25 of 50. The leader still has 100 and sells half of them.
      const half = fill({ price: 0.5, side: "SELL", size: 50, n: 4, atMs: noon + 70_000 })
      show(house, half)
      yield* deliver(house, [half])
      const sales = (yield* house.reports.copies({})).filter((copy) => copy.side === "SELL")
      assert.sameMembers(
        sales.map((copy) => copy.size),
        [25_000_000, 12_500_000],
      )
      yield* sound(house)
    }),
  )
})
