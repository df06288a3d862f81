import { assert, describe, it } from "@effect/vitest"
import { type ScoreInputs, scoreWallet } from "@evaluator/domain/wallet/WalletScore"

const weights = {
  edge_weight: 0.3,
  consistency_weight: 0.25,
  market_skill_weight: 0.2,
  timing_weight: 0.15,
  behaviour_weight: 0.1,
  young_multiplier: 0.8,
  obscurity_multiplier: 1.2,
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
})
