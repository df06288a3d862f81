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

const soonMs = 3_600_000

/**
 * Tokens to follow for a while: of the markets that end soonest, or should have ended, and of those
 * with the most volume, first of those that do not end soon. A small sample is all of the latter kind.
 */
export const followedOf = (
  { markets }: Sample,
  count: number,
  nowMs: number,
): { readonly ending: ReadonlyArray<TokenId>; readonly steady: ReadonlyArray<TokenId> } => {
  const endOf = (market: Market): number => market.endAtMs ?? Number.MAX_SAFE_INTEGER
  const ending = markets
    .toSorted((a, b) => endOf(a) - endOf(b))
    .slice(0, Math.max(0, Math.min(count, markets.length - count)))
  const others = markets.filter((market) => !ending.includes(market))
  const isSoon = (market: Market): boolean => endOf(market) <= nowMs + soonMs
  const steady = [...others.filter((market) => !isSoon(market)), ...others.filter(isSoon)]
  const tokenOf = (market: Market): TokenId | [] => market.tokens[0]?.token ?? []
  return { ending: ending.flatMap(tokenOf), steady: steady.slice(0, count).flatMap(tokenOf) }
}

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
