/**
 * A frame of the venue's order book socket: snapshots, level changes, tick changes, resolutions.
 *
 * A frame is one message or a list of them; the first answer to a subscription is a list. Words (PONG,
 * `NO NEW ASSETS`) and other messages (last trades, best prices, new markets) carry nothing and are no
 * fault; text that begins as JSON and is none is one. Sizes of changes are absolute, 0 removes the level; a missing decimal is
 * the empty text.
 */
import { Option, Result, Schema } from "effect"
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import type { MicroShares, Price } from "@evaluator/domain/money/Micro"
import { ONE, price, shares } from "@evaluator/domain/money/Micro"
import type { RejectedRow } from "../Page.ts"
import { bookOf } from "./BookRow.ts"
import type { JsonObject } from "./Json.ts"
import { isObject, parseJson } from "./Json.ts"
import { rejected } from "./Rows.ts"
import { Absent, conditionOf, microOf, NumberLike, shown, timeMsOf, tokenOf } from "./Scalar.ts"

export interface LevelChange {
  readonly token: TokenId
  readonly side: "bids" | "asks"
  readonly price: Price
  /** All shares at the price from now on; 0 removes it. */
  readonly size: MicroShares
  readonly hash: string
  /** Best prices after the change; 0 and 1 USDC stand for none, `null` for not said. */
  readonly bestBid: Price | null
  readonly bestAsk: Price | null
}

export type BookMessage =
  | {
      readonly kind: "snapshot"
      readonly book: Book
      /** The message itself named these; otherwise the book holds the venue's defaults. */
      readonly names: { readonly tick: boolean; readonly minimumSize: boolean }
    }
  | {
      readonly kind: "levels"
      /** `null` when the message has no time. */
      readonly atMs: number | null
      readonly changes: ReadonlyArray<LevelChange>
    }
  | { readonly kind: "tick"; readonly token: TokenId; readonly tick: Price }
  | { readonly kind: "resolved"; readonly condition: ConditionId; readonly winner: TokenId | null }

export interface HeardBooks {
  readonly messages: ReadonlyArray<BookMessage>
  /** Messages of the frame, or the frame itself, that could not be used. */
  readonly faults: ReadonlyArray<RejectedRow>
  /** The frame was a message, not a sign of life. */
  readonly spoke: boolean
}

/** What rejected messages name in place of a request. */
export const streamName = "STREAM ws/market"

/** The first frame of a connection. */
export const subscribeFrame = (tokens: ReadonlyArray<TokenId>): string =>
  JSON.stringify({
    assets_ids: tokens,
    type: "market",
    custom_feature_enabled: true,
    initial_dump: true,
  })

/** A later change of what is subscribed to. */
export const changeFrame = (
  operation: "subscribe" | "unsubscribe",
  tokens: ReadonlyArray<TokenId>,
): string => JSON.stringify({ operation, assets_ids: tokens, custom_feature_enabled: true })

/** A frame as text, or as the value its text would parse to. */
export const booksHeardIn = (frame: unknown): HeardBooks => {
  const parsed = typeof frame === "string" ? Option.getOrUndefined(parseJson(frame)) : frame
  if (parsed === undefined) {
    const spoilt = typeof frame === "string" && /^\s*[[{]/.test(frame)
    const faults = spoilt ? [rejected(frame, "a frame that is no JSON", streamName)] : []
    return { messages: [], faults, spoke: false }
  }
  const messages: Array<BookMessage> = []
  const faults: Array<RejectedRow> = []
  for (const raw of Array.isArray(parsed) ? parsed : [parsed]) {
    const message = isObject(raw) ? messageOf(raw) : Result.fail(`no message: ${shown(raw)}`)
    if (Result.isFailure(message)) faults.push(rejected(raw, message.failure, streamName))
    else if (message.success !== null) messages.push(message.success)
  }
  return { messages, faults, spoke: true }
}

const messageOf = (raw: JsonObject): Result.Result<BookMessage | null, string> => {
  switch (raw["event_type"]) {
    case "book":
      return Result.map(bookOf(raw), (book) => ({
        kind: "snapshot",
        book,
        names: { tick: isSaid(raw["tick_size"]), minimumSize: isSaid(raw["min_order_size"]) },
      }))
    case "price_change":
      return levelsOf(raw)
    case "tick_size_change":
      return tickOf(raw)
    case "market_resolved":
      return resolvedOf(raw)
    default:
      return typeof raw["event_type"] === "string"
        ? Result.succeed(null)
        : Result.fail(`a message without a type: ${shown(raw)}`)
  }
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== ""

const ChangesRow = Schema.Struct({
  timestamp: Absent(NumberLike),
  price_changes: Schema.Array(
    Schema.Struct({
      asset_id: Schema.String,
      price: NumberLike,
      size: NumberLike,
      side: Schema.String,
      hash: Absent(Schema.String),
      best_bid: Absent(NumberLike),
      best_ask: Absent(NumberLike),
    }),
  ),
})
type ChangeRow = (typeof ChangesRow.Type)["price_changes"][number]

const decodeChanges = Schema.decodeUnknownResult(ChangesRow)

/** One change that cannot be read spoils its message: half of it would leave a false book. */
const levelsOf = (raw: JsonObject): Result.Result<BookMessage, string> => {
  const decoded = decodeChanges(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const changes: Array<LevelChange> = []
  for (const row of decoded.success.price_changes) {
    const change = changeOf(row)
    if (Result.isFailure(change)) return Result.fail(change.failure)
    changes.push(change.success)
  }
  return Result.succeed({
    kind: "levels",
    atMs: timeMsOf(decoded.success.timestamp ?? ""),
    changes,
  })
}

const changeOf = (row: ChangeRow): Result.Result<LevelChange, string> => {
  const token = tokenOf(row.asset_id)
  if (token === null) return Result.fail(`no token: ${shown(row.asset_id)}`)
  const at = priceOf(row.price)
  if (at === null) return Result.fail(`price outside 0…1: ${shown(row.price)}`)
  const size = microOf(row.size)
  if (size === null || size < 0) return Result.fail(`no size: ${shown(row.size)}`)
  const side = row.side.toUpperCase()
  if (side !== "BUY" && side !== "SELL") return Result.fail(`unknown side: ${shown(row.side)}`)
  return Result.succeed({
    token,
    side: side === "BUY" ? "bids" : "asks",
    price: at,
    size: shares(size),
    hash: row.hash ?? "",
    bestBid: priceOf(row.best_bid ?? ""),
    bestAsk: priceOf(row.best_ask ?? ""),
  })
}

const priceOf = (value: number | string): Price | null => {
  const micro = microOf(value)
  return micro === null || micro < 0 || micro > ONE ? null : price(micro)
}

const TickRow = Schema.Struct({ asset_id: Schema.String, new_tick_size: NumberLike })
const decodeTick = Schema.decodeUnknownResult(TickRow)

const tickOf = (raw: JsonObject): Result.Result<BookMessage, string> => {
  const decoded = decodeTick(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const token = tokenOf(decoded.success.asset_id)
  if (token === null) return Result.fail(`no token: ${shown(decoded.success.asset_id)}`)
  const tick = priceOf(decoded.success.new_tick_size)
  if (tick === null || tick === 0 || tick === ONE) {
    return Result.fail(`no tick: ${shown(decoded.success.new_tick_size)}`)
  }
  return Result.succeed({ kind: "tick", token, tick })
}

const ResolvedRow = Schema.Struct({
  market: Schema.String,
  winning_asset_id: Absent(Schema.String),
})
const decodeResolved = Schema.decodeUnknownResult(ResolvedRow)

const resolvedOf = (raw: JsonObject): Result.Result<BookMessage, string> => {
  const decoded = decodeResolved(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const condition = conditionOf(decoded.success.market)
  if (condition === null) return Result.fail(`no condition: ${shown(decoded.success.market)}`)
  return Result.succeed({
    kind: "resolved",
    condition,
    winner: tokenOf(decoded.success.winning_asset_id ?? ""),
  })
}
