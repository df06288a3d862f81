/**
 * How fresh the venue says its data is, `/v2/status`.
 */
import { Result, Schema } from "effect"
import type { VenueStatus } from "../PriceHistory.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, NumberLike, numberOf, shown } from "./Scalar.ts"

const StatusRow = Schema.Struct({
  age_seconds: Absent(NumberLike),
  serving: Schema.Struct({
    lag_seconds: NumberLike,
    mechanisms: Absent(
      Schema.Array(Schema.Struct({ name: Schema.String, age_seconds: Absent(NumberLike) })),
    ),
  }),
})

const decodeRow = Schema.decodeUnknownResult(StatusRow)

export const statusOf: RowDecoder<VenueStatus> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const { age_seconds, serving } = decoded.success
  const lagMs = msOf(serving.lag_seconds)
  if (lagMs === null) return Result.fail(`no lag: ${shown(serving.lag_seconds)}`)
  return Result.succeed({
    lagMs,
    computedAgoMs: msOf(age_seconds),
    mechanisms: (serving.mechanisms ?? []).map(({ name, age_seconds }) => ({
      name,
      ageMs: msOf(age_seconds),
    })),
  })
}

const msOf = (seconds: number | string | null | undefined): number | null => {
  const number = seconds === null || seconds === undefined ? null : numberOf(seconds)
  const ms = number === null ? null : Math.round(number * 1000)
  return ms !== null && Number.isSafeInteger(ms) && ms >= 0 ? ms + 0 : null
}
