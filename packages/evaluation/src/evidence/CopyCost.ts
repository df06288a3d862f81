/**
 * What a share of a copy of ours cost beside what it was worth: the middle price when the leader
 * bought, and what selling it again lost. Pure; in dollars a share.
 */

/** Half a tick of a cent: what stands for half the spread where nothing nearby tells it. */
const commonHalfSpread = 0.005

/** `mid`: what is known of it, null where nothing is. */
export const middleAt = (leaderPrice: number, mid: number | null): number =>
  mid ?? Math.max(0.001, leaderPrice - commonHalfSpread)

/** A sale of ours, shares and the fee in the same unit. */
export interface OwnSale {
  readonly size: number
  readonly fee: number
}

/**
 * What a share that ended by sales lost against the middle: half a spread and their fee. The shares
 * of an end by resolution lose nothing.
 */
export const exitCost = (sales: ReadonlyArray<OwnSale>): number => {
  let [size, fee] = [0, 0]
  for (const sale of sales) {
    size += sale.size
    fee += sale.fee
  }
  return commonHalfSpread + (size > 0 ? fee / size : 0)
}
