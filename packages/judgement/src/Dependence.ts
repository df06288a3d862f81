/**
 * How much the markets of an event have in common, and what a wallet's bets weigh for it.
 *
 * Under luck alone, the surprises (payout less price) of an event's markets are correlated: by ρ where
 * something common decides them, by −√(p q / ((1−p)(1−q))) in a race that one answer wins. Bets on
 * opposite sides turn the sign round. The variance of the sum of a wallet's surprises in an event is
 * therefore D times what independent markets would give, and over all its events the variance of its
 * whole score is D̄ times that. Its log likelihood is divided by D̄ where that is above one: a composite
 * likelihood brought back to its true information (Chandler and Bate 2007; Pauli, Racugno and Ventura
 * 2011). Who always bets on one side of markets that move together gets little more than one bet an
 * event; who picks sides freely has D̄ near one, and is not divided for what chance alone makes of it:
 * one standard deviation of that sum over fair coins is taken off first. An event far beyond the
 * wallet's own D̄ is divided by more, so that no single one decides.
 */
import { eventsIn, type PricedBets } from "./Bets.ts"
import type { Markets } from "./Markets.ts"

/** What ρ is taken for before anything is seen, and for how many pairs that counts. */
const priorRho = 0.2
const priorPairs = 300

/** Estimates ρ from each pair of markets of an event, races apart, once however many bought them. */
export class PairCounts {
  private readonly weight: Float64Array
  private readonly sum: Float64Array
  private readonly variance: Float64Array
  /** Markets by event, both in the order in which they came. */
  private readonly events = new Map<number, Array<number>>()
  private readonly markets: Markets

  constructor(markets: Markets) {
    this.markets = markets
    this.weight = new Float64Array(markets.size)
    this.sum = new Float64Array(markets.size)
    this.variance = new Float64Array(markets.size)
  }

  add({ market, outcome, payout, promised }: PricedBets): void {
    const { eventOf, exclusive } = this.markets
    for (let i = 0; i < market.length; i++) {
      const at = market[i]!
      if (exclusive[at] === true) continue
      if (this.weight[at] === 0) {
        const others = this.events.get(eventOf[at]!)
        if (others === undefined) this.events.set(eventOf[at]!, [at])
        else others.push(at)
      }
      const p = promised[i]!
      this.weight[at]!++
      this.sum[at]! += signOf(outcome[i]!) * (payout[i]! - p)
      this.variance[at]! += p * (1 - p)
    }
  }

  rho(): number {
    const { sum, variance, weight } = this
    let products = priorRho * priorPairs * 0.2
    let scale = priorPairs * 0.2
    for (const all of this.events.values()) {
      for (let i = 0; i < all.length; i++) {
        const a = all[i]!
        const [meanA, varianceA] = [sum[a]! / weight[a]!, variance[a]! / weight[a]!]
        for (let j = 0; j < i; j++) {
          const b = all[j]!
          products += meanA * (sum[b]! / weight[b]!)
          scale += Math.sqrt(varianceA * (variance[b]! / weight[b]!))
        }
      }
    }
    return Math.min(0.95, Math.max(0, products / scale))
  }
}

interface Variance {
  /** Of the summed surprises if the markets were independent, and as they are. */
  readonly alone: number
  readonly all: number
  /** The variance of {@link all} over sides picked by fair coins. */
  readonly byChance: number
}

/** Of the bets from one place up to another. */
const varianceOf = (
  { market, outcome, promised }: PricedBets,
  [from, to]: readonly [number, number],
  { exclusive }: Markets,
  rho: number,
): Variance => {
  let alone = 0
  let all = 0
  let byChance = 0
  for (let i = from; i < to; i++) {
    const p = promised[i]!
    const v = p * (1 - p)
    const sign = signOf(outcome[i]!)
    const yes = outcome[i] === 0 ? p : 1 - p
    const races = exclusive[market[i]!] === true
    alone += v
    all += v
    for (let j = from; j < i; j++) {
      const q = promised[j]!
      const other = outcome[j] === 0 ? q : 1 - q
      const between =
        races && exclusive[market[j]!] === true
          ? -Math.sqrt((yes * other) / ((1 - yes) * (1 - other)))
          : rho
      const common = 2 * Math.max(-1, between) * Math.sqrt(v * (q * (1 - q)))
      all += sign * signOf(outcome[j]!) * common
      byChance += common ** 2
    }
  }
  return { alone, all, byChance }
}

/** How far an event's own design effect may be beyond the wallet's without being divided by more. */
const mostBeyond = 2

/** What each bet counts for, (0, 1], by event; outcomes do not matter for it. */
export const weightsOf = (own: PricedBets, markets: Markets, rho: number): Float64Array => {
  const variances = Array.from({ length: eventsIn(own) }, (_, n) =>
    varianceOf(own, [own.starts[n]!, own.starts[n + 1]!], markets, rho),
  )
  const alone = variances.reduce((sum, one) => sum + one.alone, 0)
  const all = variances.reduce((sum, one) => sum + one.all, 0)
  const byChance = variances.reduce((sum, one) => sum + one.byChance, 0)
  const usual = Math.max(1, (all - Math.sqrt(byChance)) / alone)
  return Float64Array.from(
    variances,
    (one) => 1 / Math.max(usual, one.all / one.alone / mostBeyond),
  )
}

const signOf = (outcome: number): 1 | -1 => (outcome === 0 ? 1 : -1)
