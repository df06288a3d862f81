import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { rankEvents, scoreMarket, topHolderShare } from "@evaluator/domain/market/MarketScore"

const usdc = (amount: number) => amount * 1_000_000
const near = (actual: number, expected: number) => assert.approximately(actual, expected, 1e-6)

describe("MScore", () => {
  it("says when tape and holders were read", () => {
    const score = scoreMarket({
      liquidityMicro: usdc(50_000),
      volume24hMicro: usdc(20_000),
      trades24h: 100,
      topHolderShare: 0.4,
      daysToExpiry: 14,
    })
    assert.isTrue(score.measured)
  })

  it("takes an unread tape for an empty one and an unknown holder for half, and says so", () => {
    const score = scoreMarket({
      liquidityMicro: usdc(50_000),
      volume24hMicro: usdc(20_000),
      trades24h: null,
      topHolderShare: null,
      daysToExpiry: 14,
    })
    near(score.mscore, 0.312427)
    assert.isFalse(score.measured)
  })

  it("is 1 for a market that has everything and at most 0.483333 without a tape", () => {
    const all = { liquidityMicro: usdc(1e6), volume24hMicro: usdc(5e5), daysToExpiry: 14 }
    near(scoreMarket({ ...all, trades24h: 500, topHolderShare: 0 }).mscore, 1)
    near(scoreMarket({ ...all, trades24h: 0, topHolderShare: 0.5 }).mscore, 0.483333)
  })

  it.prop(
    "stays between 0 and 1 and never falls when the tape gets busier",
    {
      liquidityMicro: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e13 })),
      volume24hMicro: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e13 })),
      trades: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2000 })),
      share: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
      days: Schema.Int.check(Schema.isBetween({ minimum: -5, maximum: 120 })),
    },
    ({ liquidityMicro, volume24hMicro, trades, share, days }) => {
      const at = (trades24h: number) =>
        scoreMarket({
          liquidityMicro,
          volume24hMicro,
          trades24h,
          topHolderShare: share / 100,
          daysToExpiry: days,
        }).mscore
      assert.isAtLeast(at(trades), 0)
      assert.isAtMost(at(trades), 1)
      assert.isAtLeast(at(trades + 1), at(trades))
    },
  )
})

describe("EScore", () => {
  it("is the best market of the event and breaks ties by slug", () => {
    const ranked = rankEvents(
      [
        { eventSlug: "b", mscore: 0.4 },
        { eventSlug: "a", mscore: 0.1 },
        { eventSlug: "c", mscore: 0.2 },
        { eventSlug: "a", mscore: 0.4 },
      ],
      2,
    )
    assert.deepStrictEqual(ranked, [
      { eventSlug: "a", escore: 0.4, rank: 1 },
      { eventSlug: "b", escore: 0.4, rank: 2 },
    ])
  })
})

describe("the share of the largest holders", () => {
  it("takes the largest of each outcome and does not pool the outcomes", () => {
    assert.strictEqual(
      topHolderShare([
        { token: "yes", amount: 30 },
        { token: "yes", amount: 20 },
        { token: "no", amount: 40 },
        { token: "no", amount: 10 },
      ]),
      0.7,
    )
    assert.isNull(topHolderShare([]))
  })
})
