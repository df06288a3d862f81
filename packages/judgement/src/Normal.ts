/** The standard normal distribution. */

/** P(Z ≤ z), to 1.5e-7 (Abramowitz and Stegun 7.1.26), which is all there is beyond five and a half. */
export const normalShare = (z: number): number => {
  if (z > 5.5) return 1
  if (z < -5.5) return 0
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-x * x)
  return z >= 0 ? 1 - tail / 2 : tail / 2
}

/** A mixture of normals that are equally wide; the weights sum to one. */
export interface NormalMixture {
  readonly weights: Float64Array
  readonly means: Float64Array
  readonly deviation: number
}

/** P(X ≤ x). */
export const mixtureShare = ({ deviation, means, weights }: NormalMixture, x: number): number => {
  let sum = 0
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]! * normalShare((x - means[i]!) / deviation)
  }
  return sum
}

/**
 * Where shares of one mixture lie below, each by bisection, to a ten-thousandth. The same
 * halves are looked at for every share: what was found of them is kept.
 */
export const quantilesOf = (mixture: NormalMixture): ((share: number) => number) => {
  const { deviation, means } = mixture
  const least = Math.min(...means) - 6 * deviation
  const most = Math.max(...means) + 6 * deviation
  /** By half: 1 is the whole, 2n and 2n + 1 are the halves of n. */
  const below = new Map<number, number>()
  return (share) => {
    let [low, high, half] = [least, most, 1]
    while (high - low > 1e-4) {
      const middle = (low + high) / 2
      let known = below.get(half)
      if (known === undefined) below.set(half, (known = mixtureShare(mixture, middle)))
      if (known < share) [low, half] = [middle, 2 * half + 1]
      else [high, half] = [middle, 2 * half]
    }
    return (low + high) / 2
  }
}

export const mixtureMean = ({ means, weights }: NormalMixture): number =>
  weights.reduce((sum, weight, i) => sum + weight * means[i]!, 0)

const tailStep = 0.02

/**
 * The shortest interval that holds a share of a mixture, to a fiftieth of the mixture. With
 * two humps, as of a wallet that is either lucky or good, it leaves the smaller one out where the
 * larger suffices; an interval with equal tails would span both and the gap between them.
 */
export const shortestInterval = (
  mixture: NormalMixture,
  share: number,
): { readonly low: number; readonly high: number } => {
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const quantile = quantilesOf(mixture)
  for (let below = tailStep; below < 1 - share - tailStep / 2; below += tailStep) {
    const from = quantile(below)
    const to = quantile(below + share)
    if (to - from < high - low) [low, high] = [from, to]
  }
  return { low, high }
}
