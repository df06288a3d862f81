/**
 * What the probes ask about: a few wallets, markets and tokens that the venue itself names just now.
 */
import { Effect, Result } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import type { Market } from "@evaluator/domain/market/Market"
import type { Fill } from "@evaluator/domain/trade/Trade"
import type { JsonObject } from "../wire/Json.ts"
import { isObject } from "../wire/Json.ts"
import { marketOfRow } from "../wire/MarketRow.ts"
import { fillOf } from "../wire/TradeRow.ts"
import type { NoAnswer } from "./Prober.ts"
import { Prober } from "./Prober.ts"

export interface Sample {
  /** The latest fills of the whole venue, makers' included. */
  readonly fills: ReadonlyArray<Fill>
  readonly tradeRows: ReadonlyArray<JsonObject>
  /** Open markets with the most volume. */
  readonly markets: ReadonlyArray<Market>
  readonly marketRows: ReadonlyArray<JsonObject>
}

/** The objects in a list below `field` of a body. */
export const rowsIn = (json: unknown, field: string): ReadonlyArray<JsonObject> => {
  const list = isObject(json) ? json[field] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

/** Of the sample's markets, those with a tradeable book come first. */
export const tokensOf = (sample: Sample, count: number): ReadonlyArray<TokenId> =>
  sample.markets.slice(0, count).flatMap((market) => market.tokens[0]?.token ?? [])

/** Of the sample's markets those that end soonest, or should have ended, and are not among the first. */
export const endingOf = (sample: Sample, count: number): ReadonlyArray<TokenId> =>
  sample.markets
    .slice(count)
    .toSorted((a, b) => (a.endAtMs ?? Infinity) - (b.endAtMs ?? Infinity))
    .slice(0, count)
    .flatMap((market) => market.tokens[0]?.token ?? [])

const decoded = <A>(
  rows: ReadonlyArray<JsonObject>,
  decode: (raw: unknown) => Result.Result<A, string>,
): ReadonlyArray<A> =>
  rows.flatMap((row) => {
    const read = decode(row)
    return Result.isSuccess(read) ? [read.success] : []
  })

export const sampleFills: Effect.Effect<
  Pick<Sample, "fills" | "tradeRows">,
  NoAnswer,
  Prober
> = Effect.gen(function* () {
  const { json } = yield* (yield* Prober).askGood("data", "/v2/trades", [
    ["taker_only", "false"],
    ["limit", "200"],
  ])
  const tradeRows = rowsIn(json, "data")
  return { tradeRows, fills: decoded(tradeRows, fillOf) }
})

export const sampleMarkets: Effect.Effect<
  Pick<Sample, "markets" | "marketRows">,
  NoAnswer,
  Prober
> = Effect.gen(function* () {
  const { json } = yield* (yield* Prober).askGood("gamma", "/markets/keyset", [
    ["limit", "100"],
    ["closed", "false"],
    ["order", "volume24hr"],
    ["ascending", "false"],
  ])
  const marketRows = rowsIn(json, "markets")
  return { marketRows, markets: decoded(marketRows, marketOfRow) }
})
