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

interface Lot extends SoldShares {
  sold: number
  fee: number
  readonly endMs: number
}

/** Copies of one wallet in time order, whose shares our sales take first in first out, as paper money does. */
export class OwnLots {
  /** By token, those with shares left. */
  private readonly held = new Map<string, Array<Lot>>()

  /** `endMs`: when its last share was gone. What is answered counts what later sales take of it. */
  buy(token: string, size: number, endMs: number): SoldShares {
    const lot: Lot = { size, sold: 0, fee: 0, endMs }
    const known = this.held.get(token)
    if (known === undefined) this.held.set(token, [lot])
    else known.push(lot)
    return lot
  }

  sell(token: string, { atMs, fee, size }: { atMs: number; size: number; fee: number }): void {
    const lots = this.held.get(token) ?? []
    let left = size
    while (left > 0 && lots.length > 0) {
      const lot = lots[0]!
      const taken = lot.endMs < atMs ? 0 : Math.min(left, lot.size - lot.sold)
      lot.sold += taken
      lot.fee += (fee * taken) / size
      left -= taken
      if (lot.endMs < atMs || lot.sold >= lot.size) lots.shift()
    }
  }
}
