/**
 * The last prices of a market as Gamma writes them: `outcomePrices`, a list inside a text, in the order
 * of the outcomes.
 */
import { Result, Schema } from "effect"
import type { ConditionId } from "@evaluator/domain/Id"
import { ONE, type Price, price } from "@evaluator/domain/money/Micro"
import { listOf } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, conditionOf, microOf, shown } from "./Scalar.ts"

export interface ClosedPrices {
  readonly condition: ConditionId
  readonly closed: boolean
  /** Empty when the venue does not say. */
  readonly prices: ReadonlyArray<Price>
}

const ClosedPricesRow = Schema.Struct({
  conditionId: Schema.String,
  closed: Absent(Schema.Boolean),
  outcomePrices: Schema.optional(Schema.Unknown),
})

const decodeRow = Schema.decodeUnknownResult(ClosedPricesRow)

export const closedPricesOf: RowDecoder<ClosedPrices> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const condition = conditionOf(row.conditionId)
  if (condition === null) return Result.fail(`no condition: ${shown(row.conditionId)}`)
  const list = listOf(row.outcomePrices ?? []) ?? []
  const prices = list.flatMap((one) => {
    const micro = typeof one === "number" || typeof one === "string" ? microOf(one) : null
    return micro !== null && micro >= 0 && micro <= ONE ? [price(micro + 0)] : []
  })
  return Result.succeed({
    condition,
    closed: row.closed === true,
    prices: prices.length === list.length ? prices : [],
  })
}
