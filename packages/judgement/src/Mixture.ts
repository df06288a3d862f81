/**
 * How edges are spread over the population: a share of it at each edge of the grid, estimated by
 * expectation–maximization over all wallets (Kiefer–Wolfowitz on a grid) with Dirichlet
 * pseudo-counts, strong at no edge, so that a lucky wallet alone moves nobody's prior. The counts on
 * either side of zero are smoothed after each step (Silverman 1990), or the estimate would be a few spikes.
 */
import { edges, noEdge } from "./EdgeLikelihood.ts"

/** Shares by {@link edges}; they sum to one. */
export type EdgePrior = Float64Array

export interface MixtureSettings {
  /** Wallets without an edge that are assumed beside those seen. */
  readonly zeroPseudoCount: number
  /** Wallets assumed with an edge or a handicap in all, spread evenly. */
  readonly otherPseudoCount: number
  readonly iterations: number
  /** Share of each count that goes to either neighbour after a step. */
  readonly smoothing: number
}

/** Steps of the estimation; between two of them the caller may do something else. */
export function* mixtureInSteps(
  vectors: ReadonlyArray<Float64Array>,
  settings: MixtureSettings,
): Generator<void, EdgePrior, void> {
  const { zeroPseudoCount, otherPseudoCount, iterations, smoothing } = settings
  const others = edges.length - 1
  const pseudo = edges.map((_, i) => (i === noEdge ? zeroPseudoCount : otherPseudoCount / others))
  const total = vectors.length + zeroPseudoCount + otherPseudoCount
  let prior = Float64Array.from(edges, (_, i) => (i === noEdge ? 0.9 : 0.1 / others))
  const likelihoods = vectors.map(likelihoodsOf)
  for (let step = 0; step < iterations; step++) {
    const counts = new Float64Array(edges.length)
    for (const likelihood of likelihoods) {
      let sum = 0
      for (let i = 0; i < counts.length; i++) sum += prior[i]! * likelihood[i]!
      for (let i = 0; i < counts.length; i++) counts[i]! += (prior[i]! * likelihood[i]!) / sum
    }
    const smoothed = smooth(counts, smoothing)
    prior = smoothed.map((count, i) => (count + pseudo[i]!) / total)
    yield
  }
  return prior
}

/** What is believed of a wallet's edge: prior times likelihood, by {@link edges}. */
export const posterior = (prior: EdgePrior, ratios: Float64Array): Float64Array => {
  const own = likelihoodsOf(ratios)
  let sum = 0
  for (let i = 0; i < own.length; i++) sum += own[i]! *= prior[i]!
  for (let i = 0; i < own.length; i++) own[i]! /= sum
  return own
}

/** Likelihoods from their logarithms, the largest 1. */
const likelihoodsOf = (ratios: Float64Array): Float64Array => {
  const highest = Math.max(...ratios)
  return ratios.map((ratio) => Math.exp(ratio - highest))
}

/** Each side of zero for itself; what would leave the side stays. */
const smooth = (counts: Float64Array, part: number): Float64Array => {
  const smoothed = new Float64Array(counts.length)
  smoothed[noEdge] = counts[noEdge]!
  for (const [from, to] of [
    [0, noEdge - 1],
    [noEdge + 1, counts.length - 1],
  ] as const) {
    for (let i = from; i <= to; i++) {
      smoothed[i]! += (1 - 2 * part) * counts[i]!
      smoothed[Math.max(from, i - 1)]! += part * counts[i]!
      smoothed[Math.min(to, i + 1)]! += part * counts[i]!
    }
  }
  return smoothed
}
