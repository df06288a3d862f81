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

/** Logarithms of all probabilities on a grid: looking one up is what a judgement does most. */
const fine = 10_000
const logs = Float64Array.from({ length: fine + 1 }, (_, i) => Math.log(i / fine))
const offsets = edges.map((edge) => Math.round(edge * fine))

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
      const p = Math.round(kept(calibrated(prices, price)) * fine)
      for (let i = 0; i < own.length; i++) {
        const t = Math.round(kept((p + offsets[i]!) / fine) * fine)
        const won = logs[t]! - logs[p]!
        const lost = logs[fine - t]! - logs[fine - p]!
        own[i]! += weight * (payout * won + (1 - payout) * lost)
      }
    }
    for (let i = 0; i < own.length; i++) ratios[i]! += own[i]!
    bets += event.bets.length
    const loud = own[noEdge + 10]!
    if (loud > loudest) [loudest, best] = [loud, own]
  }
  const withoutBest = ratios.map((ratio, i) => ratio - best[i]!)
  return { wallet, ratios, withoutBest, events: events.length, bets, entries }
}

const kept = (p: number): number => Math.min(1 - nearest, Math.max(nearest, p))

/** What one bet adds, to the last digit; the price's promise is kept a cent away from 0 and 1. */
export const logRatio = (promised: number, edge: number, payout: number): number => {
  const p = kept(promised)
  const t = kept(p + edge)
  return payout * Math.log(t / p) + (1 - payout) * Math.log((1 - t) / (1 - p))
}
