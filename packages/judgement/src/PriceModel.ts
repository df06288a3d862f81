/**
 * What a price promises: how often purchases at a price paid, over the whole population. Prices
 * carry a favourite–longshot bias and, where the middle could only be estimated, a spread; a wallet
 * that buys favourites must not look skilled for it.
 *
 * `logit(paid) = shift + slope × logit(price)`, fitted with a prior that trusts the prices (shift 0,
 * slope 1). Each bet weighs the same: how many wallets end up in a market depends on where its price
 * goes, so weighing markets alike would count losing longshots and lone insiders for more than they
 * are. How much all bets say together goes by the markets they are in. The counts by cent of price add
 * up over wallets in any order.
 */
import type { WalletBets } from "./Bets.ts"
import { each, type Steps } from "./Steps.ts"

export interface PriceModel {
  readonly shift: number
  readonly slope: number
  /** How sure that is: variances of both and their covariance. */
  readonly variance: { readonly shift: number; readonly slope: number; readonly both: number }
  readonly bands: ReadonlyArray<PriceBand>
}

/** What was promised and what was paid between two prices. */
export interface PriceBand {
  readonly from: number
  readonly to: number
  readonly bets: number
  readonly promised: number
  readonly paid: number
  /** What the model makes of the promised price. */
  readonly modelled: number
}

/** Prices as they are. */
export const trusted: PriceModel = {
  shift: 0,
  slope: 1,
  variance: { shift: 0, slope: 0, both: 0 },
  bands: [],
}

const cents = 100
const bandCount = 10
/**
 * Standard deviations of the prior. A shift is what both sides of a market pay more than they cost,
 * which can only be an error of the estimated middle, a cent or so at even odds, or the buyers' own
 * skill, which must not become part of the price.
 */
const shiftPrior = 0.05
const slopePrior = 0.15
/** Bets that a market stands for: markets of one event say less than so many. */
const perMarket = 0.5

export const calibrated = ({ shift, slope }: PriceModel, price: number): number => {
  const z = shift + slope * Math.log(price / (1 - price))
  return 1 / (1 + Math.exp(-z))
}

/** Standard deviation of {@link calibrated}, price units. */
export const doubt = ({ variance }: PriceModel, price: number): number => {
  const x = Math.log(price / (1 - price))
  const sum = variance.shift + 2 * x * variance.both + x * x * variance.slope
  return Math.sqrt(Math.max(0, sum)) * price * (1 - price)
}

/** The model of all bets together; `markets`: how many there are, with or without a bet. */
export function* pricesInSteps(
  bets: ReadonlyArray<WalletBets>,
  markets: number,
): Steps<PriceModel> {
  const known = new Uint8Array(markets)
  const count = new Float64Array(cents)
  const price = new Float64Array(cents)
  const paid = new Float64Array(cents)
  yield* each(bets, (own) => {
    for (let i = 0; i < own.market.length; i++) {
      const at = own.price[i]!
      const cell = Math.min(cents - 1, Math.floor(at * cents))
      known[own.market[i]!] = 1
      count[cell]!++
      price[cell]! += at
      paid[cell]! += own.payout[i]!
    }
  })
  const model = { ...newton(count, price, paid, perMarket * sum(known)), bands: [] }
  return { ...model, bands: bandsOf(model, count, price, paid) }
}

const sum = (values: Uint8Array | Float64Array): number => {
  let all = 0
  for (const value of values) all += value
  return all
}

/** `worth`: independent bets that all of them stand for. */
const newton = (count: Float64Array, price: Float64Array, paid: Float64Array, worth: number) => {
  let shift = 0
  let slope = 1
  let variance = trusted.variance
  const perBet = worth / Math.max(1, sum(count))
  for (let step = 0; step < 25; step++) {
    let gradientA = -shift / shiftPrior ** 2
    let gradientB = -(slope - 1) / slopePrior ** 2
    let aa = 1 / shiftPrior ** 2
    let bb = 1 / slopePrior ** 2
    let ab = 0
    for (let cell = 0; cell < cents; cell++) {
      const n = count[cell]! * perBet
      if (n === 0) continue
      const mean = price[cell]! / count[cell]!
      const x = Math.log(mean / (1 - mean))
      const q = 1 / (1 + Math.exp(-(shift + slope * x)))
      const off = paid[cell]! * perBet - n * q
      gradientA += off
      gradientB += off * x
      const v = n * q * (1 - q)
      aa += v
      ab += v * x
      bb += v * x * x
    }
    const determinant = aa * bb - ab * ab
    shift += (bb * gradientA - ab * gradientB) / determinant
    slope += (aa * gradientB - ab * gradientA) / determinant
    variance = { shift: bb / determinant, slope: aa / determinant, both: -ab / determinant }
  }
  return { shift, slope, variance }
}

const bandsOf = (
  model: PriceModel,
  count: Float64Array,
  price: Float64Array,
  paid: Float64Array,
): ReadonlyArray<PriceBand> =>
  Array.from({ length: bandCount }, (_, band): PriceBand => {
    const wide = cents / bandCount
    let [all, promised, got] = [0, 0, 0]
    for (let cell = band * wide; cell < (band + 1) * wide; cell++) {
      all += count[cell]!
      promised += price[cell]!
      got += paid[cell]!
    }
    const mean = all > 0 ? promised / all : (band + 0.5) / bandCount
    return {
      from: band / bandCount,
      to: (band + 1) / bandCount,
      bets: all,
      promised: mean,
      paid: all > 0 ? got / all : mean,
      modelled: calibrated(model, mean),
    }
  })
