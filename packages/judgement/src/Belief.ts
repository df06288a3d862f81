/**
 * What is believed of one wallet: the posterior of its edge as a mixture of narrow normals, one for
 * each edge of the grid, and what follows for our copies.
 */
import type { Copying } from "./Copying.ts"
import { edges, type EdgeLikelihood } from "./EdgeLikelihood.ts"
import type { Interval } from "./Judgement.ts"
import { type EdgePrior, posterior } from "./Mixture.ts"
import { mixtureMean, mixtureShare, type NormalMixture, shortestInterval } from "./Normal.ts"

export interface Belief {
  /** P(copying does not pay). */
  readonly localFdr: number
  /** The same without the event that speaks loudest for the wallet. */
  readonly localFdrWithoutBest: number
  readonly edge: Interval
  readonly copyProfit: Interval
  /** Standard deviation of the copy profit as believed. */
  readonly copyProfitDeviation: number
}

/** How far a price's promise may be off beside the doubt of the calibration, price units. */
const promiseDeviation = 0.004

/** Its ends are found when they are first asked for: rounds that are only counted ask for none. */
const interval = (mixture: NormalMixture): Interval => {
  let found: ReturnType<typeof shortestInterval> | undefined
  const ends = () => (found ??= shortestInterval(mixture, 0.8))
  return {
    mean: mixtureMean(mixture),
    get low() {
      return ends().low
    },
    get high() {
      return ends().high
    },
  }
}

export const beliefOf = (
  prior: EdgePrior,
  { ratios, withoutBest }: EdgeLikelihood,
  copying: Copying,
): Belief => {
  const shares = posterior(prior, ratios)
  const kept = [...edges.keys()].filter((i) => shares[i]! > 1e-5)
  const promise = Math.hypot(promiseDeviation, copying.doubt)
  const weights = Float64Array.from(kept, (i) => shares[i]!)
  const means = Float64Array.from(kept, (i) => edges[i]!)
  const profits = Float64Array.from(kept, (i) => copying.profits[i]!)
  const profit: NormalMixture = {
    weights,
    means: profits,
    deviation: Math.hypot(copying.straying, promise * copying.leverage),
  }
  const mean = mixtureMean(profit)
  const variance = weights.reduce(
    (sum, weight, i) => sum + weight * (profit.deviation ** 2 + (profits[i]! - mean) ** 2),
    0,
  )
  return {
    localFdr: notPaying(shares, copying),
    localFdrWithoutBest: notPaying(posterior(prior, withoutBest), copying),
    edge: interval({ weights, means, deviation: promise }),
    copyProfit: interval(profit),
    copyProfitDeviation: Math.sqrt(variance),
  }
}

const allEdges = Float64Array.from(edges)

/** P(edge ≤ what copying costs). */
const notPaying = (weights: Float64Array, { cost, doubt }: Copying): number => {
  const deviation = Math.hypot(promiseDeviation, cost.deviation, doubt)
  return Math.min(1, Math.max(0, mixtureShare({ weights, means: allEdges, deviation }, cost.mean)))
}
