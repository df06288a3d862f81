import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import { shares } from "@evaluator/domain/money/Micro"
import {
  book,
  fill,
  follow,
  type House,
  introduce,
  market,
  noon,
  openHouse,
  resolved,
  wallet,
} from "./PaperHarness.ts"
import { deliver, sound } from "./CopyRuns.ts"
import { leaves, pollOnce } from "./LeaderExits.ts"

/** What was told of our copies that ended, and what the pages say of them again. */
const told = Effect.fnUntraced(function* (house: House) {
  const rows = yield* house.sql<{ payload: string }>`SELECT payload FROM events
    WHERE type = 'CopySettled' ORDER BY seq`
  const kept = yield* house.sql<{ size: number; fee: number }>`SELECT sold AS size, sale_fee AS fee
    FROM settlements ORDER BY event_id`
  const says = rows.map(
    ({ payload }) => (JSON.parse(payload) as { sold: { size: number; fee: number } }).sold,
  )
  assert.deepStrictEqual(
    kept.map((row) => ({ ...row })),
    says,
  )
  return says
})

/** 50 shares at 0.50 of a market whose takers pay fees: a share sold at 0.40 pays 0.012. */
const bought = Effect.fnUntraced(function* (by: "bridge" | "feed") {
  yield* TestClock.setTime(noon)
  const house = yield* openHouse({
    overrides: { watch: { poll_often: "10s", poll_seldom: "10s" } },
  })
  house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.4, 1000]] }))
  yield* introduce(house, [market(1, { fee: { rate: 50_000, exponent: 1 } })], [follow(wallet(1))])
  const purchase = fill({ price: 0.5 })
  if (by === "bridge") yield* deliver(house, [purchase])
  else yield* Queue.offer(house.venue.announced, purchase)
  yield* house.settle
  const [lot] = yield* house.sql<{ size: number }>`SELECT size FROM lots`
  return { house, size: lot!.size }
})

const sells = (n: number, size: number) =>
  fill({ side: "SELL", price: 0.4, size, n, atMs: noon + n * 1000 })

const mergesHalf = (house: House) =>
  Effect.suspend(() => {
    const activity = leaves("MERGE", { size: shares(50_000_000) })
    house.venue.rows.push({ kind: "activity", activity })
    return pollOnce(house)
  })

const fees = (house: House) =>
  Effect.map(
    house.sql<{ fee: number }>`SELECT sum(sale_fee) AS fee FROM closings WHERE cause = 'sold'`,
    ([row]) => row!.fee,
  )

describe("what is told of a copy that ended", () => {
  it.effect("are the shares an exit sold of it, and the fee, when the rest was paid out", () =>
    Effect.gen(function* () {
      const { house, size } = yield* bought("bridge")
      yield* mergesHalf(house)
      assert.deepStrictEqual(yield* told(house), [])
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const fee = yield* fees(house)
      assert.isAbove(fee, 0)
      assert.deepStrictEqual(yield* told(house), [{ size: size / 2, fee }])
      yield* house.tell([resolved(1, [0, 1])])
      yield* house.settle
      assert.deepStrictEqual(
        (yield* told(house))[1],
        { size: 0, fee: 0 },
        "a payout corrected sold nothing more",
      )
      yield* sound(house)
    }),
  )

  it.effect("is the sum of all its sales, and is taken back with the purchase", () =>
    Effect.gen(function* () {
      const { house, size } = yield* bought("feed")
      for (const sale of [sells(2, 40), sells(3, 60)]) {
        house.venue.rows.push({ kind: "fill", fill: sale })
        yield* deliver(house, [sale])
      }
      const fee = yield* fees(house)
      assert.isAbove(fee, 0)
      assert.deepStrictEqual(yield* told(house), [{ size, fee }])
      yield* TestClock.adjust("40 seconds")
      yield* house.settle
      assert.deepStrictEqual((yield* told(house))[1], { size: -size, fee: -fee })
      yield* sound(house)
    }),
  )
})
