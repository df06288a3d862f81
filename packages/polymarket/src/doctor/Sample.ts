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

const decoded = <A>(
  rows: ReadonlyArray<JsonObject>,
  decode: (raw: unknown) => Result.Result<A, string>,
): ReadonlyArray<A> =>
  rows.flatMap((row) => {
    const read = decode(row)
    return Result.isSuccess(read) ? [read.success] : []
  })

export const takeSample: Effect.Effect<Sample, NoAnswer, Prober> = Effect.gen(function* () {
  const prober = yield* Prober
  const trades = yield* prober.ask("data", "/v2/trades", [
    ["taker_only", "false"],
    ["limit", "200"],
  ])
  const markets = yield* prober.ask("gamma", "/markets/keyset", [
    ["limit", "100"],
    ["closed", "false"],
    ["order", "volume24hr"],
    ["ascending", "false"],
  ])
  const tradeRows = rowsIn(trades.json, "data")
  const marketRows = rowsIn(markets.json, "markets")
  return {
    tradeRows,
    marketRows,
    fills: decoded(tradeRows, fillOf),
    markets: decoded(marketRows, marketOfRow),
  }
})
