import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"
import type { ArrivalFacts, BookFacts, GateLimits } from "@evaluator/domain/paper/GateFacts"
import {
  mondayOf,
  reviewArrival,
  reviewBook,
  saleSize,
  utcDay,
} from "@evaluator/domain/paper/Gates"

const usd = (n: number) => usdc(Math.round(n * 1e6))

const limits: GateLimits = {
  bankroll: usd(1000),
  leastBuy: usd(1),
  maxDetectionLagMs: 60_000,
  maxFeedGapMs: 300_000,
  maxPositions: 20,
  portfolioExposure: 150_000,
  walletExposure: 50_000,
  marketExposure: 50_000,
  themeExposure: 50_000,
  portfolioDailyLoss: 30_000,
  portfolioWeeklyLoss: 80_000,
  walletDailyLoss: 20_000,
  walletWeeklyLoss: 50_000,
}

const arrival: ArrivalFacts = {
  side: "BUY",
  nowMs: 1_000_000,
  leaderAtMs: 990_000,
  feedGapMs: 100_000,
  overtaken: false,
  halted: false,
  market: "open",
}

const calm: BookFacts = {
  wanted: usd(25),
  cash: usd(1000),
  exposure: { portfolio: 0, wallet: 0, market: 0, theme: 0 },
  positions: 0,
  drawdown: 0,
  buysBelow: 100_000,
  tokenHeld: false,
  pnl: { portfolio: { day: 0, week: 0 }, wallet: { day: 0, week: 0 } },
  heldShares: shares(0),
  leaderSold: shares(0),
  leaderKnown: shares(0),
  limitPrice: price(620_000),
  minimumSize: shares(5_000_000),
  feeRate: 40_000,
}

const outcomeOf = (facts: Partial<BookFacts>) =>
  reviewBook("BUY", { ...calm, ...facts }, limits).refused?.outcome

describe("on arrival", () => {
  const outcome = (facts: Partial<ArrivalFacts>) =>
    reviewArrival({ ...arrival, ...facts }, limits).refused?.outcome

  it("a prompt fill in an open market passes", () => {
    assert.isNull(reviewArrival(arrival, limits).refused)
  })

  it("each reason to refuse has its outcome, a halt before all others", () => {
    assert.strictEqual(outcome({ halted: true, market: "unknown" }), "SKIPPED_HALTED")
    assert.strictEqual(outcome({ leaderAtMs: 939_999 }), "SKIPPED_DETECTION_LAG")
    assert.isUndefined(outcome({ leaderAtMs: 940_000 }))
    assert.strictEqual(outcome({ overtaken: true }), "SKIPPED_DETECTION_LAG")
    assert.strictEqual(outcome({ market: "unknown" }), "SKIPPED_MARKET_UNKNOWN")
    assert.strictEqual(outcome({ market: "closed" }), "SKIPPED_MARKET_CLOSED")
  })

  it("the verdict that refused is the last, with its value and limit", () => {
    const { verdicts, refused } = reviewArrival({ ...arrival, leaderAtMs: 0 }, limits)
    assert.strictEqual(verdicts.at(-1), refused)
    assert.strictEqual(refused?.value, 1_000_000)
    assert.strictEqual(refused?.limit, 60_000)
  })
})

describe("a purchase", () => {
  it("of the usual size passes every gate of a calm book", () => {
    const review = reviewBook("BUY", calm, limits)
    assert.isNull(review.refused)
    assert.strictEqual(review.budget, usd(25))
    assert.isTrue(review.verdicts.every((verdict) => verdict.passed))
  })

  it("is clamped to the room that the tightest cap leaves", () => {
    const exposure = { portfolio: usd(140), wallet: usd(41.5), market: usd(30), theme: usd(30) }
    assert.strictEqual(reviewBook("BUY", { ...calm, exposure }, limits).budget, usd(8.5))
  })

  it("is refused by the cap that leaves less than the least order", () => {
    const at = (exposure: Partial<BookFacts["exposure"]>) =>
      outcomeOf({ exposure: { ...calm.exposure, ...exposure } })
    assert.strictEqual(at({ portfolio: usd(149.5) }), "SKIPPED_PORTFOLIO_RISK")
    assert.strictEqual(at({ wallet: usd(49.5) }), "SKIPPED_WALLET_RISK")
    assert.strictEqual(at({ market: usd(50) }), "SKIPPED_PORTFOLIO_RISK")
    assert.strictEqual(at({ theme: usd(60) }), "SKIPPED_PORTFOLIO_RISK")
    assert.isUndefined(at({ portfolio: usd(125), wallet: usd(25), market: usd(25) }))
  })

  it("is refused once a loss reaches its limit, by day and by week", () => {
    const lost = (who: "portfolio" | "wallet", day: number, week: number) =>
      outcomeOf({ pnl: { ...calm.pnl, [who]: { day: usd(-day), week: usd(-week) } } })
    assert.isUndefined(lost("portfolio", 29.999999, 29.999999))
    assert.strictEqual(lost("portfolio", 30, 30), "SKIPPED_DAILY_LOSS")
    assert.strictEqual(lost("portfolio", 0, 80), "SKIPPED_WEEKLY_LOSS")
    assert.strictEqual(lost("wallet", 20, 20), "SKIPPED_DAILY_LOSS")
    assert.strictEqual(lost("wallet", 0, 50), "SKIPPED_WEEKLY_LOSS")
    assert.isUndefined(outcomeOf({ pnl: { ...calm.pnl, wallet: { day: usd(99), week: 0 } } }))
  })

  it("may add to a token it holds when the number of positions is at its limit, not open one more", () => {
    assert.strictEqual(outcomeOf({ positions: 20 }), "SKIPPED_PORTFOLIO_RISK")
    assert.isUndefined(outcomeOf({ positions: 20, tokenHeld: true }))
    assert.isUndefined(outcomeOf({ positions: 19 }))
  })

  it("is clamped so that cash covers its fees too, and refused without cash", () => {
    assert.strictEqual(reviewBook("BUY", { ...calm, cash: usd(10.4) }, limits).budget, usd(10))
    assert.strictEqual(outcomeOf({ cash: usd(0.5) }), "SKIPPED_PORTFOLIO_RISK")
  })

  it("smaller than the market's minimum is not made", () => {
    // 3 USDC at 0.62 are 4.8 shares.
    const exposure = { ...calm.exposure, wallet: usd(47) }
    assert.strictEqual(outcomeOf({ exposure }), "SKIPPED_BELOW_MINIMUM")
  })

  it.prop(
    "never gets more than any cap has room for",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200_000_000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000_000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000_000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000_000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000_000 })),
    ],
    ([portfolio, wallet, market, theme, cash]) => {
      const exposure = { portfolio, wallet, market, theme }
      const { refused, budget } = reviewBook("BUY", { ...calm, exposure, cash: usdc(cash) }, limits)
      if (refused !== null) return assert.strictEqual(budget, 0)
      assert.isAtMost(budget, 25_000_000)
      assert.isAtMost(portfolio + budget, 150_000_000)
      for (const one of [wallet, market, theme]) assert.isAtMost(one + budget, 50_000_000)
      assert.isAtMost(budget * 1.04, cash + 1)
    },
  )
})

describe("a sale", () => {
  const selling = (held: number, sold: number, known: number): BookFacts => ({
    ...calm,
    heldShares: shares(held * 1e6),
    leaderSold: shares(sold * 1e6),
    leaderKnown: shares(known * 1e6),
  })

  it("follows the leader's part: half of what we knew it to hold is half of ours", () => {
    assert.strictEqual(saleSize(selling(40, 50, 100)), 20_000_000)
    assert.strictEqual(reviewBook("SELL", selling(40, 50, 100), limits).size, 20_000_000)
  })

  it("is of everything when the leader sells all we knew of, or more", () => {
    assert.strictEqual(saleSize(selling(40, 100, 100)), 40_000_000)
    assert.strictEqual(saleSize(selling(40, 500, 100)), 40_000_000)
  })

  it("of shares we do not have is nothing to sell", () => {
    const { refused } = reviewBook("SELL", selling(0, 50, 100), limits)
    assert.strictEqual(refused?.outcome, "SKIPPED_NOTHING_TO_SELL")
  })

  it("is not held back by risk, losses or full caps", () => {
    const facts: BookFacts = {
      ...selling(40, 50, 100),
      exposure: { portfolio: usd(999), wallet: usd(999), market: usd(999), theme: usd(999) },
      pnl: { portfolio: { day: usd(-999), week: usd(-999) }, wallet: { day: 0, week: 0 } },
      cash: usd(0),
    }
    assert.isNull(reviewBook("SELL", facts, limits).refused)
  })

  it("smaller than the market's minimum is not made", () => {
    const { refused } = reviewBook("SELL", selling(40, 10, 100), limits)
    assert.strictEqual(refused?.outcome, "SKIPPED_BELOW_MINIMUM")
  })
})

describe("the loss windows", () => {
  it("begin at UTC midnight and on Monday", () => {
    const at = (text: string) => utcDay(Date.parse(text))
    assert.strictEqual(at("2026-01-05T23:59:59Z") + 1, at("2026-01-06T00:00:00Z"))
    // 2026-01-05 is a Monday.
    assert.strictEqual(mondayOf(at("2026-01-05T00:00:00Z")), at("2026-01-05T00:00:00Z"))
    assert.strictEqual(mondayOf(at("2026-01-11T23:00:00Z")), at("2026-01-05T00:00:00Z"))
    assert.strictEqual(mondayOf(at("2026-01-12T00:00:00Z")), at("2026-01-12T00:00:00Z"))
  })
})
