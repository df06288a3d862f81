/**
 * What luck alone would have shown: as many wallets at random, and outcomes drawn anew.
 */
import type { PricedBets } from "./Bets.ts"
import type { RandomControl } from "./Judgement.ts"
import type { Markets } from "./Markets.ts"
import { normalShare } from "./Normal.ts"
import type { Candidate } from "./Reasons.ts"
import type { JudgementSettings } from "./Settings.ts"

/** A generator of 32 bits from a seed (mulberry32), as shares in [0, 1). */
const chanceOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** FNV-1a. */
const hash = (text: string, seed: number): number => {
  let value = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0
  }
  return value
}

/** Shares in [0, 1) that are the same for the same name and seed. */
export const chanceFrom = (name: string, seed: number): (() => number) => chanceOf(hash(name, seed))

const normalOf = (chance: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())

/**
 * Outcomes drawn anew, a round: each market's chance, 0…1, is the same for every wallet and alike
 * within an event.
 */
export const redraw = (markets: Markets, seed: number, round: number, rho: number) => {
  const common = Math.min(0.95, 1.5 * rho)
  const drawn = new Float64Array(markets.size).fill(Number.NaN)
  const drawnOf = (market: number): number => {
    const known = drawn[market]!
    if (!Number.isNaN(known)) return known
    const event = markets.events[markets.eventOf[market]!]!
    const shared = normalOf(chanceOf(hash(event, seed + 7919 * round)))
    const own = normalOf(chanceOf(hash(markets.conditions[market]!, seed + 104_729 * (round + 1))))
    const share = normalShare(Math.sqrt(common) * shared + Math.sqrt(1 - common) * own)
    drawn[market] = share
    return share
  }
  /** What the bets would be paid as chance and their calibrated prices have it. */
  return ({ market, outcome, promised }: PricedBets): Float64Array =>
    promised.map((p, i) => {
      const at = drawnOf(market[i]!)
      return (outcome[i] === 0 ? at < p : at >= 1 - p) ? 1 : 0
    })
}

/** As many wallets as are followed, at least one, out of all that have copies of ours. */
export const randomControl = (
  candidates: ReadonlyArray<Candidate>,
  followed: ReadonlySet<string>,
  { seed, randomRounds }: JudgementSettings,
): RandomControl => {
  const rates = new Map(
    candidates.flatMap(({ evidence, copying }) =>
      copying.realised === null ? [] : [[evidence.wallet, copying.realised.mean] as const],
    ),
  )
  const all = [...rates.values()]
  const size = Math.max(1, followed.size)
  const chance = chanceFrom("random", seed)
  const means = Array.from({ length: all.length === 0 ? 0 : randomRounds }, () => {
    let sum = 0
    for (let i = 0; i < size; i++) sum += all[Math.floor(chance() * all.length)]!
    return sum / size
  }).toSorted((a, b) => a - b)
  const own = [...followed].flatMap((wallet) => rates.get(wallet) ?? [])
  const mean = (values: ReadonlyArray<number>) =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    followed: own.length === 0 ? null : mean(own),
    mean: mean(means),
    low: means[Math.floor(0.1 * means.length)] ?? 0,
    high: means[Math.floor(0.9 * means.length)] ?? 0,
    draws: means.length,
  }
}
