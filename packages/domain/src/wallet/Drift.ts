/**
 * Drift: how far the price of a token went a wallet's way after a fill, the input of the timing part of
 * WScore.
 *
 * The price after a fill is the last of the first whole hour that begins after it, so that it lies one
 * to two hours later and the fill itself is not in it. An hour nobody traded in is passed over, but not
 * more than {@link latestMs} later; a payout is no price. A fill without such a price has no drift.
 */

/** What prices are asked for in. */
export const bucketMs = 3_600_000
/** A price later than this after the fill says nothing of its timing. */
export const latestMs = 6 * bucketMs
/** From then on whatever price there is after the fill is there. */
export const settledMs = latestMs + bucketMs

export interface PriceAfter {
  /** Begin of its hour. */
  readonly atMs: number
  /** Millionths. */
  readonly price: number
}

/** The price after a fill, or null; `points` in any order. */
export const priceAfter = (
  points: ReadonlyArray<PriceAfter & { readonly final: boolean }>,
  fillAtMs: number,
): PriceAfter | null => {
  let found: PriceAfter | null = null
  for (const { atMs, final, price } of points) {
    if (final || atMs < fillAtMs || atMs > fillAtMs + latestMs) continue
    if (found === null || atMs < found.atMs) found = { atMs, price }
  }
  return found
}

/** Millionths in the wallet's favour: up after a purchase, down after a sale. */
export const driftOfFill = (
  fill: { readonly side: "BUY" | "SELL"; readonly price: number },
  after: PriceAfter,
): number => (fill.side === "BUY" ? after.price - fill.price : fill.price - after.price)

/** Mean drift in cents; null for fewer than `least` fills. */
export const meanDriftCents = (drifts: ReadonlyArray<number>, least: number): number | null =>
  drifts.length < Math.max(1, least)
    ? null
    : drifts.reduce((sum, drift) => sum + drift, 0) / drifts.length / 10_000
