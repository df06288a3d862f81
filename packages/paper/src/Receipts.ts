/**
 * The receipts of copies that were filled, read from their rows: one by one, or summed.
 *
 * What the order took is worked out anew from the book that was kept with it, so a receipt closes only
 * while book, order and ledger agree; it is also compared with what was written down. Rows older than the
 * columns that tell the order's terms have what was written down alone.
 * An exit, a way out that is no sale, has no leader's price: its is what our shares cost. So it has a
 * receipt, and no slippage.
 * Reads only. Sums go through all rows that fit, {@link pageRows} at a time.
 */
import { Effect, Schema } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import type { Level } from "@evaluator/domain/market/Book"
import type { Walk } from "@evaluator/domain/market/BookWalk"
import { MicroShares, MicroUsdc, Price } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import {
  addReceipts,
  bars,
  formatPico,
  noReceipt,
  type Pico,
  type Receipt,
  receiptOf,
} from "@evaluator/domain/paper/Waterfall"
import type { Section } from "@evaluator/domain/report/Section"
import type { Side } from "@evaluator/domain/trade/Trade"
import { type WalkedOrder, walkOf } from "./Pricing.ts"
import { isAtLeaderPrice } from "./Strategies.ts"

export const pageRows = 1000

/** What a receipt needs of a copy `c`, its lot `l` and their closings. */
export const receiptColumns = `c.strategy, c.side, c.leader_price, c.size, c.gross, c.fee, c.pnl, c.takes,
  c.budget, c.offered, c.limit_price, c.fee_rate, c.fee_exponent,
  json_extract(c.priced_book, '$.tick') AS tick, json_extract(c.priced_book,
    CASE c.side WHEN 'BUY' THEN '$.asks' ELSE '$.bids' END) AS levels,
  json_extract(c.priced_book, '$.bids[0].price') AS best_bid,
  json_extract(c.priced_book, '$.asks[0].price') AS best_ask,
  coalesce(l.open_cost, 0) + coalesce(l.open_fee, 0) AS open_cost,
  (SELECT coalesce(sum(x.proceeds - x.sale_fee), 0) FROM closings x WHERE x.lot_id = l.id)
    AS returned`

export const receiptTables =
  "copies c LEFT JOIN lots l ON l.fill_id = c.fill_id AND l.strategy = c.strategy"

export interface ReceiptRow {
  readonly strategy: Strategy
  readonly side: Side
  readonly leader_price: Price
  readonly budget: MicroUsdc | null
  readonly offered: MicroShares | null
  readonly limit_price: Price | null
  readonly fee_rate: number | null
  readonly fee_exponent: number | null
  readonly tick: Price | null
  readonly levels: string | null
  readonly size: number | null
  readonly gross: number | null
  readonly fee: number | null
  readonly pnl: number | null
  readonly takes: string | null
  readonly best_bid: number | null
  readonly best_ask: number | null
  readonly open_cost: number
  readonly returned: number
}

const decodeTakes = Schema.decodeSync(
  Schema.fromJsonString(
    Schema.Array(
      Schema.Struct({ price: Price, size: MicroShares, gross: MicroUsdc, fee: MicroUsdc }),
    ),
  ),
)

/** What the order of a copy gets from the book it met; null where its terms are not all known. */
const walked = (row: ReceiptRow): Walk["takes"] | null => {
  const {
    fee_exponent: exponent,
    fee_rate: rate,
    levels: kept,
    limit_price: limitPrice,
    tick,
  } = row
  if (rate === null || exponent === null || limitPrice === null) return null
  if (!isAtLeaderPrice(row.strategy) && (kept === null || tick === null)) return null
  // Of every copy there is: the schema of a whole book would cost most of the sum.
  const levels = kept === null ? [] : (JSON.parse(kept) as ReadonlyArray<Level>)
  const order: WalkedOrder = {
    strategy: row.strategy,
    budget: row.budget,
    offered: row.offered,
    limitPrice,
    pricedBook: tick === null ? null : { tick, asks: levels, bids: levels },
    fill: { side: row.side, price: row.leader_price },
  }
  return walkOf(order, { fee: { rate, exponent } }).takes
}

const areEqual = (takes: Walk["takes"], others: Walk["takes"]): boolean =>
  takes.length === others.length &&
  takes.every(({ fee, gross, price, size }, index) => {
    const other = others[index]!
    return (
      other.price === price && other.size === size && other.gross === gross && other.fee === fee
    )
  })

/** The book that was kept would not have given what was written down. */
const isUnlikeBook = (row: ReceiptRow): boolean => {
  const takes = walked(row)
  return takes !== null && row.takes !== null && !areEqual(takes, decodeTakes(row.takes))
}

/** Null for a copy that was not filled. */
export const toReceipt = (row: ReceiptRow): Receipt | null =>
  row.takes === null || row.size === null
    ? null
    : receiptOf({
        side: row.side,
        leaderPrice: row.leader_price,
        size: row.size,
        takes: walked(row) ?? decodeTakes(row.takes),
        bestBid: row.best_bid,
        bestAsk: row.best_ask,
        returned: row.side === "BUY" ? row.returned : 0,
        openCost: row.side === "BUY" ? row.open_cost : 0,
        result: row.side === "BUY" ? (row.pnl ?? 0) : row.gross! - row.fee!,
      })

/** Bars as USDC text under `bar_usdc`. */
export const receiptFigures = (receipt: Receipt): ReceiptUsdc =>
  Object.fromEntries(
    bars.map((bar) => [`${bar}_usdc`, formatPico(receipt[bar])]),
  ) as unknown as ReceiptUsdc

export type ReceiptUsdc = Readonly<Record<`${keyof Receipt}_usdc`, string>>

export interface ReceiptSum {
  readonly side: Side
  readonly copies: number
  /** Shares in millionths. */
  readonly size: number
  readonly receipt: Receipt
  /** What prices were worse than the leader's, fee and exits apart; positive is a cost. */
  readonly slippage: Pico
  /** Receipts that leave one. */
  readonly remainders: number
  /** Copies whose book would not have given what they took. */
  readonly unlikeBook: number
}

interface SummedRow extends ReceiptRow {
  readonly row: number
  readonly leader_at_ms: number
  readonly origin: string
}

/** Where a walk over copies is: after the copy of this time and row. */
interface Walked {
  readonly atMs: number
  readonly row: number
}

/**
 * The next page of filled copies that fit, which one strategy must be among: in the order of its
 * index, for another would be sorted anew for each page.
 */
export const receiptPage = (
  sql: SqlClient.SqlClient,
  after: Walked,
  where: ReadonlyArray<Statement.Fragment>,
) => sql<SummedRow>`
  SELECT c.rowid AS row, c.leader_at_ms, c.origin, ${sql.literal(receiptColumns)}
  FROM ${sql.literal(receiptTables)}
  WHERE ${sql.and([
    sql`c.takes IS NOT NULL`,
    sql`(c.leader_at_ms, c.rowid) > (${after.atMs}, ${after.row})`,
    ...where,
  ])} ORDER BY c.leader_at_ms, c.rowid LIMIT ${pageRows}`

/** Adds up the receipts of the filled copies that fit: purchases and sales apart. */
export const makeReceiptSums = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return Effect.fnUntraced(function* (where: ReadonlyArray<Statement.Fragment>) {
    const sums = new Map<Side, ReceiptSum>()
    let after: Walked = { atMs: 0, row: 0 }
    for (;;) {
      const page = yield* receiptPage(sql, after, where)
      for (const row of page) {
        const receipt = toReceipt(row)
        if (receipt === null) continue
        const before = sums.get(row.side)
        sums.set(row.side, {
          side: row.side,
          copies: (before?.copies ?? 0) + 1,
          size: (before?.size ?? 0) + row.size!,
          receipt: addReceipts(before?.receipt ?? noReceipt, receipt),
          slippage:
            (before?.slippage ?? 0n) -
            (row.origin === "fill" ? receipt.latency + receipt.spread + receipt.depth : 0n),
          remainders: (before?.remainders ?? 0) + (receipt.remainder === 0n ? 0 : 1),
          unlikeBook: (before?.unlikeBook ?? 0) + (isUnlikeBook(row) ? 1 : 0),
        })
      }
      if (page.length < pageRows) return [...sums.values()]
      const last = page.at(-1)!
      after = { atMs: last.leader_at_ms, row: last.row }
    }
  }, Effect.orDie)
})

const barsInWords: Readonly<Record<Exclude<(typeof bars)[number], "leader">, string>> = {
  latency: "what the middle of the market moved until our order arrived",
  spread: "from the middle to the best price",
  depth: "from the best price to what the levels gave",
  fee: "the market's fee",
  resolution: "what the shares brought, after the fees of their sales",
  open: "what is still held, at its cost",
  remainder: "the ledger less all of these",
}

/** The receipt in words; empty for a copy that was not filled. `from` is the price it begins with, in words. */
export const receiptSection = (copy: ReceiptRow, from: string): ReadonlyArray<Section> => {
  const receipt = toReceipt(copy)
  if (receipt === null) return []
  const lost = receipt.latency + receipt.spread + receipt.depth + receipt.fee
  return [
    {
      title: "Receipt",
      says: [
        `Against ${from} it ${lost > 0n ? "gained" : "lost"} ${formatPico(lost < 0n ? -lost : lost)} USDC to latency, spread, depth and fee.`,
        `The bars leave a remainder of ${formatPico(receipt.remainder)} USDC.`,
      ],
      rows: bars.map((bar) => ({
        bar,
        usdc: formatPico(receipt[bar]),
        about: bar === "leader" ? `the shares at ${from}` : barsInWords[bar],
      })),
    },
  ]
}
