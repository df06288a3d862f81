/**
 * Rows of the world in columns: what somebody did, when, on which market.
 * About 17 bytes a row.
 */

export const TRADE = 0
export const SPLIT = 1
export const MERGE = 2
export const REDEEM = 3

/** Bits of a row's flags. */
export const OUTCOME_1 = 1
export const SELL = 2
export const MAKER = 4
export const KIND_SHIFT = 3

export interface Columns {
  readonly count: number
  /** Seconds since 1970. */
  readonly at: Uint32Array
  readonly market: Uint32Array
  readonly trader: Uint16Array
  /** Thousandths. */
  readonly price: Uint16Array
  /** Hundredths of a share. */
  readonly cents: Uint32Array
  readonly flags: Uint8Array
}

/** Collects rows in any order; {@link Sink.columns} puts them in the order of time. */
export class Sink {
  private readonly at: Array<number> = []
  private readonly market: Array<number> = []
  private readonly trader: Array<number> = []
  private readonly price: Array<number> = []
  private readonly cents: Array<number> = []
  private readonly flags: Array<number> = []

  push(
    atMs: number,
    market: number,
    trader: number,
    price: number,
    cents: number,
    flags: number,
  ): void {
    this.at.push(Math.floor(atMs / 1000))
    this.market.push(market)
    this.trader.push(trader)
    this.price.push(price)
    this.cents.push(cents)
    this.flags.push(flags)
  }

  clear(): void {
    for (const column of [this.at, this.market, this.trader, this.price, this.cents, this.flags]) {
      column.length = 0
    }
  }

  columns(): Columns {
    const { at, market, trader, price, cents, flags } = this
    const order = Uint32Array.from(at, (_, i) => i)
    order.sort(
      (a, b) => at[a]! - at[b]! || market[a]! - market[b]! || trader[a]! - trader[b]! || a - b,
    )
    return {
      count: at.length,
      at: Uint32Array.from(order, (i) => at[i]!),
      market: Uint32Array.from(order, (i) => market[i]!),
      trader: Uint16Array.from(order, (i) => trader[i]!),
      price: Uint16Array.from(order, (i) => price[i]!),
      cents: Uint32Array.from(order, (i) => cents[i]!),
      flags: Uint8Array.from(order, (i) => flags[i]!),
    }
  }
}
