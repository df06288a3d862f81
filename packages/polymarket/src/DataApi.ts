/**
 * Wallets and their deeds: the venue's Data API v2.
 */
import { Context, type Effect } from "effect"
import type { ConditionId, TokenId, WalletAddress } from "@evaluator/domain/Id"
import type { Resolution } from "@evaluator/domain/market/Market"
import type { MicroShares, MicroUsdc } from "@evaluator/domain/money/Micro"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import type { Page, Served } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"

/** A row of a wallet's ledger: a fill, or anything else it did. */
export type LedgerRow =
  | { readonly kind: "fill"; readonly fill: Fill }
  | { readonly kind: "activity"; readonly activity: Activity }

export interface Holder {
  readonly wallet: WalletAddress
  readonly token: TokenId
  readonly outcomeIndex: number
  readonly amount: MicroShares
}

export interface Position {
  readonly wallet: WalletAddress
  readonly condition: ConditionId
  readonly token: TokenId
  readonly size: MicroShares
  readonly currentValue: MicroUsdc
  readonly realizedPnl: MicroUsdc
}

export interface LeaderboardRow {
  readonly wallet: WalletAddress
  readonly rank: number
  readonly pnl: MicroUsdc
}

export class DataApi extends Context.Service<
  DataApi,
  {
    /**
     * Fills, newest first: of one wallet (`startMs`, `endMs` are honoured only here), of one
     * condition, or of the whole venue. `limit` at most 1,000, counts on the first page only.
     */
    readonly trades: (query: {
      readonly user?: WalletAddress
      readonly condition?: ConditionId
      readonly takerOnly?: boolean
      readonly startMs?: number
      readonly endMs?: number
      readonly limit?: number
      readonly cursor?: string | null
    }) => Effect.Effect<Page<Served<Fill>>, PolymarketError>
    /** A wallet's whole ledger, newest first unless `ascending`. */
    readonly activity: (query: {
      readonly user: WalletAddress
      readonly startMs?: number
      readonly endMs?: number
      readonly ascending?: boolean
      readonly limit?: number
      readonly cursor?: string | null
    }) => Effect.Effect<Page<Served<LedgerRow>>, PolymarketError>
    readonly holders: (query: {
      readonly condition: ConditionId
      readonly limit?: number
    }) => Effect.Effect<Page<Holder>, PolymarketError>
    readonly positions: (query: {
      readonly user: WalletAddress
      readonly cursor?: string | null
    }) => Effect.Effect<Page<Position>, PolymarketError>
    readonly leaderboard: (query: {
      readonly period: "day" | "week" | "month" | "all"
      readonly category?: string
      readonly limit?: number
      readonly cursor?: string | null
    }) => Effect.Effect<Page<LeaderboardRow>, PolymarketError>
    /** What the venue says of a condition's resolution; empty when it says nothing. */
    readonly resolutions: (
      condition: ConditionId,
    ) => Effect.Effect<ReadonlyArray<Resolution>, PolymarketError>
  }
>()("polymarket/DataApi") {}
