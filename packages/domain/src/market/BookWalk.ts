/**
 * What an order of ours would have got from a book: levels taken best first, up to a price limit.
 *
 * A buy spends a budget of USDC, a sale offers a number of shares, as the venue's immediate orders
 * do. Each level is paid at its own price; what the book within the limit cannot fill stays
 * unfilled. Sizes are whole hundredths of a share, rounded down.
 * Limits: at most {@link mostLevels} levels of a book are looked at.
 */
import { takerFee } from "../money/Fee.ts"
import {
  affordable,
  cost,
  type MicroShares,
  type MicroUsdc,
  ONE,
  type Price,
  price,
  proceeds,
  shares,
  usdc,
} from "../money/Micro.ts"
import type { Side } from "../trade/Trade.ts"
import type { Book, Level } from "./Book.ts"
import type { FeeSchedule } from "./Market.ts"

export const mostLevels = 50

/** The venue's grain of an order's size: 0.01 shares. */
export const sizeGrain = 10_000

/** One level's part of a fill. `gross` is before the fee. */
export interface Take {
  readonly price: Price
  readonly size: MicroShares
  readonly gross: MicroUsdc
  readonly fee: MicroUsdc
}

/** A whole fill: the sum of its takes. Nothing was filled when `takes` is empty. */
export interface Walk {
  readonly takes: ReadonlyArray<Take>
  readonly size: MicroShares
  readonly gross: MicroUsdc
  readonly fee: MicroUsdc
}

/** A size rounded down to the venue's grain. */
export const toGrain = (size: number): MicroShares =>
  shares(Math.floor(size / sizeGrain) * sizeGrain)

/** The book as it is kept with a copy: the levels that could matter. */
export const trimBook = (book: Book): Book => ({
  ...book,
  bids: book.bids.slice(0, mostLevels),
  asks: book.asks.slice(0, mostLevels),
})

/** A price on the tick grid, moved to the better side for us, and inside of 0 and 1. */
export const onGrid = (side: Side, at: number, tick: Price): Price => {
  const grid = Math.max(1, tick)
  return side === "BUY"
    ? price(Math.min(Math.floor(at / grid) * grid, ONE - grid))
    : price(Math.max(Math.ceil(at / grid) * grid, grid))
}

/** The worst price our order accepts: the leader's price and the slippage budget, on the tick grid. */
export const limitPrice = (side: Side, leader: Price, slippage: number, tick: Price): Price =>
  onGrid(side, side === "BUY" ? leader + slippage : leader - slippage, tick)

/** Spends at most `budget`, and with fees at most `spendable`, on asks no dearer than `limit`. */
export const walkAsks = (
  asks: ReadonlyArray<Level>,
  order: {
    readonly budget: MicroUsdc
    readonly spendable: MicroUsdc
    readonly limit: Price
    readonly fee: FeeSchedule
  },
): Walk => {
  const takes: Array<Take> = []
  let left: number = order.budget
  let spendable: number = order.spendable
  for (const level of asks.slice(0, mostLevels)) {
    if (level.price > order.limit) break
    const size = toGrain(Math.min(level.size, affordable(usdc(left), level.price)))
    if (size <= 0) continue
    const take = takeAt(level.price, size, cost(size, level.price), order.fee)
    if (take.gross + take.fee > spendable) break
    takes.push(take)
    left -= take.gross
    spendable -= take.gross + take.fee
  }
  return sum(takes)
}

/** Sells at most `size` to bids no cheaper than `limit`. */
export const walkBids = (
  bids: ReadonlyArray<Level>,
  order: { readonly size: MicroShares; readonly limit: Price; readonly fee: FeeSchedule },
): Walk => {
  const takes: Array<Take> = []
  let left: number = order.size
  for (const level of bids.slice(0, mostLevels)) {
    if (level.price < order.limit) break
    const size = toGrain(Math.min(level.size, left))
    if (size <= 0) continue
    takes.push(takeAt(level.price, size, proceeds(size, level.price), order.fee))
    left -= size
  }
  return sum(takes)
}

const takeAt = (at: Price, size: MicroShares, gross: MicroUsdc, fee: FeeSchedule): Take => ({
  price: at,
  size,
  gross,
  fee: takerFee(size, at, fee),
})

const sum = (takes: ReadonlyArray<Take>): Walk => ({
  takes,
  size: shares(takes.reduce((total, take) => total + take.size, 0)),
  gross: usdc(takes.reduce((total, take) => total + take.gross, 0)),
  fee: usdc(takes.reduce((total, take) => total + take.fee, 0)),
})
