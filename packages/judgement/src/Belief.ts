/**
 * What is believed of one wallet: the posterior of its edge as a mixture of narrow normals, one for
 * each edge of the grid, and what follows for our copies.
 */
import type { Copying } from "./Copying.ts"
import { edges, type EdgeLikelihood } from "./EdgeLikelihood.ts"
import type { Interval } from "./Judgement.ts"
import { type EdgePrior, posterior } from "./Mixture.ts"
import { mixtureMean, mixtureShare, type Part, shortestInterval } from "./Normal.ts"

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
const interval = (parts: ReadonlyArray<Part>): Interval => {
  let found: ReturnType<typeof shortestInterval> | undefined
  const ends = () => (found ??= shortestInterval(parts, 0.8))
  return {
    mean: mixtureMean(parts),
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
  const edge = kept.map((i): Part => ({ weight: shares[i]!, mean: edges[i]!, deviation: promise }))
  const profitDeviation = Math.hypot(copying.straying, promise * copying.leverage)
  const profit = kept.map((i): Part => ({
    weight: shares[i]!,
    mean: copying.profits[i]!,
    deviation: profitDeviation,
  }))
  const mean = mixtureMean(profit)
  const variance = profit.reduce(
    (sum, part) => sum + part.weight * (part.deviation ** 2 + (part.mean - mean) ** 2),
    0,
  )
  return {
    localFdr: notPaying(shares, copying),
    localFdrWithoutBest: notPaying(posterior(prior, withoutBest), copying),
    edge: interval(edge),
    copyProfit: interval(profit),
    copyProfitDeviation: Math.sqrt(variance),
  }
}

/** P(edge ≤ what copying costs). */
const notPaying = (shares: Float64Array, { cost, doubt }: Copying): number => {
  const deviation = Math.hypot(promiseDeviation, cost.deviation, doubt)
  const parts = edges.map((mean, i): Part => ({ weight: shares[i]!, mean, deviation }))
  return Math.min(1, Math.max(0, mixtureShare(parts, cost.mean)))
}
