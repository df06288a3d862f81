/**
 * What copying a wallet costs, by our own copies, and what an edge is therefore worth to us.
 *
 * A copy pays `outlay` for a share of which the calibrated price promises p; an edge e makes it worth
 * p + e. The profit per dollar is (p + e − outlay) / outlay, averaged over the copies with the same
 * dollar in each. A wallet of few copies is filled up with copies at the population's average cost.
 */
import type { PricedBets } from "./Bets.ts"
import { edges } from "./EdgeLikelihood.ts"
import { calibrated, doubt, type PriceModel } from "./PriceModel.ts"
import type { SettledCopies } from "./WalletRecord.ts"

/** One purchase as it is or would be copied. */
interface Purchase {
  readonly middle: number
  readonly promised: number
  readonly outlay: number
}

export interface Copying {
  readonly copies: number
  /**
   * What a share costs above what it promises, price units; or above the middle price, if that is
   * more: where prices are off in favour of all who buy like this, it is no skill of one of them.
   */
  readonly cost: { readonly mean: number; readonly deviation: number }
  /** Standard deviation of what the prices promise, price units: calibration is an estimate. */
  readonly doubt: number
  /** Profit per dollar at each of {@link edges}. */
  readonly profits: Float64Array
  /** How far the profit of so many copies strays for the prices they happen to have. */
  readonly straying: number
  /** What a cent of edge more is worth per dollar, times a hundred. */
  readonly leverage: number
  /** Realised profit per dollar of our copies, and its standard error by event; `null` from few events. */
  readonly realised: { readonly mean: number; readonly error: number } | null
}

/** Copies at the population's cost that stand beside a wallet's own. */
const assumedCopies = 8
/** Where nothing is known of our copies: a cent of spread and most of a cent of fee. */
const ordinaryCost = 0.018
/** Copies of one wallet beyond which it does not weigh more in the population's cost. */
const mostCounted = 50
/** Bets whose copies are assumed, the newest. */
const mostAssumed = 200
const mostPaid = 0.995
const horizonDays = 30
/** A standard error from fewer events is none. */
const fewestEvents = 5
const dayMs = 86_400_000

/** Costs of copies above the calibrated price; where only the slippage is known, that on top of the ordinary. */
export const costsOf = (
  { aShare, middle, slippage }: SettledCopies,
  prices: PriceModel,
): Float64Array =>
  aShare.map((outlay, i) =>
    Number.isNaN(outlay) ? ordinaryCost + slippage[i]! : outlay - calibrated(prices, middle[i]!),
  )

/** The population's cost: each wallet's own average weighs by its copies, up to a limit. */
export const populationCost = (costs: ReadonlyArray<Float64Array>): number => {
  let [sum, weight] = [ordinaryCost * assumedCopies, assumedCopies]
  for (const own of costs) {
    const counts = Math.min(own.length, mostCounted)
    sum += counts * mean(own)
    weight += counts
  }
  return sum / weight
}

/** `ownCosts`: {@link costsOf} the copies. */
export const copyingOf = (
  bets: PricedBets,
  copies: SettledCopies,
  ownCosts: Float64Array,
  prices: PriceModel,
  ordinary: number,
): Copying => {
  const own: Array<Purchase> = []
  for (const [i, outlay] of copies.aShare.entries()) {
    const middle = copies.middle[i]!
    if (!Number.isNaN(outlay)) own.push({ middle, promised: calibrated(prices, middle), outlay })
  }
  const cost =
    (ordinary * assumedCopies + ownCosts.reduce((sum, one) => sum + one, 0)) /
    (assumedCopies + ownCosts.length)
  const assumed = newestOf(bets).map((i): Purchase => {
    const promised = bets.promised[i]!
    return { middle: bets.price[i]!, promised, outlay: promised + cost }
  })
  const used = own.length >= 2 * assumedCopies || assumed.length === 0 ? own : [...own, ...assumed]
  const purchases = used.length > 0 ? used : [{ middle: 0.5, promised: 0.5, outlay: 0.5 + cost }]
  const profits = new Float64Array(edges.length)
  for (const purchase of purchases) {
    for (let i = 0; i < profits.length; i++) {
      profits[i]! += profitAt(edges[i]!, purchase) / purchases.length
    }
  }
  const atFive = purchases.map((purchase) => profitAt(0.05, purchase))
  let [earliest, latest] = [Number.POSITIVE_INFINITY, 0]
  for (const at of bets.atMs) [earliest, latest] = [Math.min(earliest, at), Math.max(latest, at)]
  const days = Math.max(10, (latest - earliest) / dayMs || 0)
  const perHorizon = Math.max(4, (bets.entries * horizonDays) / days)
  const overMiddle = mean(purchases.map(({ middle, outlay }) => outlay - middle))
  return {
    copies: copies.rate.length,
    cost: {
      mean: Math.max(cost, overMiddle),
      deviation: spread(ownCosts) / Math.sqrt(assumedCopies + ownCosts.length),
    },
    doubt: mean(purchases.map(({ middle }) => doubt(prices, middle))),
    profits,
    straying: spread(atFive) * Math.sqrt(1 / perHorizon + 1 / purchases.length),
    leverage: mean(purchases.map(({ outlay }) => 1 / outlay)),
    realised: realisedOf(copies),
  }
}

const profitAt = (edge: number, { promised, outlay }: Purchase): number =>
  (Math.min(mostPaid, Math.max(0, promised + edge)) - outlay) / outlay

const newestOf = ({ atMs }: PricedBets): ReadonlyArray<number> =>
  Array.from(atMs, (_, i) => i)
    .toSorted((a, b) => atMs[b]! - atMs[a]!)
    .slice(0, mostAssumed)

/** The same dollar in each copy; events are what varies independently. */
const realisedOf = ({ event, rate }: SettledCopies): Copying["realised"] => {
  const average = mean(rate)
  const byEvent = new Map<number, number>()
  for (const [i, one] of event.entries()) {
    byEvent.set(one, (byEvent.get(one) ?? 0) + rate[i]! - average)
  }
  if (byEvent.size < fewestEvents) return null
  let squares = 0
  for (const sum of byEvent.values()) squares += sum ** 2
  const small = byEvent.size / (byEvent.size - 1)
  return { mean: average, error: Math.sqrt(small * squares) / rate.length }
}

type Numbers = ReadonlyArray<number> | Float64Array

const mean = (values: Numbers): number => {
  let sum = 0
  for (const value of values) sum += value
  return values.length === 0 ? 0 : sum / values.length
}

const spread = (values: Numbers): number => {
  const middle = mean(values)
  let squares = 0
  for (const value of values) squares += (value - middle) ** 2
  return Math.sqrt(values.length === 0 ? 0 : squares / values.length)
}
