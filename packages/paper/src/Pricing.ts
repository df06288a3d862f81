/**
 * What an order of ours would have got: the book it meets, less what our own fills of the last
 * minutes took out of it, walked up to the price limit.
 *
 * Own impact is shared within a strategy, whichever wallet was copied and whichever outcome was traded,
 * and begins when an order is priced: one that is not booked yet has taken what it will get. Strategies
 * share nothing: each is a world of its own, in which only its orders are sent.
 * The limit is put on the grid the book has by now, and an order below the book's own minimum is none.
 * `careless` meets no book: it gets the leader's price for all it wants.
 */
import { Duration, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { CopyMet } from "@evaluator/domain/event/DomainEvent"
import type { TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import {
  mostLevels,
  onGrid,
  trimBook,
  type Walk,
  walkAsks,
  walkBids,
} from "@evaluator/domain/market/BookWalk"
import type { Market } from "@evaluator/domain/market/Market"
import { mostFee } from "@evaluator/domain/money/Fee"
import {
  affordable,
  MicroShares,
  type MicroUsdc,
  Price,
  proceeds,
  shares,
  usdc,
} from "@evaluator/domain/money/Micro"
import { mirrored, withoutOwn } from "@evaluator/domain/paper/OwnImpact"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { Side } from "@evaluator/domain/trade/Trade"
import { type Copy, decodeBook } from "./CopyRow.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { feeOf, isAtLeaderPrice } from "./Strategies.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

/** A book as our order meets it. */
export interface MetBook {
  readonly book: Book
  /** Micro-shares of our own that are no longer in it. */
  readonly ownTaken: number
}

export const decodeTakes = Schema.decodeSync(
  Schema.fromJsonString(Schema.Array(Schema.Struct({ price: Price, size: MicroShares }))),
)

/** Everything the leader's price would fill, for a strategy that meets no book. */
const endless = shares(Number.MAX_SAFE_INTEGER)

/** What of a copy decides what it gets. */
type Order = Pick<Copy, "strategy" | "budget" | "offered" | "limitPrice" | "pricedBook"> & {
  readonly fill: Pick<Copy["fill"], "side" | "price">
}

/** The market's least order, when it is more than this copy's is by now; else null. */
export const minimumMissed = ({ budget, offered, fill, limitPrice, pricedBook }: Order) => {
  const least = pricedBook?.minimumSize ?? 0
  const size = fill.side === "SELL" ? (offered ?? 0) : affordable(budget ?? usdc(0), limitPrice!)
  return size < least ? { size, least } : null
}

/** What of an order and the book it met decides what it got. */
export type WalkedOrder = Omit<Order, "pricedBook"> & {
  readonly pricedBook: Pick<Book, "asks" | "bids" | "tick"> | null
}

export const walkOf = (copy: WalkedOrder, market: Pick<Market, "fee">): Walk => {
  const fee = feeOf(copy.strategy, market)
  const atLeader = isAtLeaderPrice(copy.strategy)
  const limit = atLeader
    ? copy.limitPrice!
    : onGrid(copy.fill.side, copy.limitPrice!, copy.pricedBook!.tick)
  const levels = atLeader
    ? [{ price: copy.fill.price, size: endless }]
    : copy.fill.side === "BUY"
      ? copy.pricedBook!.asks
      : copy.pricedBook!.bids
  if (copy.fill.side === "SELL") {
    return walkBids(levels, { size: copy.offered ?? shares(0), limit, fee })
  }
  const budget = copy.budget ?? usdc(0)
  const spendable = (budget + mostFee(budget, fee, mostLevels)) as MicroUsdc
  return walkAsks(levels, { budget, spendable, limit, fee })
}

/** What an order takes when it is booked: nothing, where it is below the least. */
const gotBy = (order: Order, market: Market): Walk["takes"] =>
  minimumMissed(order) === null ? walkOf(order, market).takes : []

/** What a fill of ours is told by: the leader's price beside ours, and how much more there was. */
export const metOf = (
  copy: Copy,
  filled: Pick<Walk, "size" | "fee"> & {
    readonly takes: ReadonlyArray<Pick<Walk["takes"][number], "price" | "size">>
  },
): CopyMet => {
  const limit = copy.limitPrice!
  const levels =
    copy.pricedBook === null
      ? filled.takes
      : copy.fill.side === "BUY"
        ? copy.pricedBook.asks.filter((level) => level.price <= limit)
        : copy.pricedBook.bids.filter((level) => level.price >= limit)
  return {
    side: copy.fill.side,
    leaderPrice: copy.fill.price,
    size: filled.size,
    fee: filled.fee,
    depth: levels.reduce((sum, level) => sum + proceeds(level.size, level.price), 0),
  }
}

/** What another copy took, or the order it is priced for while it has taken nothing yet. */
interface TakenRow {
  readonly own: 0 | 1
  readonly takes: string | null
  readonly side: Side
  readonly leader_price: Price
  readonly budget: MicroUsdc | null
  readonly offered: MicroShares | null
  readonly limit_price: Price
  readonly priced_book: string | null
}

const orderOf = (row: TakenRow, strategy: Strategy): Order => ({
  strategy,
  budget: row.budget,
  offered: row.offered,
  limitPrice: row.limit_price,
  pricedBook: decodeBook(row.priced_book!),
  fill: { side: row.side, price: row.leader_price },
})

export const makePricing = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { paper } = yield* PaperSettings
  const memoryMs = Duration.toMillis(paper.own_impact)

  /**
   * What other copies lately took from this side of the token's book, or will when they are booked: by
   * orders in the token, and by opposite ones in the other outcome.
   */
  const lately = Effect.fnUntraced(function* (
    { fill: { side, token }, fillId, strategy }: Copy,
    market: Market,
    other: TokenId,
    nowMs: number,
  ) {
    const own = tokenToBytes(token)
    const mirror = tokenToBytes(other)
    const id = hexToBytes(fillId)
    const rows = yield* sql<TakenRow>`SELECT token = ${own} AS own, takes, side,
        leader_price, budget, offered, limit_price, NULL AS priced_book FROM copies
      WHERE strategy = ${strategy} AND token IN (${own}, ${mirror})
        AND (token = ${own}) = (side = ${side}) AND fill_id <> ${id}
        AND filled_at_ms > ${nowMs - memoryMs} AND filled_at_ms IS NOT NULL
      UNION ALL SELECT token = ${own}, NULL, side,
        leader_price, budget, offered, limit_price, priced_book FROM copies
      WHERE strategy = ${strategy} AND token IN (${own}, ${mirror})
        AND (token = ${own}) = (side = ${side}) AND fill_id <> ${id} AND state = 'priced'`
    return rows.flatMap((row) => {
      const takes =
        row.takes === null ? gotBy(orderOf(row, strategy), market) : decodeTakes(row.takes)
      return row.own === 1 ? takes : mirrored(takes)
    })
  })

  /** Reads only, in the caller's transaction. */
  const meet = Effect.fnUntraced(function* (
    copy: Copy,
    found: Book,
    market: Market,
    nowMs: number,
  ) {
    const { side, token } = copy.fill
    const { tokens } = market
    const pair = tokens.length === 2 ? tokens.find((one) => one.token !== token) : undefined
    const takes = yield* lately(copy, market, pair?.token ?? token, nowMs)
    const { levels, taken: ownTaken } = withoutOwn(side === "BUY" ? found.asks : found.bids, takes)
    const net = side === "BUY" ? { ...found, asks: levels } : { ...found, bids: levels }
    return { book: trimBook(net), ownTaken } satisfies MetBook as MetBook
  }, Effect.orDie)

  return { meet }
})
