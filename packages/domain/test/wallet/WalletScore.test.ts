import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { monthlyFeatures } from "@evaluator/testkit/MonthlyFeatures"
import { laneOf, type ScoreInputs, scoreWallet } from "@evaluator/domain/wallet/WalletScore"

const weights = {
  edge_weight: 0.3,
  consistency_weight: 0.25,
  market_skill_weight: 0.2,
  timing_weight: 0.15,
  behaviour_weight: 0.1,
  young_multiplier: 0.8,
  obscurity_multiplier: 1.2,
  lane_multiplier: 1.1,
  half_life: Duration.days(30),
}
const plain = { ...weights, young_multiplier: 1, obscurity_multiplier: 1 }

const inputs = (changes: Partial<ScoreInputs>): ScoreInputs => ({
  roiPercent: 10,
  deviation: 3,
  hitRate: 0.55,
  profitableMarkets: 5,
  markets: 8,
  driftCents: 3,
  noise: 0.1,
  ageDays: 120,
  onLeaderboard: false,
  lane: null,
  idleDays: 0,
  ...changes,
})
const near = (actual: number, expected: number) => assert.approximately(actual, expected, 1e-9)

describe("WScore", () => {
  it("gives the reference's parts and score", () => {
    const score = scoreWallet(inputs({}), weights)
    near(score.edge, 0.5)
    near(score.consistency, 0.7)
    near(score.marketSkill, 0.625)
    near(score.timing!, 0.65)
    near(score.behaviour, 0.9)
    near(score.raw, 0.6375)
    near(score.wscore, 0.765)
  })

  it("halves for a hit rate under 45 percent", () => {
    const score = scoreWallet(
      inputs({
        deviation: 2,
        hitRate: 0.4,
        profitableMarkets: 0,
        markets: 0,
        driftCents: 0,
        noise: 0,
      }),
      plain,
    )
    near(score.raw, 0.525)
    near(score.wscore, 0.2625)
  })

  it("trusts a young wallet less and gives a leader no bonus", () => {
    const score = scoreWallet(
      inputs({ hitRate: 0.5, driftCents: 0, ageDays: 60, onLeaderboard: true }),
      weights,
    )
    near(score.raw, 0.615)
    near(score.wscore, 0.3936)
  })

  it("ends at 1", () => {
    const score = scoreWallet(
      inputs({
        roiPercent: 25,
        deviation: 0,
        hitRate: 0.9,
        profitableMarkets: 10,
        markets: 10,
        driftCents: 0,
        noise: 0,
        ageDays: 200,
      }),
      weights,
    )
    near(score.raw, 0.925)
    assert.strictEqual(score.wscore, 1)
  })

  it("leaves out a part that was not measured instead of inventing it", () => {
    const without = scoreWallet(inputs({ driftCents: null }), plain)
    near(without.raw, (0.3 * 0.5 + 0.25 * 0.7 + 0.2 * 0.625 + 0.1 * 0.9) / 0.85)
    assert.isNull(without.timing)
  })

  it("is worth half after each half-life without a fill", () => {
    const fresh = scoreWallet(inputs({}), weights)
    for (const [days, left] of [
      [0, 1],
      [15, Math.SQRT1_2],
      [30, 0.5],
      [60, 0.25],
    ] as const) {
      const idle = scoreWallet(inputs({ idleDays: days }), weights)
      near(idle.recencyFactor, left)
      near(idle.wscore, left * fresh.wscore)
    }
    // What a bonus lifts above 1 decays from there, not from 1.
    const best = { roiPercent: 25, deviation: 0, profitableMarkets: 8, noise: 0, driftCents: 10 }
    assert.isAbove(scoreWallet(inputs({ ...best, idleDays: 5 }), weights).wscore, 0.95)
  })

  it("measures market skill in the lane, and rewards earning there no less than over all", () => {
    const lane = { topic: "Politics", roiPercent: 12, profitableMarkets: 3, markets: 4 }
    const specialist = scoreWallet(inputs({ lane }), weights)
    near(specialist.marketSkill, 0.75)
    near(specialist.laneFactor, 1.1)
    near(specialist.raw, 0.6625)
    near(specialist.wscore, 0.6625 * 1.2 * 1.1)
    const factor = (changes: object, roiPercent = 10) =>
      scoreWallet(inputs({ lane: { ...lane, ...changes }, roiPercent }), weights).laneFactor
    assert.deepStrictEqual(
      [factor({ roiPercent: 10 }), factor({ roiPercent: 9 }), factor({ roiPercent: 0 }, 0)],
      [1.1, 1, 1],
    )
    assert.strictEqual(factor({ roiPercent: -1 }, -2), 1)
    assert.strictEqual(
      scoreWallet(inputs({ lane: { ...lane, profitableMarkets: 0, markets: 0 } }), weights)
        .marketSkill,
      0,
    )
  })

  it("has a lane where one known topic has enough of the shares", () => {
    const month = { ...monthlyFeatures, topDomainRatio: 0.65 }
    assert.deepStrictEqual(laneOf(month, 0.65), {
      topic: "Politics",
      roiPercent: 10,
      profitableMarkets: 3,
      markets: 4,
    })
    assert.isNull(laneOf(month, 0.66))
    assert.isNull(laneOf({ ...month, topDomain: "unknown" }, 0.65))
    const unmeasured = {
      topDomainRoi: null,
      topDomainClosedMarkets: null,
      topDomainProfitableMarkets: null,
    }
    assert.isNull(laneOf({ ...month, ...unmeasured }, 0.65))
    assert.isNull(laneOf({ ...month, topDomain: null, topDomainRatio: 0 }, 0))
  })
})
