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
 * event; who picks sides freely has D̄ near one. An event far beyond the wallet's own D̄ is divided by
 * more, so that no single one decides.
 */
import type { Bet, WalletBets } from "./Bets.ts"
import { calibrated, type PriceModel } from "./PriceModel.ts"

/** What ρ is taken for before anything is seen, and for how many pairs that counts. */
const priorRho = 0.2
const priorPairs = 300

interface Surprise {
  weight: number
  sum: number
  variance: number
}

/** Estimates ρ from each pair of markets of an event, races apart, once however many bought them. */
export class PairCounts {
  private readonly events = new Map<string, Map<string, Surprise>>()

  add({ events }: WalletBets, prices: PriceModel): void {
    for (const { event, bets } of events) {
      for (const bet of bets) {
        if (bet.exclusive) continue
        const markets = this.events.get(event) ?? new Map<string, Surprise>()
        this.events.set(event, markets)
        const known = markets.get(bet.condition) ?? { weight: 0, sum: 0, variance: 0 }
        markets.set(bet.condition, known)
        const p = calibrated(prices, bet.price)
        known.weight++
        known.sum += signOf(bet) * (bet.payout - p)
        known.variance += p * (1 - p)
      }
    }
  }

  rho(): number {
    let products = priorRho * priorPairs * 0.2
    let scale = priorPairs * 0.2
    for (const markets of this.events.values()) {
      const all = [...markets.values()]
      for (let i = 0; i < all.length; i++) {
        for (let j = 0; j < i; j++) {
          const [a, b] = [all[i]!, all[j]!]
          products += (a.sum / a.weight) * (b.sum / b.weight)
          scale += Math.sqrt((a.variance / a.weight) * (b.variance / b.weight))
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
}

const varianceOf = (bets: ReadonlyArray<Bet>, prices: PriceModel, rho: number): Variance => {
  let alone = 0
  let all = 0
  const facts = bets.map((bet) => {
    const p = calibrated(prices, bet.price)
    return { bet, sign: signOf(bet), yes: bet.outcomeIndex === 0 ? p : 1 - p, v: p * (1 - p) }
  })
  for (const [i, a] of facts.entries()) {
    alone += a.v
    all += a.v
    for (let j = 0; j < i; j++) {
      const b = facts[j]!
      const race = a.bet.exclusive && b.bet.exclusive
      const between = race ? -Math.sqrt((a.yes * b.yes) / ((1 - a.yes) * (1 - b.yes))) : rho
      all += 2 * a.sign * b.sign * Math.max(-1, between) * Math.sqrt(a.v * b.v)
    }
  }
  return { alone, all }
}

/** How far an event's own design effect may be beyond the wallet's without being divided by more. */
const mostBeyond = 2

/** What each bet counts for, (0, 1], by event. */
export const weightsOf = (
  { events }: Pick<WalletBets, "events">,
  prices: PriceModel,
  rho: number,
): ReadonlyArray<number> => {
  const variances = events.map(({ bets }) => varianceOf(bets, prices, rho))
  const alone = variances.reduce((sum, one) => sum + one.alone, 0)
  const all = variances.reduce((sum, one) => sum + one.all, 0)
  const usual = Math.max(1, all / alone)
  return variances.map((one) => 1 / Math.max(usual, one.all / one.alone / mostBeyond))
}

const signOf = (bet: Bet): 1 | -1 => (bet.outcomeIndex === 0 ? 1 : -1)
