/**
 * What the venue says of a condition's resolution, `/v2/resolutions`.
 *
 * Payouts are already micro-USDC per share. They are kept whatever the status says; whoever pays
 * asks `isFinal` first.
 */
import { Result, Schema } from "effect"
import type { Resolution } from "@evaluator/domain/market/Market"
import type { Price } from "@evaluator/domain/money/Micro"
import { ONE, price } from "@evaluator/domain/money/Micro"
import { listOf } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, conditionOf, NumberLike, numberOf, shown, timeMsOf } from "./Scalar.ts"

const ResolutionRow = Schema.Struct({
  condition_id: Schema.String,
  status: Schema.String,
  payouts: Schema.optional(Schema.Unknown),
  was_disputed: Absent(Schema.Boolean),
  resolved_at: Absent(NumberLike),
})

const decodeRow = Schema.decodeUnknownResult(ResolutionRow)

export const resolutionOf: RowDecoder<Resolution> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const condition = conditionOf(row.condition_id)
  if (condition === null) return Result.fail(`no condition: ${shown(row.condition_id)}`)
  const payouts = payoutsOf(row.payouts ?? [])
  if (payouts === null) return Result.fail(`no payouts: ${shown(row.payouts)}`)
  return Result.succeed({
    condition,
    status: row.status.toLowerCase(),
    payouts,
    disputed: row.was_disputed === true,
    resolvedAtMs: timeMsOf(row.resolved_at ?? ""),
  })
}

const payoutsOf = (value: unknown): ReadonlyArray<Price> | null => {
  const list = listOf(value)
  if (list === null) return null
  const payouts = list.flatMap((raw) => {
    const micro = typeof raw === "number" || typeof raw === "string" ? numberOf(raw) : null
    return micro !== null && Number.isInteger(micro) && micro >= 0 && micro <= ONE
      ? [price(micro + 0)]
      : []
  })
  return payouts.length === list.length ? payouts : null
}
