/**
 * Market metadata: the venue's Gamma API, keyset lists only.
 */
import { Context, type Effect } from "effect"
import type { ConditionId } from "@evaluator/domain/Id"
import type { Market } from "@evaluator/domain/market/Market"
import type { Page } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"

export class GammaApi extends Context.Service<
  GammaApi,
  {
    /** A page of at most 100 markets; `closed: true` lists only closed ones, `false` only open ones. */
    readonly markets: (query: {
      readonly closed: boolean
      readonly cursor?: string | null
    }) => Effect.Effect<Page<Market>, PolymarketError>
    /** Facts of up to 20 conditions, open and closed alike; conditions the venue does not know are absent. */
    readonly marketsByCondition: (
      conditions: ReadonlyArray<ConditionId>,
    ) => Effect.Effect<Page<Market>, PolymarketError>
  }
>()("polymarket/GammaApi") {}
