import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  asOtherToken,
  furthest,
  midAtPurchase,
  nearMs,
  type NearTrade,
} from "@evaluator/evaluation/evidence/MidPrice"

const tick = 10_000
const near = (side: "BUY" | "SELL", price: number, apartMs = 0): NearTrade => ({
  side,
  price,
  apartMs,
})

describe("the mid price at a purchase", () => {
  it("lies half a tick below the price paid while nobody sold nearby", () => {
    assert.deepStrictEqual(midAtPurchase(520_000, [], tick), { mid: 515_000, error: 5000, from: 0 })
    const bought = midAtPurchase(520_000, [near("BUY", 530_000)], tick)
    assert.deepStrictEqual(bought, { mid: 515_000, error: 5000, from: 0 })
  })

  it("lies between what was bought and what was sold at the same moment", () => {
    const { mid, error, from } = midAtPurchase(520_000, [near("SELL", 500_000)], tick)
    assert.strictEqual(mid, 510_000)
    assert.strictEqual(error, 10_000)
    assert.strictEqual(from, 1)
  })

  it("takes a purchase of the other token for a sale of this one", () => {
    const other = asOtherToken(near("BUY", 500_000))
    assert.deepStrictEqual(other, near("SELL", 500_000))
    assert.strictEqual(
      midAtPurchase(520_000, [asOtherToken(near("BUY", 490_000))], tick).mid,
      515_000,
    )
  })

  it("weighs near trades more than far ones and leaves out what is further than ten minutes", () => {
    const close = midAtPurchase(
      500_000,
      [near("SELL", 480_000, 1000), near("SELL", 440_000, nearMs)],
      tick,
    )
    assert.isAbove(close.mid, 488_000)
    assert.deepStrictEqual(
      midAtPurchase(500_000, [near("SELL", 400_000, nearMs + 1)], tick),
      midAtPurchase(500_000, [], tick),
    )
  })

  const Trade = Schema.Struct({
    price: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 999_999 })),
    side: Schema.Literals(["BUY", "SELL"]),
    apartMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: nearMs * 2 })),
  })
  const Paid = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 999_999 }))

  it.prop(
    "is a price, near the one paid, whatever the tape says",
    [Paid, Schema.Array(Trade)],
    ([paid, tape]) => {
      const { error, from, mid } = midAtPurchase(paid, tape, tick)
      assert.isTrue(mid > 0 && mid < 1_000_000, `${mid}`)
      assert.isAtMost(Math.abs(mid - paid), furthest)
      assert.isAtLeast(error, 5000)
      assert.isAtMost(from, tape.length)
    },
  )
})
