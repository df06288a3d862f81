/**
 * The reference system's vectors, in the order of its list: where it is right, its numbers; where it is
 * known to be wrong, the right answer beside what it gives.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { scoreMarket, timeToExpiry } from "@evaluator/domain/market/MarketScore"
import { takerFee } from "@evaluator/domain/money/Fee"
import { cost, price, proceeds, shares } from "@evaluator/domain/money/Micro"
import type { LedgerEntry } from "@evaluator/domain/wallet/LedgerEntry"
import { maxDrawdown, sharpeRatio } from "@evaluator/domain/wallet/Returns"
import { type Style, styleDrift } from "@evaluator/domain/wallet/RuleGates"
import { type ScoreInputs, scoreWallet } from "@evaluator/domain/wallet/WalletScore"
import { market, run } from "./wallet/LotRuns.ts"

const near = (actual: number, expected: number, within = 5e-7) =>
  assert.approximately(actual, expected, within)

const usdc = (amount: number) => amount * 1_000_000

describe("MScore", () => {
  const signals = (
    liquidity: number,
    volume: number,
    trades: number,
    whale: number,
    days: number,
  ) => ({
    liquidityMicro: usdc(liquidity),
    volume24hMicro: usdc(volume),
    trades24h: trades,
    topHolderShare: whale,
    daysToExpiry: days,
  })

  it("of a market in the middle, part by part", () => {
    const score = scoreMarket(signals(50_000, 20_000, 100, 0.4, 14))
    near(score.liquidity, 0.783163)
    near(score.volume, 0.754707)
    near(score.density, 0.2)
    near(score.whales, 0.6)
    near(score.expiry, 1)
    near(score.base, 0.664467)
    near(score.gate, 0.57929)
    near(score.mscore, 0.384919)
  })

  it("without a tape, of the best market, and the most that one without a tape can have", () => {
    near(scoreMarket(signals(50_000, 20_000, 0, 0.5, 14)).mscore, 0.312427)
    near(scoreMarket(signals(1e6, 5e5, 500, 0, 14)).mscore, 1)
    near(scoreMarket(signals(1e6, 5e5, 0, 0.5, 14)).mscore, 0.483333)
  })

  it("falls off towards the end and away from it", () => {
    const cases = [
      [0, 0],
      [1, 0.142857],
      [3, 0.428571],
      [7, 1],
      [30, 1],
      [45, 0.75],
      [60, 0.5],
      [89, 0.016667],
      [90, 0],
    ] as const
    for (const [days, share] of cases) near(timeToExpiry(days), share)
  })
})

describe("WScore", () => {
  const weights = {
    edge_weight: 0.3,
    consistency_weight: 0.25,
    market_skill_weight: 0.2,
    timing_weight: 0.15,
    behaviour_weight: 0.1,
    lane_multiplier: 1.1,
    half_life: Duration.days(30),
  }
  /** Without a lane and at once after a fill: the reference knows neither. */
  const neutral = { lane: null, idleDays: 0 }
  const score = (
    inputs: Omit<ScoreInputs, "onLeaderboard" | keyof typeof neutral> & {
      readonly onLeaderboard?: boolean
    },
    young: number,
    obscure: number,
  ) =>
    scoreWallet(
      { onLeaderboard: false, ...neutral, ...inputs },
      { ...weights, young_multiplier: young, obscurity_multiplier: obscure },
    )
  const first = {
    roiPercent: 10,
    deviation: 3,
    hitRate: 0.55,
    profitableMarkets: 5,
    markets: 8,
    driftCents: 3,
    noise: 0.1,
    ageDays: 120,
  }

  it("of the four wallets of the list", () => {
    const one = score(first, 0.8, 1.2)
    near(one.edge, 0.5)
    near(one.consistency, 0.7)
    near(one.marketSkill, 0.625)
    near(one.timing!, 0.65)
    near(one.behaviour, 0.9)
    near(one.raw, 0.6375)
    near(one.wscore, 0.765)
    const two = score(
      {
        ...first,
        deviation: 2,
        hitRate: 0.4,
        profitableMarkets: 0,
        markets: 0,
        driftCents: 0,
        noise: 0,
      },
      1,
      1,
    )
    near(two.raw, 0.525)
    near(two.wscore, 0.2625)
    const three = score(
      { ...first, hitRate: 0.5, driftCents: 0, ageDays: 60, onLeaderboard: true },
      0.8,
      1.2,
    )
    near(three.raw, 0.615)
    near(three.wscore, 0.3936)
    const four = score(
      {
        ...first,
        roiPercent: 25,
        deviation: 0,
        hitRate: 0.9,
        profitableMarkets: 10,
        markets: 10,
        driftCents: 0,
        noise: 0,
        ageDays: 200,
      },
      0.8,
      1.2,
    )
    near(four.raw, 0.925)
    assert.strictEqual(four.wscore, 1)
  })
})

let serial = 0
const deal = (
  kind: "buy" | "sell",
  size: number,
  at: number,
  where: { readonly market?: number; readonly outcome?: number; readonly afterMs?: number } = {},
): LedgerEntry => {
  serial += 1
  return {
    kind,
    id: String(serial).padStart(6, "0"),
    atMs: serial * 1000 + (where.afterMs ?? 0),
    condition: `m${where.market ?? 1}`,
    token: `m${where.market ?? 1}:${where.outcome ?? 0}`,
    size: usdc(size),
    price: Math.round(usdc(at)),
    usdc: 0,
  }
}

describe("lots, first in first out", () => {
  it("of two markets earn 0.25, one won and one lost", () => {
    const { closed, pnl } = run([
      deal("buy", 10, 0.5),
      deal("sell", 10, 0.6),
      deal("buy", 5, 0.7, { market: 2 }),
      deal("sell", 5, 0.55, { market: 2 }),
    ])
    assert.strictEqual(pnl, usdc(0.25))
    const earned = closed.map((lot) => lot.proceeds - lot.cost)
    assert.deepStrictEqual([earned.filter((one) => one > 0).length, earned.length], [1, 2])
  })

  it("of a sale of more than the oldest lot earn 2.50 and leave 5 at 0.60", () => {
    const { book, closed, pnl } = run([
      deal("buy", 10, 0.5),
      deal("buy", 10, 0.6),
      deal("sell", 15, 0.7),
    ])
    assert.strictEqual(pnl, usdc(2.5))
    assert.strictEqual(closed.length, 2)
    assert.deepInclude(book.open()[0], { size: usdc(5), cost: usdc(3) })
  })

  it("of a sale before the purchase earn nothing, where the reference gives 6.00 and −432 000 s", () => {
    const { book, closed } = run([
      deal("sell", 10, 0.9),
      deal("buy", 10, 0.3, { afterMs: 5 * 86_400_000 }),
    ])
    assert.deepStrictEqual(closed, [])
    assert.strictEqual(book.unmatched, usdc(10))
  })

  it("of Yes bought and No sold earn nothing yet, where the reference gives −2.00", () => {
    const { closed, pnl } = run([deal("buy", 10, 0.6), deal("sell", 10, 0.4, { outcome: 1 })])
    assert.deepStrictEqual(closed, [])
    assert.strictEqual(pnl, 0)
  })
})

describe("daily profits", () => {
  it("of 10, 5, −6, 4 fall by 40 % where the profit alone is at work", () => {
    near(maxDrawdown([10, 5, -6, 4], 0), 0.4)
  })

  it("have a Sharpe ratio of returns on capital, where the reference divides by equity: 6.996", () => {
    // Returns of a capital of 100: mean 3.25 %, deviation √33.6875 %, 252 days a year.
    near(sharpeRatio([10, 5, -6, 4], 100), (3.25 / Math.sqrt(33.6875)) * Math.sqrt(252), 1e-9)
  })

  it("of −50 three times are a loss of everything, where the reference gives 0 % and +47.62", () => {
    assert.strictEqual(maxDrawdown([-50, -50, -50], 150), 1)
    assert.isAtMost(sharpeRatio([-50, -50, -50], 150), 0)
    assert.isBelow(sharpeRatio([-50, -49, -50], 150), 0)
  })

  it("of 1 and then −50 fall by half of 101 at work, where the reference gives 5 000 %", () => {
    near(maxDrawdown([1, -50], 100), 50 / 101)
  })
})

describe("style drift", () => {
  const style = (
    ...[tradesPerDay, uniqueMarkets, burstiness, buySellBalance, topDomainRatio]: [
      number,
      number,
      number,
      number,
      number,
    ]
  ): Style => ({ tradesPerDay, uniqueMarkets, burstiness, buySellBalance, topDomainRatio })

  it("of the list's two styles is a half, and one at most", () => {
    near(styleDrift(style(3, 20, 0.1, 0.6, 0.7), style(43, 45, 0.35, 0.1, 0.2)), 0.5)
    near(styleDrift(style(0, 0, 0, 0, 0), style(1e6, 1e6, 1, 1, 1)), 1)
  })
})

describe("the fee of the old crypto schedule", () => {
  const size = shares(usdc(100_000))
  const each = (at: number) =>
    takerFee(size, price(Math.round(usdc(at))), { rate: 250_000, exponent: 2 }) / size

  it("is the venue's shares × rate × (p (1 − p))²; the reference has one p more", () => {
    const reference = [
      [0.05, 0.0000282],
      [0.3, 0.0033075],
      [0.5, 0.0078125],
      [0.6, 0.00864],
      [0.7, 0.0077175],
      [0.95, 0.0005359],
    ] as const
    for (const [at, fee] of reference) {
      near(each(at) * at, fee, 6e-8)
      near(each(at), 0.25 * (at * (1 - at)) ** 2, 1e-9)
    }
  })
})

describe("the settlement of $25 at 0.60", () => {
  // Whole millionths of shares that $25 buys.
  const size = shares(Math.floor(usdc(25) / 0.6))

  it("earns 16.67 when it wins and loses 25, where the reference gives +10 and −15", () => {
    const paid = cost(size, price(600_000))
    near((proceeds(size, price(1_000_000)) - paid) / 1e6, 16.666667, 2e-6)
    near((proceeds(size, price(0)) - paid) / 1e6, -25, 2e-6)
  })

  it("of the second outcome is by its own payout, where the reference pays by the first's", () => {
    const bought = deal("buy", 10, 0.6, { outcome: 1 })
    const resolved: LedgerEntry = {
      ...bought,
      kind: "resolve",
      id: "resolved",
      token: null,
      size: 0,
      price: 0,
      atMs: bought.atMs + 1000,
    }
    assert.strictEqual(run([bought, resolved], [market(1, [0, 1_000_000])]).pnl, usdc(4))
    assert.strictEqual(run([bought, resolved], [market(1, [1_000_000, 0])]).pnl, usdc(-6))
  })
})
