/**
 * Wallets and their deeds: the venue's Data API v2.
 *
 * Promises: every row is held against the request's wallet and condition, because the venue answers
 * an unknown filter with the feed of the whole venue; what does not match is rejected. Filters are
 * sent with every cursor. A first page is asked for under an address that no cache has seen lately.
 * Times are sent as whole seconds, widened.
 */
import { Context, Effect, Layer } from "effect"
import type { ConditionId, TokenId, WalletAddress } from "@evaluator/domain/Id"
import type { Resolution } from "@evaluator/domain/market/Market"
import type { MicroShares, MicroUsdc } from "@evaluator/domain/money/Micro"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import { opened, unusable } from "./Answer.ts"
import type { Page, Served } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import type { Ask } from "./DataQuery.ts"
import { pageQuery } from "./DataQuery.ts"
import { VenueHttp } from "./VenueHttp.ts"
import { ledgerRowOf } from "./wire/ActivityRow.ts"
import { holderOf, ungrouped } from "./wire/HolderRow.ts"
import { leaderboardRowOf } from "./wire/LeaderboardRow.ts"
import { positionOf } from "./wire/PositionRow.ts"
import { resolutionOf } from "./wire/ResolutionRow.ts"
import { dataEnvelope, decodeRows, decodeServed, matching } from "./wire/Rows.ts"
import { fillOf } from "./wire/TradeRow.ts"

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
>()("polymarket/DataApi") {
  static readonly layer: Layer.Layer<DataApi, never, VenueHttp> = Layer.effect(
    DataApi,
    Effect.map(VenueHttp, (http) => {
      /** Asks for a page and opens its envelope. */
      const list = Effect.fnUntraced(function* (ask: Ask) {
        const answer = yield* http.get(ask.route, yield* pageQuery(ask))
        const envelope = yield* opened(answer, dataEnvelope, ask.cursor ?? null)
        return { ...answer, envelope }
      })

      return DataApi.of({
        trades: (query) => {
          const { user, condition } = query
          const decode = matching(fillOf, (fill) =>
            user !== undefined && fill.wallet !== user
              ? `not of wallet ${user}`
              : condition !== undefined && fill.condition !== condition
                ? `not of condition ${condition}`
                : null,
          )
          const filters = { user, condition, taker_only: String(query.takerOnly ?? true) }
          return Effect.map(
            list({ route: "trades", filters, window: user === undefined ? null : query, ...query }),
            ({ envelope, request }) => decodeServed(envelope, request, decode),
          )
        },
        activity: (query) => {
          const decode = matching(ledgerRowOf, (row) =>
            (row.kind === "fill" ? row.fill : row.activity).wallet === query.user
              ? null
              : `not of wallet ${query.user}`,
          )
          const filters = {
            user: query.user,
            sort_by: "TIMESTAMP",
            sort_direction: query.ascending === true ? "ASC" : "DESC",
          }
          return Effect.map(
            list({ route: "activity", filters, window: query, ...query }),
            ({ envelope, request }) => decodeServed(envelope, request, decode),
          )
        },
        holders: ({ condition, limit }) =>
          Effect.map(
            list({ route: "holders", filters: { condition }, limit }),
            ({ envelope, request }) =>
              decodeRows({ ...envelope, rows: ungrouped(envelope.rows) }, request, holderOf),
          ),
        positions: ({ user, cursor }) => {
          const decode = matching(positionOf, (position) =>
            position.wallet === user ? null : `not of wallet ${user}`,
          )
          return Effect.map(
            list({ route: "positions", filters: { user }, cursor }),
            ({ envelope, request }) => decodeRows(envelope, request, decode),
          )
        },
        leaderboard: ({ period, category, limit, cursor }) =>
          Effect.map(
            list({
              route: "leaderboard",
              filters: { time_period: period, category, sort_by: "PNL" },
              limit,
              cursor,
            }),
            ({ envelope, request }) => decodeRows(envelope, request, leaderboardRowOf),
          ),
        resolutions: Effect.fnUntraced(function* (condition) {
          const decode = matching(resolutionOf, (resolution) =>
            resolution.condition === condition ? null : `not of condition ${condition}`,
          )
          const answer = yield* http.get("resolutions", [["condition", condition]])
          const envelope = yield* opened(answer, dataEnvelope, null)
          const page = decodeRows(envelope, answer.request, decode)
          // No page to hand a bad row over with, and no payout may get lost on the way.
          const bad = page.rejected[0]
          if (bad !== undefined) return yield* unusable(answer, bad.reason)
          return page.rows
        }),
      })
    }),
  )
}
