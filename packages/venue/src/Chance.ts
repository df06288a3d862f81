/**
 * Chance as a function: the same words of input give the same number in every process and in any
 * order of asking. Two forms: {@link mix} hashes a few integers, {@link Dice} is a stream.
 */

const scramble = (h: number): number => {
  let x = h | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** 32 bits out of up to four integers (each taken modulo 2^32). */
export const mix = (a: number, b = 0, c = 0, d = 0): number => {
  let h = scramble((a | 0) + 0x9e3779b9)
  h = scramble(h ^ Math.imul(b | 0, 0x27d4eb2f))
  h = scramble((h + 0x165667b1) ^ Math.imul(c | 0, 0x9e3779b1))
  return scramble((h + 0x7feb352d) ^ Math.imul(d | 0, 0x85ebca77))
}

/** {@link mix} as a number in [0, 1). */
export const unit = (a: number, b = 0, c = 0, d = 0): number => mix(a, b, c, d) / 4294967296

/** Four hex digits of each 16-bit number: every row of a world has some. */
const hexOf = Array.from({ length: 65_536 }, (_, n) => n.toString(16).padStart(4, "0"))

/** `digits` lower-case hex digits out of three integers. */
export const hexDigits = (digits: number, a: number, b = 0, c = 0): string => {
  let text = ""
  for (let word = 0; text.length < digits; word++) {
    const bits = mix(a, b, c, word + 1)
    text += hexOf[bits >>> 16]! + hexOf[bits & 0xffff]!
  }
  return text.slice(0, digits)
}

/** A stream of chance whose whole state is one integer. */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next()
  }

  integer(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next())
  }

  /** Standard normal. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    return radius * Math.cos(2 * Math.PI * this.next())
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.next())
  }

  pick<A>(items: ReadonlyArray<A>): A {
    return items[Math.floor(items.length * this.next())]!
  }
}

/** Share of a standard normal below `z`, to 10⁻⁷ (Abramowitz and Stegun 7.1.26). */
export const normalShare = (z: number): number => {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const series =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const above = 0.5 * series * Math.exp(-x * x)
  return z < 0 ? above : 1 - above
}

/** 32 bits out of a text (FNV-1a). */
export const textHash = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
