import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"
import { type Sized, sizeOf, type SizingTerms } from "@evaluator/domain/paper/Sizing"

const usd = (n: number) => usdc(Math.round(n * 1e6))
const terms: SizingTerms = {
  rule: "proportional",
  bankroll: usd(1000),
  buySize: usd(25),
  leastBuy: usd(5),
}
/** 100 USDC. */
const bought = { price: price(500_000), size: shares(200_000_000) }

describe("the size of a copy", () => {
  it("is the leader's part of their bankroll: 100 of 9,900 and itself is 1 % of ours", () => {
    assert.deepStrictEqual(sizeOf(bought, usd(9900), terms), {
      rule: "proportional",
      wanted: usd(10),
      leaderBankroll: usd(10_000),
    })
  })

  it("is never more than a flat one, nor less than a useful one", () => {
    assert.strictEqual(sizeOf(bought, usd(400), terms).wanted, usd(25))
    assert.strictEqual(sizeOf(bought, usd(1_000_000), terms).wanted, usd(5))
  })

  it("is the least useful one where nothing is known of the leader", () => {
    const least: Sized = { rule: "least", wanted: usd(5), leaderBankroll: null }
    assert.deepStrictEqual(sizeOf(bought, null, terms), least)
    assert.deepStrictEqual(sizeOf(bought, 0, terms), least)
    assert.strictEqual(sizeOf(bought, null, { ...terms, buySize: usd(3) }).wanted, usd(3))
  })

  it("is flat when it is to be, whatever is known", () => {
    const flat: Sized = { rule: "flat", wanted: usd(25), leaderBankroll: null }
    for (const peak of [null, 0, usd(9900)]) {
      assert.deepStrictEqual(sizeOf(bought, peak, { ...terms, rule: "flat" }), flat)
    }
  })

  const amount = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000_000 }))
  it.prop(
    "never grows when the leader is found to have more, and stays within its bounds",
    [amount, amount, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 999_999 }))],
    ([size, peak, at]) => {
      const fill = { price: price(at), size: shares(size) }
      const less = sizeOf(fill, peak, terms).wanted
      const more = sizeOf(fill, peak * 2, terms).wanted
      assert.isAtMost(more, less)
      assert.isAtLeast(more, terms.leastBuy)
      assert.isAtMost(less, terms.buySize)
    },
  )
})
