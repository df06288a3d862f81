import { assert, describe, it } from "@effect/vitest"
import { classify } from "@evaluator/domain/wallet/Classify"
import { dayMs, type Features } from "@evaluator/domain/wallet/FeatureWindow"
import { type WalletFeatures } from "@evaluator/domain/wallet/Features"
import type { SpreadEdge } from "@evaluator/domain/wallet/Gates"
import { personaThresholds } from "@evaluator/testkit/PersonaThresholds"

const limits = { ...personaThresholds, known_bots: ["0xb07"] }

/** A quiet specialist that passes everything. */
const specialist: Features = {
  windowDays: 180,
  tradeCount: 60,
  uniqueMarkets: 8,
  observedDays: 100,
  tradesPerDay: 0.6,
  tradesPerWeek: 4.2,
  meanTradeMicro: 20_000_000,
  turnoverMicro: 1_200_000_000,
  closedLots: 40,
  wins: 28,
  losses: 12,
  winRate: 0.7,
  realizedMicro: 100_000_000,
  closedCostMicro: 800_000_000,
  roi: 0.125,
  closedMarkets: 8,
  profitableMarkets: 6,
  topMarketProfitShare: 0.3,
  meanWinMicro: 6_000_000,
  largestLossMicro: 9_000_000,
  meanHoldHours: 20,
  medianHoldMinutes: 900,
  capitalMicro: 300_000_000,
  maxDrawdown: 0.1,
  sharpe: 2,
  activePositions: 3,
  concentration: 0.7,
  sizeCv: 0.4,
  buySellBalance: 0.2,
  extremePriceRatio: 0.1,
  burstiness: 0.1,
  topDomain: "Politics",
  topDomainRatio: 0.5,
  topDomainRoi: 0.1,
  topDomainClosedMarkets: 4,
  topDomainProfitableMarkets: 3,
  unmatchedShares: 0,
}
const now = 1000 * dayMs

const judge = (
  changes: Partial<Features> = {},
  wallet: { address?: string; ageDays?: number; idleDays?: number } = {},
  spreadEdge: SpreadEdge = { known: 0, paidNoMore: 0 },
) => {
  const f = { ...specialist, ...changes }
  const features: WalletFeatures = {
    firstFillMs: now - (wallet.ageDays ?? 100) * dayMs,
    lastFillMs: now - (wallet.idleDays ?? 1) * dayMs,
    openCostMicro: 0,
    life: f,
    windows: new Map([
      [30, f],
      [180, f],
    ]),
  }
  const subject = { wallet: wallet.address ?? "0x1", features, spreadEdge, nowMs: now }
  return classify(subject, limits)
}
const codes = (judged: ReturnType<typeof judge>) => judged.failed.map((gate) => gate.code)

describe("classification", () => {
  it("finds a persona when nothing excludes", () => {
    const judged = judge()
    assert.strictEqual(judged.verdict, "classified")
    assert.strictEqual(judged.persona, "INFORMED_SPECIALIST")
    assert.deepStrictEqual(judged.failed, [])
  })

  it("says how sure a persona is, of a wallet that nothing excludes", () => {
    assert.isNumber(judge().confidence)
    assert.isNull(judge({ concentration: 0.3, winRate: 0.4 }).confidence)
    const excluded = judge({ burstiness: 0.9 })
    assert.strictEqual(excluded.persona, "INFORMED_SPECIALIST")
    assert.isNull(excluded.confidence)
  })

  it("takes no persona for a reason to wait, not for followable", () => {
    const judged = judge({ concentration: 0.3, winRate: 0.4 })
    assert.strictEqual(judged.verdict, "waiting")
    assert.isTrue(judged.checks.every((check) => check.lacks.length > 0))
  })

  it("records every gate that fails, in the stated order, not only the first", () => {
    const judged = judge(
      { tradeCount: 5, roi: -0.1, realizedMicro: -50, burstiness: 0.9 },
      { address: "0xb07", ageDays: 10, idleDays: 60 },
    )
    assert.strictEqual(judged.verdict, "excluded")
    assert.deepStrictEqual(codes(judged), [
      "KNOWN_BOT",
      "STAGE1_TOO_YOUNG",
      "STAGE1_TOO_FEW_TRADES",
      "STAGE1_INACTIVE",
      "INSUFFICIENT_ALL_TIME_ROI",
      "STAGE1_RECENT_LOSS",
      "NEWS_SNIPER",
      "INSUFFICIENT_PNL",
    ])
  })

  it("excludes at the stated side of each threshold", () => {
    assert.deepStrictEqual(codes(judge({}, { ageDays: 45 })), [])
    assert.deepStrictEqual(codes(judge({}, { ageDays: 44 })), ["STAGE1_TOO_YOUNG"])
    assert.deepStrictEqual(codes(judge({}, { idleDays: 45 })), [])
    assert.deepStrictEqual(codes(judge({}, { idleDays: 46 })), ["STAGE1_INACTIVE"])
    assert.deepStrictEqual(codes(judge({ burstiness: 0.7 })), [])
    assert.deepStrictEqual(codes(judge({ burstiness: 0.71 })), ["NEWS_SNIPER"])
    assert.deepStrictEqual(codes(judge({ tradesPerDay: 200, meanTradeMicro: 5_000_000 })), [
      "BOT_SWARM_MICRO",
    ])
  })

  it("calls a provider who balances buys and sells and pays no more than the middle", () => {
    const provides = (balance: number, known: number, paidNoMore: number) =>
      codes(judge({ buySellBalance: balance }, {}, { known, paidNoMore }))
    assert.deepStrictEqual(provides(0.45, 10, 7), ["LIQUIDITY_PROVIDER"])
    assert.deepStrictEqual(provides(0.44, 10, 7), [])
    assert.deepStrictEqual(provides(0.45, 20, 13), [])
    // Too few are known to say it of anybody.
    assert.deepStrictEqual(provides(0.45, 9, 9), [])
  })

  it("can see a young sniper although youth alone excludes", () => {
    const judged = judge({ winRate: 0.9, tradeCount: 15 }, { ageDays: 20 })
    assert.deepStrictEqual(codes(judged), ["STAGE1_TOO_YOUNG", "SNIPER_INSIDER"])
  })

  it("compares the largest loss with the mean win of a tail-risk seller", () => {
    const seller = { winRate: 0.9, meanWinMicro: 1_000_000 }
    assert.deepStrictEqual(codes(judge({ ...seller, largestLossMicro: 5_000_000 })), [])
    const judged = judge({ ...seller, largestLossMicro: 6_000_000 })
    assert.deepStrictEqual(codes(judged), ["TAIL_RISK_SELLER"])
    assert.strictEqual(judged.failed[0]!.metric, 6)
  })

  it("does not call a specialist that holds to the end a jackpot gambler", () => {
    const holder = {
      concentration: 0.9,
      winRate: null,
      closedLots: 0,
      wins: 0,
      topMarketProfitShare: 0,
    }
    assert.notInclude(codes(judge(holder)), "JACKPOT_GAMBLER")
    assert.deepStrictEqual(codes(judge({ topMarketProfitShare: 0.8, winRate: 0.3 })), [
      "JACKPOT_GAMBLER",
    ])
  })

  it("asks a wallet with a persona for profit under a stable code", () => {
    const judged = judge({ roi: 0.04 })
    assert.strictEqual(judged.verdict, "excluded")
    assert.strictEqual(judged.persona, "INFORMED_SPECIALIST")
    assert.deepStrictEqual(codes(judged), ["INSUFFICIENT_PNL"])
    assert.match(judged.failed[0]!.evidence, /4\.0 %/)
  })

  it("tries the personas in order", () => {
    const generalist = { concentration: 0.3, uniqueMarkets: 25, winRate: 0.55 }
    assert.strictEqual(judge(generalist).persona, "CONSISTENT_GENERALIST")
    const accumulator = { concentration: 0.3, meanHoldHours: 50, tradesPerWeek: 5 }
    assert.strictEqual(judge(accumulator).persona, "PATIENT_ACCUMULATOR")
    assert.strictEqual(judge({ meanHoldHours: 50 }).persona, "INFORMED_SPECIALIST")
  })

  it("labels traits and never an unknown topic", () => {
    const judged = judge({
      topDomainRatio: 0.65,
      extremePriceRatio: 0.6,
      meanTradeMicro: 100_000_000,
    })
    assert.deepStrictEqual(judged.traits, [
      { key: "TOPIC_LANE", value: "Politics" },
      { key: "BONDER", value: "1" },
      { key: "WHALE", value: "1" },
    ])
    assert.deepStrictEqual(judge({ topDomain: "unknown", topDomainRatio: 1 }).traits, [])
  })
})
