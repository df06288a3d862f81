import { assert, describe, it } from "@effect/vitest"
import { edges, logRatio, noEdge } from "@evaluator/judgement/EdgeLikelihood"
import { mixtureInSteps, posterior } from "@evaluator/judgement/Mixture"
import {
  mixtureShare,
  type NormalMixture,
  normalShare,
  quantilesOf,
  shortestInterval,
} from "@evaluator/judgement/Normal"
import { standard } from "@evaluator/judgement/Settings"
import { chanceOf } from "./Populations.ts"

const estimate = (vectors: ReadonlyArray<Float64Array>) => {
  const steps = mixtureInSteps(vectors, standard.mixture)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** A wallet of so many even bets with an edge. */
const vectorOf = (chance: () => number, bets: number, edge: number): Float64Array => {
  const vector = new Float64Array(edges.length)
  for (let i = 0; i < bets; i++) {
    const payout = chance() < 0.5 + edge ? 1 : 0
    for (const [g, one] of edges.entries()) vector[g]! += logRatio(0.5, one, payout)
  }
  return vector
}

const above = (prior: Float64Array, edge: number): number =>
  prior.reduce((sum, share, i) => sum + (edges[i]! > edge ? share : 0), 0)

describe("the spread of edges over a population", () => {
  it("is found again: one wallet in ten with twelve cents", () => {
    const chance = chanceOf(5)
    const vectors = Array.from({ length: 400 }, (_, i) => vectorOf(chance, 300, i < 40 ? 0.12 : 0))
    const prior = estimate(vectors)
    assert.approximately(above(prior, 0.06), 0.1, 0.02)
    const middle = prior.reduce(
      (sum, share, i) => sum + (edges[i]! > 0.06 ? share * edges[i]! : 0),
      0,
    )
    assert.approximately(middle / above(prior, 0.06), 0.12, 0.015)
  })

  it("is none where there is none, whatever the luckiest wallet shows", () => {
    const chance = chanceOf(6)
    const prior = estimate(Array.from({ length: 400 }, () => vectorOf(chance, 120, 0)))
    assert.isBelow(above(prior, 0.02), 0.02)
    assert.approximately(
      prior.reduce((sum, share) => sum + share, 0),
      1,
      1e-9,
    )
  })

  it("makes a posterior by Bayes' rule", () => {
    const prior = new Float64Array(edges.length)
    prior[noEdge] = 0.9
    prior[noEdge + 10] = 0.1
    const ratios = new Float64Array(edges.length)
    ratios[noEdge + 10] = Math.log(36)
    assert.approximately(posterior(prior, ratios)[noEdge + 10]!, 3.6 / (3.6 + 0.9), 1e-12)
  })
})

/** Weights and means. */
const mixtureOf = (
  parts: ReadonlyArray<readonly [number, number]>,
  deviation: number,
): NormalMixture => ({
  weights: Float64Array.from(parts, ([weight]) => weight),
  means: Float64Array.from(parts, ([, mean]) => mean),
  deviation,
})

describe("mixtures of normals", () => {
  it("know the normal's own quantiles", () => {
    const one = mixtureOf([[1, 2]], 3)
    assert.approximately(quantilesOf(one)(0.1), 2 - 1.2816 * 3, 1e-3)
    assert.approximately(normalShare(1.6449), 0.95, 1e-4)
    assert.approximately(normalShare(-1.6449), 0.05, 1e-4)
  })

  it("give back the share below a quantile", () => {
    const two = mixtureOf(
      [
        [0.7, 0],
        [0.3, 0.2],
      ],
      0.03,
    )
    const quantile = quantilesOf(two)
    for (const share of [0.05, 0.5, 0.72, 0.9]) {
      assert.approximately(mixtureShare(two, quantile(share)), share, 1e-3)
    }
  })

  it("have a shortest interval: even tails for one hump, the larger of two where it suffices", () => {
    const one = shortestInterval(mixtureOf([[1, 0]], 1), 0.8)
    assert.approximately(one.low, -1.2816, 0.02)
    assert.approximately(one.high, 1.2816, 0.02)
    const two = shortestInterval(
      mixtureOf(
        [
          [0.15, 0],
          [0.85, 0.2],
        ],
        0.02,
      ),
      0.8,
    )
    assert.isAbove(two.low, 0.1)
  })
})
