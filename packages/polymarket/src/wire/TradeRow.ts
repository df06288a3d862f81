/**
 * A fill as the venue serves it: `/v2/trades`, the TRADE rows of `/v2/activity`, the trade stream.
 *
 * The live spelling is snake_case; the older camelCase still stands in recordings and in the trade
 * stream and is read by the same decoder. Refused: prices outside 0…1, sizes that are not positive
 * or not safe, unknown sides, combos (their condition is not a market's). About 4 µs a row.
 */
import { Result, Schema } from "effect"
import type { ConditionId, TokenId, TransactionHash, WalletAddress } from "@evaluator/domain/Id"
import { ONE, price, shares } from "@evaluator/domain/money/Micro"
import type { Fill, Side } from "@evaluator/domain/trade/Trade"
import { fillIdOf } from "../FillId.ts"
import type { JsonObject } from "./Json.ts"
import { isObject } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import {
  Absent,
  conditionOf,
  isNumberLike,
  microOf,
  NumberLike,
  numberOf,
  shown,
  timeMsOf,
  tokenOf,
  transactionOf,
  walletOf,
} from "./Scalar.ts"

/** `outcome_index` of a row whose outcome the venue does not know. */
export const unknownOutcome = 999

export const TradeRow = Schema.Struct({
  proxy_wallet: Schema.String,
  side: Schema.String,
  token_id: Schema.String,
  condition_id: Schema.String,
  size: NumberLike,
  price: NumberLike,
  timestamp: NumberLike,
  transaction_hash: Schema.String,
  outcome_index: Absent(NumberLike),
})
export type TradeRow = typeof TradeRow.Type

/** The camelCase spelling turned into the live one. Rows of the live spelling pass untouched. */
export const respelled = (row: JsonObject): JsonObject =>
  "proxyWallet" in row
    ? {
        type: row["type"],
        proxy_wallet: row["proxyWallet"],
        side: row["side"],
        token_id: row["asset"],
        condition_id: row["conditionId"],
        size: row["size"],
        usdc_size: row["usdcSize"],
        price: row["price"],
        timestamp: row["timestamp"],
        transaction_hash: row["transactionHash"],
        outcome_index: row["outcomeIndex"],
      }
    : row

const decodeRow = Schema.decodeUnknownResult(TradeRow)

/**
 * Whether a row has the shape of {@link TradeRow} as it stands, which nearly every row has: seen at a
 * fraction of what the schema costs. The schema says what is wrong with the others.
 */
const isTradeRow = (row: JsonObject): row is TradeRow & JsonObject =>
  typeof row["proxy_wallet"] === "string" &&
  typeof row["side"] === "string" &&
  typeof row["token_id"] === "string" &&
  typeof row["condition_id"] === "string" &&
  typeof row["transaction_hash"] === "string" &&
  isNumberLike(row["size"]) &&
  isNumberLike(row["price"]) &&
  isNumberLike(row["timestamp"]) &&
  (row["outcome_index"] == null || isNumberLike(row["outcome_index"]))

export const fillOf: RowDecoder<Fill> = (raw) => {
  const row = isObject(raw) ? respelled(raw) : raw
  if (isObject(row) && isTradeRow(row)) return fromRow(row)
  const decoded = decodeRow(row)
  return Result.isSuccess(decoded) ? fromRow(decoded.success) : Result.fail(decoded.failure.message)
}

/** Who, in what, by which transaction and when: what every ledger row has. */
export interface Place {
  readonly wallet: WalletAddress
  readonly transaction: TransactionHash
  readonly atMs: number
}

export const placeOf = (
  row: Pick<TradeRow, "proxy_wallet" | "transaction_hash" | "timestamp">,
): Result.Result<Place, string> => {
  const wallet = walletOf(row.proxy_wallet)
  if (wallet === null) return Result.fail(`no wallet: ${shown(row.proxy_wallet)}`)
  const transaction = transactionOf(row.transaction_hash)
  if (transaction === null) return Result.fail(`no transaction: ${shown(row.transaction_hash)}`)
  const atMs = timeMsOf(row.timestamp)
  if (atMs === null) return Result.fail(`no time: ${shown(row.timestamp)}`)
  return Result.succeed({ wallet, transaction, atMs })
}

export const marketOf = (condition: string): Result.Result<ConditionId, string> => {
  const id = conditionOf(condition)
  if (id !== null) return Result.succeed(id)
  const what = condition.toLowerCase().startsWith("0x03") ? "a combo, not a market" : "no condition"
  return Result.fail(`${what}: ${shown(condition)}`)
}

export const outcomeIndexOf = (value: number | string | null | undefined): number => {
  const index = value === null || value === undefined ? null : numberOf(value)
  const known = index !== null && Number.isInteger(index) && index >= 0 && index < unknownOutcome
  // Adding 0 turns a negative zero into zero.
  return known ? index + 0 : unknownOutcome
}

const sideOf = (text: string): Side | null => {
  const upper = text.toUpperCase()
  return upper === "BUY" || upper === "SELL" ? upper : null
}

const fromRow = (row: TradeRow): Result.Result<Fill, string> => {
  const place = placeOf(row)
  if (Result.isFailure(place)) return Result.fail(place.failure)
  const condition = marketOf(row.condition_id)
  if (Result.isFailure(condition)) return Result.fail(condition.failure)
  const token: TokenId | null = tokenOf(row.token_id)
  if (token === null) return Result.fail(`no token: ${shown(row.token_id)}`)
  const side = sideOf(row.side)
  if (side === null) return Result.fail(`unknown side: ${shown(row.side)}`)
  const at = microOf(row.price)
  if (at === null || at < 0 || at > ONE)
    return Result.fail(`price outside 0…1: ${shown(row.price)}`)
  const size = microOf(row.size)
  if (size === null || size <= 0) return Result.fail(`no positive size: ${shown(row.size)}`)
  const key = {
    wallet: place.success.wallet,
    condition: condition.success,
    token,
    side,
    price: price(at),
    size: shares(size),
    transaction: place.success.transaction,
  }
  return Result.succeed({
    id: fillIdOf(key),
    wallet: key.wallet,
    condition: key.condition,
    token,
    side,
    price: key.price,
    size: key.size,
    transaction: key.transaction,
    outcomeIndex: outcomeIndexOf(row.outcome_index),
    atMs: place.success.atMs,
  })
}
