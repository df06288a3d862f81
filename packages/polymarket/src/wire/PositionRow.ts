/**
 * What a wallet holds or held, `/v2/positions`. Reads the older camelCase spelling too.
 *
 * A number the venue leaves out is unavailable, never 0. `redeemable` does not mean won, and a lost
 * position stays `OPEN` or `REDEEMABLE` until somebody redeems it.
 */
import { Result, Schema } from "effect"
import { ONE, price, shares, usdc } from "@evaluator/domain/money/Micro"
import type { Position } from "../DataApi.ts"
import type { JsonObject } from "./Json.ts"
import { isObject } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import {
  Absent,
  microOf,
  microOrNullOf,
  NumberLike,
  shown,
  timeMsOf,
  tokenOf,
  walletOf,
} from "./Scalar.ts"
import { marketOf, outcomeIndexOf } from "./TradeRow.ts"

const PositionRow = Schema.Struct({
  proxy_wallet: Schema.String,
  condition_id: Schema.String,
  token_id: Schema.String,
  current_size: NumberLike,
  avg_price: Absent(NumberLike),
  entry_cost_usdc: Absent(NumberLike),
  current_value: Absent(NumberLike),
  realized_pnl: Absent(NumberLike),
  unrealized_pnl: Absent(NumberLike),
  status: Absent(Schema.String),
  redeemable: Absent(Schema.Boolean),
  outcome_index: Absent(NumberLike),
  last_event_at: Absent(NumberLike),
})

const respelled = (row: JsonObject): JsonObject =>
  "proxyWallet" in row
    ? {
        proxy_wallet: row["proxyWallet"],
        condition_id: row["conditionId"],
        token_id: row["asset"],
        current_size: row["size"],
        avg_price: row["avgPrice"],
        entry_cost_usdc: row["initialValue"],
        current_value: row["currentValue"],
        realized_pnl: row["realizedPnl"],
        unrealized_pnl: row["cashPnl"],
        redeemable: row["redeemable"],
        outcome_index: row["outcomeIndex"],
      }
    : row

const decodeRow = Schema.decodeUnknownResult(PositionRow)

const moneyFields = [
  "entry_cost_usdc",
  "current_value",
  "realized_pnl",
  "unrealized_pnl",
] as const satisfies ReadonlyArray<keyof typeof PositionRow.Type>

export const positionOf: RowDecoder<Position> = (raw) => {
  const decoded = decodeRow(isObject(raw) ? respelled(raw) : raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const wallet = walletOf(row.proxy_wallet)
  if (wallet === null) return Result.fail(`no wallet: ${shown(row.proxy_wallet)}`)
  const condition = marketOf(row.condition_id)
  if (Result.isFailure(condition)) return Result.fail(condition.failure)
  const token = tokenOf(row.token_id)
  if (token === null) return Result.fail(`no token: ${shown(row.token_id)}`)
  const size = microOf(row.current_size)
  if (size === null || size < 0) return Result.fail(`no size: ${shown(row.current_size)}`)
  const average = microOrNullOf(row.avg_price)
  if (average === undefined || (average ?? 0) < 0 || (average ?? 0) > ONE) {
    return Result.fail(`price outside 0…1: ${shown(row.avg_price)}`)
  }
  for (const field of moneyFields) {
    if (microOrNullOf(row[field]) === undefined) {
      return Result.fail(`no amount in ${field}: ${shown(row[field])}`)
    }
  }
  const money = (field: (typeof moneyFields)[number]) => {
    const micro = microOrNullOf(row[field]) ?? null
    return micro === null ? null : usdc(micro)
  }
  return Result.succeed({
    wallet,
    condition: condition.success,
    token,
    outcomeIndex: outcomeIndexOf(row.outcome_index),
    size: shares(size),
    averagePrice: average === null ? null : price(average),
    entryCost: money("entry_cost_usdc"),
    currentValue: money("current_value"),
    realizedPnl: money("realized_pnl"),
    unrealizedPnl: money("unrealized_pnl"),
    status: row.status?.toUpperCase() ?? null,
    redeemable: row.redeemable === true,
    lastEventAtMs: timeMsOf(row.last_event_at ?? 0),
  })
}
