/**
 * A point of a token's price history, `/v2/prices-history`. A resolved market ends with a point whose
 * price is the payout and whose resolution is 0 seconds.
 */
import { Result, Schema } from "effect"
import { ONE, price } from "@evaluator/domain/money/Micro"
import type { PricePoint } from "../PriceHistory.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, microOf, NumberLike, numberOf, shown, timeMsOf } from "./Scalar.ts"

const PointRow = Schema.Struct({
  timestamp: NumberLike,
  price: NumberLike,
  resolution_seconds: Absent(NumberLike),
})

const decodeRow = Schema.decodeUnknownResult(PointRow)

export const pricePointOf: RowDecoder<PricePoint> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const atMs = timeMsOf(row.timestamp)
  if (atMs === null) return Result.fail(`no time: ${shown(row.timestamp)}`)
  const at = microOf(row.price)
  if (at === null || at < 0 || at > ONE)
    return Result.fail(`price outside 0…1: ${shown(row.price)}`)
  const seconds =
    typeof row.resolution_seconds === "number" || typeof row.resolution_seconds === "string"
      ? numberOf(row.resolution_seconds)
      : null
  return Result.succeed({ atMs, price: price(at), final: seconds === 0 })
}
