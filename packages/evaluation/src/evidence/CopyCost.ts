/**
 * What a share of a copy of ours cost beside what it was worth: the middle price when the leader
 * bought, and what selling it again lost. Pure; in dollars a share.
 */

/** Half a tick of a cent: what stands for half the spread where nothing nearby tells it. */
const commonHalfSpread = 0.005

/** `mid`: what is known of it, null where nothing is. */
export const middleAt = (leaderPrice: number, mid: number | null): number =>
  mid ?? Math.max(0.001, leaderPrice - commonHalfSpread)

/** What was bought and what was sold of it again, shares and fees in the same unit. */
export interface SoldShares {
  readonly size: number
  readonly sold: number
  /** Of the sales. */
  readonly fee: number
}

/**
 * What a share of a copy lost against the middle by being sold: half a spread and the sales' fees, on
 * those that were sold. The shares of an end by resolution lose nothing.
 */
export const exitCost = ({ fee, size, sold }: SoldShares): number =>
  (commonHalfSpread * sold + fee) / size
