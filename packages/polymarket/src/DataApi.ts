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
import type { MicroShares, MicroUsdc, Price } from "@evaluator/domain/money/Micro"
import type { Activity, Fill, Side } from "@evaluator/domain/trade/Trade"
import { opened, unusable } from "./Answer.ts"
import type { Page, Served } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import type { Ask } from "./DataQuery.ts"
import { passingCache } from "./DataQuery.ts"
import { RejectedRows } from "./RejectedRow.ts"
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
  /** Net of the other outcome; gross where profits were asked for. */
  readonly amount: MicroShares
  /** Only where profits were asked for. */
  readonly totalPnl?: MicroUsdc
}

/** A position; `null` is what the venue did not say. */
export interface Position {
  readonly wallet: WalletAddress
  readonly condition: ConditionId
  readonly token: TokenId
  readonly outcomeIndex: number
  readonly size: MicroShares
  readonly averagePrice: Price | null
  /** Without fees. */
  readonly entryCost: MicroUsdc | null
  readonly currentValue: MicroUsdc | null
  readonly realizedPnl: MicroUsdc | null
  readonly unrealizedPnl: MicroUsdc | null
  /** `OPEN`, `REDEEMABLE` or `CLOSED`. */
  readonly status: string | null
  /** Settled and not yet redeemed, won or lost. */
  readonly redeemable: boolean
  readonly lastEventAtMs: number | null
}

export interface LeaderboardRow {
  readonly wallet: WalletAddress
  readonly rank: number
  /** Day, week and month: marked change of equity; all: realized only. Never add or compare them. */
  readonly pnl: MicroUsdc
  /** Shares of both sides, not money. */
  readonly volume?: MicroShares
}

/** Whose positions: a wallet's, a market's, or one wallet's in one market. */
export type PositionsOf =
  | { readonly user: WalletAddress; readonly condition?: ConditionId }
  | { readonly user?: WalletAddress; readonly condition: ConditionId }

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
      readonly side?: Side
      readonly takerOnly?: boolean
      readonly startMs?: number
      readonly endMs?: number
      readonly limit?: number
      readonly cursor?: string | null
      /** A page that lay in a cache for longer fails with `Stale`; a first one after three addresses. */
      readonly maxAgeMs?: number
    }) => Effect.Effect<Page<Served<Fill>>, PolymarketError>
    /** A wallet's whole ledger, newest first unless `ascending`. */
    readonly activity: (query: {
      readonly user: WalletAddress
      readonly startMs?: number
      readonly endMs?: number
      readonly ascending?: boolean
      readonly limit?: number
      readonly cursor?: string | null
      /** As for {@link trades}. */
      readonly maxAgeMs?: number
    }) => Effect.Effect<Page<Served<LedgerRow>>, PolymarketError>
    /**
     * Who holds a condition's tokens, `limit` of each. Rows do not name the condition: give its
     * `tokens` and holders of others are rejected. With `profits` at most 100 of each.
     */
    readonly holders: (query: {
      readonly condition: ConditionId
      readonly tokens?: ReadonlyArray<TokenId>
      readonly profits?: boolean
      readonly limit?: number
      readonly cursor?: string | null
    }) => Effect.Effect<Page<Holder>, PolymarketError>
    /** `OPEN` (the default) includes what is redeemable; losses not yet redeemed stand only there. */
    readonly positions: (
      query: PositionsOf & {
        readonly status?: "OPEN" | "REDEEMABLE" | "REDEEMABLE_LOST" | "MERGEABLE" | "CLOSED"
        readonly limit?: number
        readonly cursor?: string | null
      },
    ) => Effect.Effect<Page<Position>, PolymarketError>
    readonly leaderboard: (query: {
      readonly period: "day" | "week" | "month" | "all"
      readonly category?: string
      readonly limit?: number
      readonly cursor?: string | null
    }) => Effect.Effect<Page<LeaderboardRow>, PolymarketError>
    /**
     * What the venue says of a condition's resolution; empty when it says nothing. Fails on a row that
     * cannot be used, after telling it to `RejectedRows`.
     */
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
        const answer = yield* passingCache(http, ask)
        const envelope = yield* opened(answer, dataEnvelope, ask.cursor ?? null)
        return { ...answer, envelope }
      })

      return DataApi.of({
        trades: (query) => {
          const { user, condition, side } = query
          const decode = matching(fillOf, (fill) =>
            user !== undefined && fill.wallet !== user
              ? `not of wallet ${user}`
              : condition !== undefined && fill.condition !== condition
                ? `not of condition ${condition}`
                : side !== undefined && fill.side !== side
                  ? `no ${side}`
                  : null,
          )
          const filters = { user, condition, side, taker_only: String(query.takerOnly ?? true) }
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
        holders: ({ condition, tokens, profits, limit, cursor }) => {
          const decode = matching(holderOf, ({ token }) =>
            tokens === undefined || tokens.includes(token) ? null : `not of condition ${condition}`,
          )
          const filters = { condition, include_pnl: profits === true ? "true" : undefined }
          return Effect.map(
            list({ route: "holders", filters, limit, cursor }),
            ({ envelope, request }) =>
              decodeRows({ ...envelope, rows: ungrouped(envelope.rows) }, request, decode),
          )
        },
        positions: ({ user, condition, status, limit, cursor }) => {
          const decode = matching(positionOf, (position) =>
            user !== undefined && position.wallet !== user
              ? `not of wallet ${user}`
              : condition !== undefined && position.condition !== condition
                ? `not of condition ${condition}`
                : isOfStatus(position, status)
                  ? null
                  : `status ${position.status} is not ${status ?? "OPEN"}`,
          )
          return Effect.map(
            list({ route: "positions", filters: { user, condition, status }, limit, cursor }),
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
          if (bad !== undefined) {
            const hear = yield* RejectedRows
            yield* hear(page.rejected)
            return yield* unusable(answer, bad.reason)
          }
          return page.rows
        }),
      })
    }),
  )
}

/** A position is closed or it is not; whether it is lost or mergeable its row does not say. */
const isOfStatus = ({ status }: Position, asked: string | undefined): boolean =>
  status === null || (status === "CLOSED") === (asked === "CLOSED")
