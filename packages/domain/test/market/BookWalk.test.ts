import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  limitPrice,
  mostLevels,
  sizeGrain,
  toGrain,
  trimBook,
  walkAsks,
  walkBids,
} from "@evaluator/domain/market/BookWalk"
import type { Book } from "@evaluator/domain/market/Book"
import { noFee } from "@evaluator/domain/market/Market"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"

const levels = (...list: ReadonlyArray<readonly [number, number]>) =>
  list.map(([at, size]) => ({
    price: price(Math.round(at * 1e6)),
    size: shares(Math.round(size * 1e6)),
  }))

const order = (budget: number, limit: number, fee = noFee) => ({
  budget: usdc(budget * 1e6),
  spendable: usdc(budget * 1e6 * 2),
  limit: price(Math.round(limit * 1e6)),
  fee,
})

describe("a purchase", () => {
  it("is filled across three levels, each at its own price", () => {
    const asks = levels([0.6, 10], [0.61, 10], [0.62, 100])
    const walk = walkAsks(asks, order(25, 0.62))
    // 10 × 0.60 = 6.00, 10 × 0.61 = 6.10, 12.90 left at 0.62 = 20.80 shares (20.806…) = 12.896
    assert.deepStrictEqual(
      walk.takes.map((take) => [take.price, take.size, take.gross]),
      [
        [600_000, 10_000_000, 6_000_000],
        [610_000, 10_000_000, 6_100_000],
        [620_000, 20_800_000, 12_896_000],
      ],
    )
    assert.strictEqual(walk.size, 40_800_000)
    assert.strictEqual(walk.gross, 24_996_000)
  })

  it("leaves unfilled what the levels within its limit cannot fill", () => {
    const walk = walkAsks(levels([0.6, 10], [0.65, 1000]), order(25, 0.62))
    assert.strictEqual(walk.size, 10_000_000)
    assert.strictEqual(walk.gross, 6_000_000)
  })

  it("takes nothing from an empty book or one beyond its limit", () => {
    assert.deepStrictEqual(walkAsks([], order(25, 0.62)).takes, [])
    assert.deepStrictEqual(walkAsks(levels([0.7, 100]), order(25, 0.62)).takes, [])
  })

  it("pays the market's fee level by level, on top", () => {
    const walk = walkAsks(
      levels([0.5, 10], [0.51, 10]),
      order(25, 0.6, { rate: 40_000, exponent: 1 }),
    )
    // 10 × 0.04 × 0.25 = 0.1; 10 × 0.04 × 0.2499 = 0.09996
    assert.deepStrictEqual(
      walk.takes.map((take) => take.fee),
      [100_000, 99_960],
    )
    assert.strictEqual(walk.gross, 10_100_000)
    assert.strictEqual(walk.fee, 199_960)
  })

  it("stops before it would spend more than was set aside", () => {
    const fee = { rate: 40_000, exponent: 1 }
    const walk = walkAsks(levels([0.5, 10], [0.51, 10]), {
      ...order(25, 0.6, fee),
      spendable: usdc(5_200_000),
    })
    assert.strictEqual(walk.size, 10_000_000)
  })

  const Level = Schema.Tuple([
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 99 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200_000_000 })),
  ])
  it.prop(
    "never spends more than its budget, never pays more than its limit, and trades in hundredths",
    [
      Schema.Array(Level),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000_000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 99 })),
    ],
    ([list, budget, limit]) => {
      const asks = list
        .map(([cents, size]) => ({ price: price(cents * 10_000), size: shares(size) }))
        .toSorted((a, b) => a.price - b.price)
      const walk = walkAsks(asks, {
        budget: usdc(budget),
        spendable: usdc(budget),
        limit: price(limit * 10_000),
        fee: noFee,
      })
      assert.isAtMost(walk.gross, budget)
      for (const take of walk.takes) {
        assert.isAtMost(take.price, limit * 10_000)
        assert.strictEqual(take.size % sizeGrain, 0)
      }
      const offered = asks.reduce((total, level) => total + level.size, 0)
      assert.isAtMost(walk.size, offered)
    },
  )
})

describe("a sale", () => {
  it("goes to the best bids first and no lower than its limit", () => {
    const walk = walkBids(levels([0.7, 10], [0.69, 5], [0.6, 100]), {
      size: shares(20_000_000),
      limit: price(680_000),
      fee: { rate: 40_000, exponent: 1 },
    })
    assert.strictEqual(walk.size, 15_000_000)
    assert.strictEqual(walk.gross, 7_000_000 + 3_450_000)
    // 10 × 0.04 × 0.21 = 0.084; 5 × 0.04 × 0.2139 = 0.04278
    assert.strictEqual(walk.fee, 84_000 + 42_780)
  })
})

describe("the worst price we accept", () => {
  it("is the leader's with the slippage budget, on the tick grid, inside the book", () => {
    const tick = price(10_000)
    assert.strictEqual(limitPrice("BUY", price(603_300), 20_000, tick), 620_000)
    assert.strictEqual(limitPrice("SELL", price(603_300), 20_000, tick), 590_000)
    assert.strictEqual(limitPrice("BUY", price(995_000), 20_000, tick), 990_000)
    assert.strictEqual(limitPrice("SELL", price(5000), 20_000, tick), 10_000)
    assert.strictEqual(limitPrice("BUY", price(603_300), 20_000, price(1000)), 623_000)
  })
})

describe("a kept book", () => {
  it("has the levels that a walk looks at and no more", () => {
    const deep = levels(...Array.from({ length: 80 }, (_, i) => [0.1 + i / 100, 1] as const))
    const book = { asks: deep, bids: deep } as unknown as Book
    assert.strictEqual(trimBook(book).asks.length, mostLevels)
    assert.strictEqual(trimBook(book).bids.length, mostLevels)
  })

  it("rounds sizes down to hundredths of a share", () => {
    assert.strictEqual(toGrain(41_666_666), 41_660_000)
    assert.strictEqual(toGrain(9999), 0)
  })
})
