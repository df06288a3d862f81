/**
 * What a wallet's bets say about its edge: log likelihood ratios over a grid of edges, against none.
 *
 * With an edge e a bet whose price promises p wins with t = p + e, kept inside (0, 1): a win adds
 * log(t / p), a loss log((1 − t) / (1 − p)), a payout between them in proportion. Bets count with the
 * weight that the dependence of their event's markets leaves them.
 */
import type { WalletBets } from "./Bets.ts"
import { weightsOf } from "./Dependence.ts"
import { calibrated, type PriceModel } from "./PriceModel.ts"

/** Edges in price units: −20 to 20 cents, one cent apart. */
export const edges: ReadonlyArray<number> = Array.from({ length: 41 }, (_, i) => (i - 20) / 100)
export const noEdge = 20

const nearest = 0.01

export interface EdgeLikelihood {
  readonly wallet: string
  /** Log likelihood ratio against no edge, by {@link edges}. */
  readonly ratios: Float64Array
  /** The same without the event that speaks loudest for an edge. */
  readonly withoutBest: Float64Array
  readonly events: number
  readonly bets: number
  readonly entries: number
}

export const likelihoodOf = (
  { wallet, events, entries }: WalletBets,
  prices: PriceModel,
  rho: number,
): EdgeLikelihood => {
  const ratios = new Float64Array(edges.length)
  let best: Float64Array = new Float64Array(edges.length)
  let loudest = 0
  let bets = 0
  const weights = weightsOf({ events }, prices, rho)
  for (const [at, event] of events.entries()) {
    const weight = weights[at]!
    const own = new Float64Array(edges.length)
    for (const { price, payout } of event.bets) {
      const p = calibrated(prices, price)
      for (const [i, edge] of edges.entries()) own[i]! += weight * logRatio(p, edge, payout)
    }
    for (let i = 0; i < own.length; i++) ratios[i]! += own[i]!
    bets += event.bets.length
    const loud = own[noEdge + 10]!
    if (loud > loudest) [loudest, best] = [loud, own]
  }
  const withoutBest = ratios.map((ratio, i) => ratio - best[i]!)
  return { wallet, ratios, withoutBest, events: events.length, bets, entries }
}

/** `p` is what the price promises, kept a cent away from 0 and 1. */
export const logRatio = (promised: number, edge: number, payout: number): number => {
  const p = Math.min(1 - nearest, Math.max(nearest, promised))
  const t = Math.min(1 - nearest, Math.max(nearest, p + edge))
  return payout * Math.log(t / p) + (1 - payout) * Math.log((1 - t) / (1 - p))
}
