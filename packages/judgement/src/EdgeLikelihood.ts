/**
 * What a wallet's bets say about its edge: log likelihood ratios over a grid of edges, against none.
 *
 * With an edge e a bet whose price promises p wins with t = p + e, kept inside (0, 1): a win adds
 * log(t / p), a loss log((1 − t) / (1 − p)), a payout between them in proportion. Bets count with the
 * weight that the dependence of their event's markets leaves them.
 */
import { eventsIn, type PricedBets } from "./Bets.ts"

/** Edges in price units: −20 to 20 cents, one cent apart. */
export const edges: ReadonlyArray<number> = Array.from({ length: 41 }, (_, i) => (i - 20) / 100)
export const noEdge = 20

const nearest = 0.01

/** Logarithms of all probabilities on a grid: looking one up is what a judgement does most. */
const fine = 10_000
const logs = Float64Array.from({ length: fine + 1 }, (_, i) => Math.log(i / fine))
const offsets = edges.map((edge) => Math.round(edge * fine))

interface Adds {
  readonly won: Float64Array
  readonly lost: Float64Array
}
/** What a bet adds by {@link edges}, by its price in steps of the grid; made when first asked for. */
const known: Array<Adds | undefined> = []

const addsOf = (p: number): Adds => {
  const made = known[p]
  if (made !== undefined) return made
  const [won, lost] = [new Float64Array(edges.length), new Float64Array(edges.length)]
  for (let i = 0; i < edges.length; i++) {
    const t = Math.round(kept((p + offsets[i]!) / fine) * fine)
    won[i] = logs[t]! - logs[p]!
    lost[i] = logs[fine - t]! - logs[fine - p]!
  }
  return (known[p] = { won, lost })
}

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

/** `weights` by event (`weightsOf`); `payouts` by bet: what came, or what chance would have paid. */
export const likelihoodOf = (
  own: PricedBets,
  weights: Float64Array,
  payouts: Float64Array = own.payout,
): EdgeLikelihood => {
  const { entries, promised, starts, wallet } = own
  const ratios = new Float64Array(edges.length)
  const best = new Float64Array(edges.length)
  const event = new Float64Array(edges.length)
  let loudest = 0
  for (let at = 0; at < eventsIn(own); at++) {
    const weight = weights[at]!
    event.fill(0)
    for (let bet = starts[at]!; bet < starts[at + 1]!; bet++) {
      const { lost, won } = addsOf(Math.round(kept(promised[bet]!) * fine))
      const payout = payouts[bet]!
      if (payout === 1 || payout === 0) {
        const adds = payout === 1 ? won : lost
        for (let i = 0; i < event.length; i++) event[i]! += weight * adds[i]!
      } else {
        for (let i = 0; i < event.length; i++) {
          event[i]! += weight * (payout * won[i]! + (1 - payout) * lost[i]!)
        }
      }
    }
    for (let i = 0; i < event.length; i++) ratios[i]! += event[i]!
    const loud = event[noEdge + 10]!
    if (loud <= loudest) continue
    loudest = loud
    best.set(event)
  }
  const withoutBest = ratios.map((ratio, i) => ratio - best[i]!)
  return { wallet, ratios, withoutBest, events: eventsIn(own), bets: promised.length, entries }
}

const kept = (p: number): number => Math.min(1 - nearest, Math.max(nearest, p))

/** What one bet adds, to the last digit; the price's promise is kept a cent away from 0 and 1. */
export const logRatio = (promised: number, edge: number, payout: number): number => {
  const p = kept(promised)
  const t = kept(p + edge)
  return payout * Math.log(t / p) + (1 - payout) * Math.log((1 - t) / (1 - p))
}
