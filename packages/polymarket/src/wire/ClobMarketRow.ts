/**
 * A market's trading parameters, `/clob-markets/{condition}`, in the venue's one-letter spelling:
 * `t` tokens, `c` condition, `mos` minimum size, `mts` tick, `fd` fee (absent: none), `nr` negative
 * risk, `ao` accepts orders, `itode` taker orders are held back. `mbf` and `tbf` are old flags, not
 * fees.
 */
import { Result, Schema } from "effect"
import type { FeeSchedule } from "@evaluator/domain/market/Market"
import { noFee } from "@evaluator/domain/market/Market"
import { ONE, price, shares } from "@evaluator/domain/money/Micro"
import type { TradingParameters } from "../ClobMarkets.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, conditionOf, microOf, NumberLike, numberOf, shown, tokenOf } from "./Scalar.ts"

const FeeRow = Schema.Struct({ r: NumberLike, e: Absent(NumberLike) })

const ClobMarketRow = Schema.Struct({
  c: Schema.String,
  t: Schema.Array(Schema.Struct({ t: Schema.String, o: Absent(Schema.String) })),
  mos: NumberLike,
  mts: NumberLike,
  ao: Absent(Schema.Boolean),
  nr: Absent(Schema.Boolean),
  fd: Absent(FeeRow),
  itode: Absent(Schema.Boolean),
})

const decodeRow = Schema.decodeUnknownResult(ClobMarketRow)

export const tradingParametersOf: RowDecoder<TradingParameters> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const condition = conditionOf(row.c)
  if (condition === null) return Result.fail(`no condition: ${shown(row.c)}`)
  const tokens = row.t.flatMap(({ t, o }, index) => {
    const token = tokenOf(t)
    return token === null ? [] : [{ token, outcome: o ?? "", index }]
  })
  if (tokens.length !== 2 || row.t.length !== 2)
    return Result.fail(`no pair of tokens: ${shown(row.t)}`)
  const tick = microOf(row.mts)
  if (tick === null || tick <= 0 || tick >= ONE) return Result.fail(`no tick: ${shown(row.mts)}`)
  const minimum = microOf(row.mos)
  if (minimum === null || minimum < 0) return Result.fail(`no minimum size: ${shown(row.mos)}`)
  const fee = feeOf(row.fd)
  if (fee === null) return Result.fail(`no fee schedule: ${shown(row.fd)}`)
  return Result.succeed({
    condition,
    tokens,
    tick: price(tick),
    minimumSize: shares(minimum),
    fee,
    acceptsOrders: row.ao ?? null,
    negRisk: row.nr === true,
    holdsTakersBack: row.itode === true,
  })
}

const feeOf = (row: typeof FeeRow.Type | null | undefined): FeeSchedule | null => {
  if (row === null || row === undefined) return noFee
  const rate = microOf(row.r)
  const exponent = numberOf(row.e ?? 1)
  const usable = rate !== null && rate >= 0 && rate <= ONE
  if (usable && rate === 0) return noFee
  return usable && (exponent === 1 || exponent === 2) ? { rate, exponent } : null
}
