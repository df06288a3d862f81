/**
 * A row of a wallet's ledger, `/v2/activity`: a TRADE row is a fill, any other type an activity.
 *
 * Rows that are no trades have no token and no side, rewards and the like no condition either. A
 * type the program does not know is refused: it may move shares.
 */
import { Result, Schema } from "effect"
import { shares } from "@evaluator/domain/money/Micro"
import type { Activity } from "@evaluator/domain/trade/Trade"
import { ActivityType } from "@evaluator/domain/trade/Trade"
import type { LedgerRow } from "../DataApi.ts"
import { activityIdOf } from "../FillId.ts"
import { isObject } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, microOf, NumberLike, shown, tokenOf } from "./Scalar.ts"
import { fillOf, marketOf, outcomeIndexOf, placeOf, respelled } from "./TradeRow.ts"

const ActivityRow = Schema.Struct({
  type: ActivityType,
  proxy_wallet: Schema.String,
  token_id: Absent(Schema.String),
  condition_id: Absent(Schema.String),
  size: Absent(NumberLike),
  usdc_size: Absent(NumberLike),
  timestamp: NumberLike,
  transaction_hash: Schema.String,
  outcome_index: Absent(NumberLike),
})
type ActivityRow = typeof ActivityRow.Type

const decodeRow = Schema.decodeUnknownResult(ActivityRow)

export const ledgerRowOf: RowDecoder<LedgerRow> = (raw) => {
  if (!isObject(raw)) return Result.fail(`no object: ${shown(raw)}`)
  if (raw["type"] === "TRADE") {
    return Result.map(fillOf(raw), (fill) => ({ kind: "fill", fill }))
  }
  const decoded = decodeRow(respelled(raw))
  return Result.isSuccess(decoded)
    ? Result.map(fromRow(decoded.success), (activity) => ({ kind: "activity", activity }))
    : Result.fail(decoded.failure.message)
}

const fromRow = (row: ActivityRow): Result.Result<Activity, string> => {
  const place = placeOf(row)
  if (Result.isFailure(place)) return Result.fail(place.failure)
  const condition = filled(row.condition_id) ? marketOf(row.condition_id) : null
  if (condition !== null && Result.isFailure(condition)) return Result.fail(condition.failure)
  const token = filled(row.token_id) ? tokenOf(row.token_id) : null
  if (filled(row.token_id) && token === null) return Result.fail(`no token: ${shown(row.token_id)}`)
  const size = microOf(row.size ?? 0)
  if (size === null || size < 0) return Result.fail(`no size: ${shown(row.size)}`)
  const usdc = microOf(row.usdc_size ?? 0)
  if (usdc === null) return Result.fail(`no amount: ${shown(row.usdc_size)}`)
  const key = {
    transaction: place.success.transaction,
    wallet: place.success.wallet,
    type: row.type,
    condition: condition === null ? null : condition.success,
    token,
    size: shares(size),
    usdc,
  }
  const id = activityIdOf({ ...key, outcomeIndex: outcomeIndexOf(row.outcome_index) })
  return Result.succeed({ id, ...key, atMs: place.success.atMs })
}

const filled = (text: string | null | undefined): text is string =>
  text !== null && text !== undefined && text !== ""
