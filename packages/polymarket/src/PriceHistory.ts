/**
 * What tokens traded at, and how fresh the venue's data is (Data API v2).
 *
 * The finest grain is kept for a week, five minutes for two months, half an hour for three; older
 * spans come coarser. Works for closed markets, which end with their payout.
 */
import { Context, Effect, Layer, Result } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import type { Price } from "@evaluator/domain/money/Micro"
import { opened, unusable } from "./Answer.ts"
import type { Page } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import type { Query } from "./VenueHttp.ts"
import { VenueHttp } from "./VenueHttp.ts"
import { pricePointOf } from "./wire/PricePointRow.ts"
import { dataEnvelope, decodeRows, matching, singleIn } from "./wire/Rows.ts"
import { statusOf } from "./wire/StatusRow.ts"

export interface PricePoint {
  readonly atMs: number
  readonly price: Price
  /** The payout of a resolved market, not a trade's price. */
  readonly final: boolean
}

export interface VenueStatus {
  /** How far what is served lies behind the chain. */
  readonly lagMs: number
  readonly computedAgoMs: number | null
  readonly mechanisms: ReadonlyArray<{ readonly name: string; readonly ageMs: number | null }>
}

/** The longest span that one request may ask for. */
export const longestSpanMs = 15 * 86_400_000

export class PriceHistory extends Context.Service<
  PriceHistory,
  {
    /**
     * Points of a token from `startMs` up to and without `endMs`, at most {@link longestSpanMs}
     * apart; the venue refuses more. It chooses the grain unless `bucketSeconds` (60…86,400) is given.
     */
    readonly points: (query: {
      readonly token: TokenId
      readonly startMs: number
      readonly endMs: number
      readonly bucketSeconds?: number
      readonly cursor?: string | null
    }) => Effect.Effect<Page<PricePoint>, PolymarketError>
    readonly status: Effect.Effect<VenueStatus, PolymarketError>
  }
>()("polymarket/PriceHistory") {
  static readonly layer: Layer.Layer<PriceHistory, never, VenueHttp> = Layer.effect(
    PriceHistory,
    Effect.map(VenueHttp, (http) =>
      PriceHistory.of({
        points: Effect.fnUntraced(function* ({
          token,
          startMs,
          endMs,
          bucketSeconds,
          cursor = null,
        }) {
          // Seconds, widened, and never 0, which the venue refuses.
          const start = Math.max(1, Math.floor(startMs / 1000))
          const end = Math.max(2, Math.ceil(endMs / 1000))
          const query: Query = [
            ["token_id", token],
            ["start", String(start)],
            ["end", String(end)],
            ...(bucketSeconds === undefined
              ? []
              : [["bucket_seconds", String(bucketSeconds)] as const]),
            ...(cursor === null ? [] : [["cursor", cursor] as const]),
          ]
          const answer = yield* http.get("pricesHistory", query)
          const envelope = yield* opened(answer, dataEnvelope, cursor)
          // A point names no token; a span that was ignored shows in its times. A bucket is stamped
          // with its start, which may lie before the span; a payout stands where the market ended.
          const graceMs = (bucketSeconds ?? 86_400) * 1000
          const decode = matching(pricePointOf, ({ atMs, final }) =>
            final || (atMs >= start * 1000 - graceMs && atMs < end * 1000)
              ? null
              : `not within ${start}…${end}`,
          )
          return decodeRows(envelope, answer.request, decode)
        }),
        status: Effect.gen(function* () {
          const answer = yield* http.get("status", [])
          const inner = singleIn(answer.json)
          // The one route whose document may stand without an envelope.
          const raw =
            Result.isSuccess(inner) && inner.success !== null ? inner.success : answer.json
          const status = statusOf(raw)
          if (Result.isFailure(status)) return yield* unusable(answer, status.failure)
          return status.success
        }),
      }),
    ),
  )
}
