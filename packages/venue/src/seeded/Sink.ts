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

/** The most of one trade, hundredths of a share. */
export const mostCents = 50_000_000
/** The most that is held of an outcome: a redemption is one row, and a column holds no more. */
export const mostHeldCents = 4_000_000_000

/** The first place whose time is not before some second. */
export const firstAt = (columns: Columns, seconds: number): number => {
  let low = 0
  let high = columns.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (columns.at[middle]! < seconds) low = middle + 1
    else high = middle
  }
  return low
}

const make = (capacity: number) => ({
  at: new Uint32Array(capacity),
  market: new Uint32Array(capacity),
  trader: new Uint16Array(capacity),
  price: new Uint16Array(capacity),
  cents: new Uint32Array(capacity),
  flags: new Uint8Array(capacity),
})

/**
 * Collects rows in any order; {@link Sink.columns} puts them in the order of time, those of one
 * second in the order in which they came.
 */
export class Sink {
  private rows = make(1024)
  private count = 0

  push(
    atMs: number,
    market: number,
    trader: number,
    price: number,
    cents: number,
    flags: number,
  ): void {
    if (this.count === this.rows.at.length) this.grow()
    const { rows } = this
    const row = this.count++
    rows.at[row] = Math.floor(atMs / 1000)
    rows.market[row] = market
    rows.trader[row] = trader
    rows.price[row] = price
    rows.cents[row] = cents
    rows.flags[row] = flags
  }

  clear(): void {
    this.count = 0
  }

  /** The rows of a stretch of time, which must hold them all; a counting sort by second. */
  columns(fromSeconds: number, seconds: number): Columns {
    const { rows, count } = this
    const starts = new Uint32Array(seconds + 1)
    for (let row = 0; row < count; row++) starts[rows.at[row]! - fromSeconds + 1]!++
    for (let i = 1; i <= seconds; i++) starts[i]! += starts[i - 1]!
    const sorted = make(count)
    for (let row = 0; row < count; row++) {
      const place = starts[rows.at[row]! - fromSeconds]!++
      sorted.at[place] = rows.at[row]!
      sorted.market[place] = rows.market[row]!
      sorted.trader[place] = rows.trader[row]!
      sorted.price[place] = rows.price[row]!
      sorted.cents[place] = rows.cents[row]!
      sorted.flags[place] = rows.flags[row]!
    }
    return { count, ...sorted }
  }

  private grow(): void {
    const larger = make(this.rows.at.length * 2)
    larger.at.set(this.rows.at)
    larger.market.set(this.rows.market)
    larger.trader.set(this.rows.trader)
    larger.price.set(this.rows.price)
    larger.cents.set(this.rows.cents)
    larger.flags.set(this.rows.flags)
    this.rows = larger
  }
}
