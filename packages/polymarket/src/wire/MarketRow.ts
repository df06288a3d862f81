/**
 * A market as Gamma describes it.
 *
 * Only the condition, the outcomes and their tokens are required; everything else has the default
 * the venue itself uses. Refused: markets that are not binary, markets without tokens, a protocol
 * version the program does not know, numbers that are none. `closed` never becomes `resolved` here:
 * payouts come from the resolution feed, whatever the last prices say.
 */
import { Result, Schema } from "effect"
import type { FeeSchedule, Market, OutcomeToken } from "@evaluator/domain/market/Market"
import { noFee } from "@evaluator/domain/market/Market"
import { ONE, price, shares, usdc } from "@evaluator/domain/money/Micro"
import { listOf } from "./Json.ts"
import { domainOf } from "./MarketDomain.ts"
import type { RowDecoder } from "./Rows.ts"
import {
  Absent,
  conditionOf,
  microOf,
  NumberLike,
  numberOf,
  shown,
  timeMsOf,
  tokenOf,
} from "./Scalar.ts"

const defaultTick = 10_000
const defaultMinimumSize = 5 * ONE
/** The venue holds orders back for seconds; an hour is a mistake. */
const maxDelayMs = 3_600_000

const EventRow = Schema.Struct({
  slug: Absent(Schema.String),
  category: Absent(Schema.String),
  tags: Absent(Schema.Array(Schema.Unknown)),
})

const FeeRow = Schema.Struct({ rate: NumberLike, exponent: Absent(NumberLike) })

const MarketRow = Schema.Struct({
  conditionId: Schema.String,
  version: Absent(Schema.String),
  question: Absent(Schema.String),
  slug: Absent(Schema.String),
  category: Absent(Schema.String),
  outcomes: Schema.Unknown,
  clobTokenIds: Schema.optional(Schema.Unknown),
  positionIds: Schema.optional(Schema.Unknown),
  closed: Absent(Schema.Boolean),
  negRisk: Absent(Schema.Boolean),
  orderPriceMinTickSize: Absent(NumberLike),
  orderMinSize: Absent(NumberLike),
  secondsDelay: Absent(NumberLike),
  feesEnabled: Absent(Schema.Boolean),
  feeType: Absent(Schema.String),
  feeSchedule: Absent(FeeRow),
  liquidity: Absent(NumberLike),
  liquidityNum: Absent(NumberLike),
  volume24hr: Absent(NumberLike),
  endDate: Absent(NumberLike),
  endDateIso: Absent(NumberLike),
  events: Absent(Schema.Array(EventRow)),
  tags: Absent(Schema.Array(Schema.Unknown)),
})
type MarketRow = typeof MarketRow.Type

const decodeRow = Schema.decodeUnknownResult(MarketRow)

export const marketOfRow: RowDecoder<Market> = (raw) => {
  const decoded = decodeRow(raw)
  return Result.isSuccess(decoded) ? fromRow(decoded.success) : Result.fail(decoded.failure.message)
}

const fromRow = (row: MarketRow): Result.Result<Market, string> => {
  const condition = conditionOf(row.conditionId)
  if (condition === null) return Result.fail(`no condition: ${shown(row.conditionId)}`)
  const tokens = tokensOf(row)
  if (Result.isFailure(tokens)) return Result.fail(tokens.failure)
  const tick = microOf(row.orderPriceMinTickSize ?? defaultTick / ONE)
  if (tick === null || tick <= 0 || tick >= ONE) {
    return Result.fail(`no tick: ${shown(row.orderPriceMinTickSize)}`)
  }
  const minimum = microOf(row.orderMinSize ?? defaultMinimumSize / ONE)
  if (minimum === null || minimum < 0) {
    return Result.fail(`no minimum size: ${shown(row.orderMinSize)}`)
  }
  const fee = feeOf(row)
  if (Result.isFailure(fee)) return Result.fail(fee.failure)
  const delay = numberOf(row.secondsDelay ?? 0)
  if (delay === null || delay < 0 || delay * 1000 > maxDelayMs) {
    return Result.fail(`no delay: ${shown(row.secondsDelay)}`)
  }
  const slug = row.slug || condition
  const events = row.events ?? []
  return Result.succeed({
    condition,
    question: row.question ?? "",
    slug,
    eventSlug: events[0]?.slug || slug,
    domain: domainOf({
      tags: row.tags ?? [],
      eventTags: events.flatMap((event) => event.tags ?? []),
      categories: [row.category ?? "", ...events.map((event) => event.category ?? "")],
      feeType: row.feeType ?? "",
    }),
    status: row.closed === true ? "closed" : "open",
    tokens: tokens.success,
    tick: price(tick),
    minimumSize: shares(minimum),
    fee: fee.success,
    delayMs: Math.round(delay * 1000) + 0,
    negRisk: row.negRisk === true,
    liquidity: usdc(amountOf(row.liquidityNum ?? row.liquidity)),
    volume24h: usdc(amountOf(row.volume24hr)),
    endAtMs: endOf(row),
  })
}

const tokensOf = (row: MarketRow): Result.Result<ReadonlyArray<OutcomeToken>, string> => {
  const outcomes = listOf(row.outcomes)
  if (outcomes === null) return Result.fail(`no outcomes: ${shown(row.outcomes)}`)
  if (outcomes.length !== 2) return Result.fail(`not binary: ${outcomes.length} outcomes`)
  const ids = idsOf(row)
  if (Result.isFailure(ids)) return Result.fail(ids.failure)
  const tokens = outcomes.flatMap((outcome, index) => {
    const id = ids.success[index]
    const token = typeof id === "string" ? tokenOf(id) : null
    return token === null ? [] : [{ token, outcome: String(outcome), index }]
  })
  return tokens.length === 2 && ids.success.length === 2 && tokens[0]?.token !== tokens[1]?.token
    ? Result.succeed(tokens)
    : Result.fail(`no pair of tokens: ${shown(ids.success)}`)
}

/** Which of the two families of token ids a market uses says its version; older rows have none. */
const idsOf = (row: MarketRow): Result.Result<ReadonlyArray<unknown>, string> => {
  const ids =
    row.version === "v2"
      ? row.positionIds
      : row.version === "v1"
        ? row.clobTokenIds
        : (row.clobTokenIds ?? row.positionIds)
  if (row.version !== "v1" && row.version !== "v2" && (row.version ?? "") !== "") {
    return Result.fail(`unknown protocol version: ${shown(row.version)}`)
  }
  const list = listOf(ids)
  return list === null ? Result.fail(`no token ids: ${shown(ids ?? null)}`) : Result.succeed(list)
}

const feeOf = (row: MarketRow): Result.Result<FeeSchedule, string> => {
  const schedule = row.feeSchedule
  if (row.feesEnabled === false || schedule === null || schedule === undefined) {
    return Result.succeed(noFee)
  }
  const rate = microOf(schedule.rate)
  const exponent = numberOf(schedule.exponent ?? 1)
  const usable =
    rate !== null && rate >= 0 && rate <= ONE && (exponent === 1 || exponent === 2 || rate === 0)
  if (!usable) return Result.fail(`no fee schedule: ${shown(schedule)}`)
  return Result.succeed(rate === 0 ? noFee : { rate, exponent: exponent ?? 1 })
}

/** A size of the market, a hint for scoring: what cannot be read counts as nothing. */
const amountOf = (value: number | string | null | undefined): number => {
  const micro = microOf(value ?? 0)
  return micro === null || micro < 0 ? 0 : micro
}

const endOf = (row: MarketRow): number | null =>
  timeMsOf(row.endDate ?? "") ?? timeMsOf(row.endDateIso ?? "")
