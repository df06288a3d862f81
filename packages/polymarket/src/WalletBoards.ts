/**
 * Whom the venue itself calls good: its boards and its numbers of single wallets (Data API v2).
 *
 * Good for finding wallets and for cross-checks, never for scores: the venue's profits change their
 * meaning with the period. Rows are held against the request where they name what was asked for.
 */
import { Context, Effect, Layer, Result } from "effect"
import type { ConditionId, TokenId, WalletAddress } from "@evaluator/domain/Id"
import type { MicroShares, MicroUsdc } from "@evaluator/domain/money/Micro"
import { opened, unusable } from "./Answer.ts"
import { pageQuery } from "./DataQuery.ts"
import type { Page } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import type { RouteName } from "./Routes.ts"
import type { Query } from "./VenueHttp.ts"
import { VenueHttp } from "./VenueHttp.ts"
import type { RowDecoder } from "./wire/Rows.ts"
import { dataEnvelope, decodeRows, matching, singleIn } from "./wire/Rows.ts"
import { standingOf, userStatsOf } from "./wire/StandingRow.ts"
import { biggestWinOf } from "./wire/WinnerRow.ts"

export type Period = "day" | "week" | "month" | "all"

/** One wallet's gain in one market. */
export interface BiggestWin {
  readonly rank: number
  readonly wallet: WalletAddress
  readonly condition: ConditionId
  readonly token: TokenId
  readonly eventSlug: string
  readonly pnl: MicroUsdc
  readonly paid: MicroUsdc
  readonly received: MicroUsdc
  readonly resolvedAtMs: number
}

export interface Standing {
  readonly wallet: WalletAddress
  readonly pnl: MicroUsdc
  /** Shares of both sides, not money. */
  readonly volume: MicroShares
  readonly rankByPnl: number | null
  readonly rankByVolume: number | null
}

export interface UserStats {
  readonly wallet: WalletAddress
  /** Distinct markets, not fills. */
  readonly marketsTraded: number
  readonly biggestWin: MicroUsdc | null
  readonly joinedAtMs: number | null
}

export class WalletBoards extends Context.Service<
  WalletBoards,
  {
    /** Largest gains of markets resolved in the period, best first. Combos are rejected. */
    readonly biggestWinners: (query: {
      readonly period: Period
      readonly category?: string
      readonly limit?: number
      readonly cursor?: string | null
    }) => Effect.Effect<Page<BiggestWin>, PolymarketError>
    /** A wallet's place on the board; `null` when it has none. */
    readonly standing: (query: {
      readonly user: WalletAddress
      readonly period: Period
    }) => Effect.Effect<Standing | null, PolymarketError>
    /** `null` for a wallet the venue does not know. */
    readonly userStats: (user: WalletAddress) => Effect.Effect<UserStats | null, PolymarketError>
  }
>()("polymarket/WalletBoards") {
  static readonly layer: Layer.Layer<WalletBoards, never, VenueHttp> = Layer.effect(
    WalletBoards,
    Effect.map(VenueHttp, (http) => {
      /** A single thing or none; what does not decode is no page's row and fails the request. */
      const single = Effect.fnUntraced(function* <A>(
        route: RouteName,
        query: Query,
        decode: RowDecoder<A>,
      ): Effect.fn.Return<A | null, PolymarketError> {
        const answer = yield* http.get(route, query)
        const found = singleIn(answer.json)
        if (Result.isFailure(found)) return yield* unusable(answer, found.failure)
        if (found.success === null) return null
        const decoded = decode(found.success)
        if (Result.isFailure(decoded)) return yield* unusable(answer, decoded.failure)
        return decoded.success
      })

      const ofWallet = <A extends { readonly wallet: WalletAddress }>(
        decode: RowDecoder<A>,
        user: WalletAddress,
      ) => matching(decode, ({ wallet }) => (wallet === user ? null : `not of wallet ${user}`))

      return WalletBoards.of({
        biggestWinners: Effect.fnUntraced(function* ({ period, category, limit, cursor = null }) {
          const filters = { time_period: period, category }
          const ask = { route: "biggestWinners", filters, limit, cursor } as const
          const answer = yield* http.get(ask.route, yield* pageQuery(ask))
          const envelope = yield* opened(answer, dataEnvelope, cursor)
          return decodeRows(envelope, answer.request, biggestWinOf)
        }),
        standing: ({ user, period }) =>
          single(
            "leaderboard",
            [
              ["user", user],
              ["time_period", period],
            ],
            ofWallet(standingOf, user),
          ),
        userStats: (user) => single("userStats", [["user", user]], ofWallet(userStatsOf, user)),
      })
    }),
  )
}
