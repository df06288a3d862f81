/**
 * A copy as a value and as a row of `copies`, and the way between the two.
 */
import { Schema } from "effect"
import { bytesToBareHex, bytesToHex, bytesToToken, type FillId } from "@evaluator/domain/Id"
import { Book } from "@evaluator/domain/market/Book"
import type { MicroShares, MicroUsdc, Price } from "@evaluator/domain/money/Micro"
import type { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { CopyState } from "@evaluator/domain/paper/CopyState"
import type { Fill, Side } from "@evaluator/domain/trade/Trade"
import { bookOf } from "./Strategies.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

/** How a fill came to us. */
export type DetectedVia = "bridge" | "feed" | "poll"

export interface CopyKey {
  readonly fillId: FillId
  readonly strategy: Strategy
}

/** A place among the copies in flight. */
export interface CopyPlace {
  readonly atMs: number
  readonly rowId: number
}

/** What a detection knows beside the fill: when, how, and what caused it. */
export interface Detected {
  readonly via: DetectedVia
  readonly atMs: number
  /** When a feed first showed it to this process. */
  readonly visibleAtMs: number
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly traceparent: string | null
}

/** What the leader did: traded, or gave a token up in another way. */
export type CopyOrigin = "fill" | "MERGE" | "REDEEM" | "CONVERSION" | "SPLIT"

/** A copy in flight. What a later state writes is null before it. */
export interface Copy extends CopyKey {
  readonly fill: Fill
  readonly origin: CopyOrigin
  readonly book: string
  readonly state: CopyState
  readonly detected: Detected
  readonly budget: MicroUsdc | null
  readonly offered: MicroShares | null
  readonly limitPrice: Price | null
  readonly arriveAtMs: number | null
  readonly pricedBook: Book | null
}

/** A row of `copies`, as far as a copy in flight needs it. */
export interface CopyRecord {
  readonly fill_id: Uint8Array
  readonly strategy: Strategy
  readonly book: string
  readonly state: CopyState
  readonly outcome: CopyOutcome | null
  readonly wallet: Uint8Array
  readonly condition_id: Uint8Array
  readonly token: Uint8Array
  readonly outcome_index: number
  readonly side: Side
  readonly leader_price: Price
  readonly leader_size: MicroShares
  readonly leader_at_ms: number
  readonly transaction_hash: Uint8Array
  readonly detected_via: DetectedVia
  readonly detected_at_ms: number
  readonly visible_at_ms: number | null
  readonly origin: CopyOrigin
  readonly correlation_id: string | null
  readonly causation_id: string | null
  readonly traceparent: string | null
  readonly budget: MicroUsdc | null
  readonly offered: MicroShares | null
  readonly limit_price: Price | null
  readonly arrive_at_ms: number | null
  readonly priced_book: string | null
}

/** The copies of each fill together, in the order in which the fills first stand. */
export const byFill = (copies: ReadonlyArray<Copy>): ReadonlyArray<ReadonlyArray<Copy>> => [
  ...Map.groupBy(copies, (copy) => copy.fillId).values(),
]

const BookJson = Schema.fromJsonString(Book)
export const encodeBook = Schema.encodeSync(BookJson)
export const decodeBook = Schema.decodeSync(BookJson)

export const toCopy = (row: CopyRecord): Copy => ({
  fillId: bytesToBareHex(row.fill_id) as FillId,
  strategy: row.strategy,
  origin: row.origin,
  book: row.book,
  state: row.state,
  fill: {
    id: bytesToBareHex(row.fill_id) as FillId,
    wallet: bytesToHex(row.wallet) as Fill["wallet"],
    condition: bytesToHex(row.condition_id) as Fill["condition"],
    token: bytesToToken(row.token),
    outcomeIndex: row.outcome_index,
    side: row.side,
    price: row.leader_price,
    size: row.leader_size,
    atMs: row.leader_at_ms,
    transaction: bytesToHex(row.transaction_hash) as Fill["transaction"],
  },
  detected: {
    via: row.detected_via,
    atMs: row.detected_at_ms,
    visibleAtMs: row.visible_at_ms ?? row.detected_at_ms,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    traceparent: row.traceparent,
  },
  budget: row.budget,
  offered: row.offered,
  limitPrice: row.limit_price,
  arriveAtMs: row.arrive_at_ms,
  pricedBook: row.priced_book === null ? null : decodeBook(row.priced_book),
})

/** A copy as it begins. */
export const newCopy = (
  fill: Fill,
  strategy: Strategy,
  detected: Detected,
  origin: CopyOrigin = "fill",
): Copy => ({
  origin,
  fillId: fill.id,
  strategy,
  fill,
  book: bookOf(strategy, fill.wallet),
  state: "detected",
  detected,
  budget: null,
  offered: null,
  limitPrice: null,
  arriveAtMs: null,
  pricedBook: null,
})

/** The row a copy begins as. */
export const toRow = ({ fill, strategy, book, detected, origin }: Copy) => ({
  origin,
  visible_at_ms: detected.visibleAtMs,
  fill_id: hexToBytes(fill.id),
  strategy,
  book,
  state: "detected",
  wallet: hexToBytes(fill.wallet),
  condition_id: hexToBytes(fill.condition),
  token: tokenToBytes(fill.token),
  outcome_index: fill.outcomeIndex,
  side: fill.side,
  leader_price: fill.price,
  leader_size: fill.size,
  leader_at_ms: fill.atMs,
  transaction_hash: hexToBytes(fill.transaction),
  detected_via: detected.via,
  detected_at_ms: detected.atMs,
  correlation_id: detected.correlationId,
  causation_id: detected.causationId,
  traceparent: detected.traceparent,
  moved_at_ms: detected.atMs,
})
