/**
 * What an outcome is worth, moment by moment, and what the market thinks it is worth.
 *
 * The outcome is drawn from its prior; a noisy signal about it arrives along an information clock,
 * and the fair value is the posterior given the signal so far (Brody, Hughston and Macrina's
 * information process). Fair values are therefore right on average at every moment: of all markets
 * that ever stand at 0.30, about 30 % pay. The clock runs evenly except at the market's news
 * moments, where it jumps. The answers of a race share one posterior, so their values sum to one.
 *
 * The market knows the fair value a little late and a little wrong ({@link Path.mid}).
 */
import { Dice, unit } from "../Chance.ts"
import { MINUTE, SECOND } from "./Durations.ts"

const steps = 256

export interface PathFacts {
  readonly seed: number
  readonly fromMs: number
  readonly untilMs: number
  /** Prior probability of each hypothesis; two for a single question, one per answer of a race. */
  readonly priors: ReadonlyArray<number>
  readonly truth: number
  readonly quick: boolean
  /** Most that the market's price is off in a stable way, and for some minutes. */
  readonly bias: number
  readonly priceError: number
  /** What the markets of an event have in common, and how much of the noise it is. */
  readonly common?: { readonly noise: Float32Array; readonly correlation: number }
}

export class Path {
  readonly facts: PathFacts
  /** When news breaks, ascending, ms. */
  readonly newsMs: ReadonlyArray<number>
  /** How late the market learns, ms. */
  readonly lagMs: number
  private readonly noise: ReadonlyArray<Float32Array>
  private readonly news: ReadonlyArray<readonly [at: number, jump: number]>
  private readonly clockEnd: number
  private readonly newsShare: number
  private readonly sigma: number

  constructor(facts: PathFacts) {
    this.facts = facts
    const dice = new Dice(facts.seed)
    this.sigma = dice.between(1, 1.6)
    this.clockEnd = dice.between(0.6, 0.85)
    this.newsShare = dice.between(0.3, 0.6)
    const moments = dice.integer(2, facts.quick ? 3 : 7)
    const raw = Array.from({ length: moments }, () => [dice.between(0.03, 0.97), dice.next()])
    const total = raw.reduce((sum, [, weight]) => sum + weight!, 0)
    this.news = raw
      .map(([at, weight]) => [at!, weight! / total] as const)
      .toSorted((a, b) => a[0] - b[0])
    const life = facts.untilMs - facts.fromMs
    this.newsMs = this.news.map(([at]) => Math.round(facts.fromMs + at * life))
    this.lagMs = facts.quick ? 8 * SECOND : Math.round(dice.between(25, 90)) * SECOND
    const streams = facts.priors.length === 2 ? 1 : facts.priors.length
    this.noise = Array.from({ length: streams }, () => mixed(bridge(dice), facts.common))
  }

  /** Share of all information that is out at a moment. */
  private clock(ms: number): number {
    const { fromMs, untilMs } = this.facts
    const life = Math.min(1, Math.max(0, (ms - fromMs) / (untilMs - fromMs)))
    let jumped = 0
    for (const [at, jump] of this.news) if (life >= at) jumped += jump
    return this.clockEnd * ((1 - this.newsShare) * life + this.newsShare * jumped)
  }

  /** Probability of one hypothesis given what is out at a moment. */
  fair(hypothesis: number, ms: number): number {
    const { priors, truth } = this.facts
    const tau = this.clock(ms)
    const at = tau * steps
    const cell = Math.min(steps - 1, Math.floor(at))
    const part = at - cell
    const score = (stream: number, isTruth: boolean): number => {
      const walk = this.noise[stream]!
      const beta = walk[cell]! * (1 - part) + walk[cell + 1]! * part
      const signal = (isTruth ? this.sigma * tau : 0) + beta
      return (this.sigma * signal - 0.5 * this.sigma * this.sigma * tau) / (1 - tau)
    }
    if (priors.length === 2) {
      const odds = (priors[0]! / priors[1]!) * Math.exp(score(0, truth === 0))
      const first = odds / (1 + odds)
      return clamp(hypothesis === 0 ? first : 1 - first)
    }
    let sum = 0
    let mine = 0
    for (let i = 0; i < priors.length; i++) {
      const weight = priors[i]! * Math.exp(score(i, truth === i))
      sum += weight
      if (i === hypothesis) mine = weight
    }
    return clamp(mine / sum)
  }

  /** The market's middle price: the fair value of a moment ago, off by what the facts allow. */
  mid(hypothesis: number, ms: number): number {
    const value = this.fair(hypothesis, ms - this.lagMs)
    const grain = this.facts.quick ? MINUTE : 10 * MINUTE
    const slot = Math.floor(ms / grain)
    const part = ms / grain - slot
    const wobble =
      (unit(this.facts.seed, slot, hypothesis, 7) - 0.5) * (1 - part) +
      (unit(this.facts.seed, slot + 1, hypothesis, 7) - 0.5) * part
    const room = value * (1 - value)
    const { bias, priceError } = this.facts
    const stable = bias * steepest * room * (1 - 2 * value)
    return clamp(value + 8 * priceError * wobble * room + stable)
  }

  /** When the price was first within `margin` of 0 or 1, at 128 looks over its life; or never. */
  firstExtreme(hypothesis: number, margin: number): number {
    const { fromMs, untilMs } = this.facts
    for (let look = 0; look < looks; look++) {
      const ms = Math.round((fromMs + (look * (untilMs - fromMs)) / looks) / SECOND) * SECOND
      const at = this.mid(hypothesis, ms)
      if (at < margin || at > 1 - margin) return ms
    }
    return Number.POSITIVE_INFINITY
  }
}

const looks = 128

/** 1 ÷ the largest value of p (1 − p) (1 − 2p). */
const steepest = 6 * Math.sqrt(3)

const clamp = (p: number): number => Math.min(0.998, Math.max(0.002, p))

const mixed = (own: Float32Array, common: PathFacts["common"]): Float32Array => {
  if (common === undefined) return own
  const [ours, theirs] = [Math.sqrt(1 - common.correlation), Math.sqrt(common.correlation)]
  return own.map((value, i) => ours * value + theirs * common.noise[i]!)
}

/** A Brownian bridge from 0 to 0 over `steps` equal parts of the clock. */
export const bridge = (dice: Dice): Float32Array => {
  const walk = new Float64Array(steps + 1)
  for (let i = 1; i <= steps; i++) walk[i] = walk[i - 1]! + dice.normal() / Math.sqrt(steps)
  const end = walk[steps]!
  return Float32Array.from(walk, (w, i) => w - (end * i) / steps)
}
