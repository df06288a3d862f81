/**
 * What a wallet holds, `/v2/positions`. Reads the older camelCase spelling too.
 */
import { Result, Schema } from "effect"
import { shares, usdc } from "@evaluator/domain/money/Micro"
import type { Position } from "../DataApi.ts"
import type { JsonObject } from "./Json.ts"
import { isObject } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, microOf, NumberLike, shown, tokenOf, walletOf } from "./Scalar.ts"
import { marketOf } from "./TradeRow.ts"

const PositionRow = Schema.Struct({
  proxy_wallet: Schema.String,
  condition_id: Schema.String,
  token_id: Schema.String,
  current_size: NumberLike,
  current_value: Absent(NumberLike),
  realized_pnl: Absent(NumberLike),
})

const respelled = (row: JsonObject): JsonObject =>
  "proxyWallet" in row
    ? {
        proxy_wallet: row["proxyWallet"],
        condition_id: row["conditionId"],
        token_id: row["asset"],
        current_size: row["size"],
        current_value: row["currentValue"],
        realized_pnl: row["realizedPnl"],
      }
    : row

const decodeRow = Schema.decodeUnknownResult(PositionRow)

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
  const value = microOf(row.current_value ?? 0)
  if (value === null) return Result.fail(`no value: ${shown(row.current_value)}`)
  const pnl = microOf(row.realized_pnl ?? 0)
  if (pnl === null) return Result.fail(`no profit: ${shown(row.realized_pnl)}`)
  return Result.succeed({
    wallet,
    condition: condition.success,
    token,
    size: shares(size),
    currentValue: usdc(value),
    realizedPnl: usdc(pnl),
  })
}
