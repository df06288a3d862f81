/**
 * Market metadata: the venue's Gamma API, keyset lists only.
 *
 * Promises: a row that is not what was asked for (a filter the venue ignored) is rejected like one
 * that does not decode; a cursor that does not move is `Malformed`, so a walk ends. The venue's cache
 * may serve a page up to five minutes old: facts by condition say how old they are.
 */
import { Context, Effect, Layer } from "effect"
import type { ConditionId } from "@evaluator/domain/Id"
import type { Market } from "@evaluator/domain/market/Market"
import { opened } from "./Answer.ts"
import type { Page, RejectedRow } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import type { Query } from "./VenueHttp.ts"
import { VenueHttp } from "./VenueHttp.ts"
import type { EventMarkets } from "./wire/EventRow.ts"
import { eventOf } from "./wire/EventRow.ts"
import { marketOfRow } from "./wire/MarketRow.ts"
import type { RowDecoder } from "./wire/Rows.ts"
import { decodeRows, keysetEnvelope, matching, rejected } from "./wire/Rows.ts"
import { spellingsOf } from "./wire/Scalar.ts"

/** The venue cuts a page to this without saying so. */
const pageSize = 100
/** Values of one repeated parameter that the venue takes. */
const maxRepeats = 20

interface Listed {
  readonly closed: boolean
  readonly cursor?: string | null
}

/** Facts of markets, and for how long the oldest of them have lain in a cache. */
export interface DescribedMarkets extends Page<Market> {
  readonly ageMs: number
}

export class GammaApi extends Context.Service<
  GammaApi,
  {
    /** A page of at most 100 markets; `closed: true` lists only closed ones, `false` only open ones. */
    readonly markets: (query: Listed) => Effect.Effect<Page<Market>, PolymarketError>
    /**
     * A page of at most 100 events with all of their markets, open and closed; markets inside that
     * cannot be read are among the page's `rejected`.
     */
    readonly events: (query: Listed) => Effect.Effect<Page<EventMarkets>, PolymarketError>
    /** Facts of up to 20 conditions, open and closed alike; conditions the venue does not know are absent. */
    readonly marketsByCondition: (
      conditions: ReadonlyArray<ConditionId>,
    ) => Effect.Effect<DescribedMarkets, PolymarketError>
  }
>()("polymarket/GammaApi") {
  static readonly layer: Layer.Layer<GammaApi, never, VenueHttp> = Layer.effect(
    GammaApi,
    Effect.map(VenueHttp, (http) => {
      const list = Effect.fnUntraced(function* <A>(
        route: "markets" | "events",
        query: Query,
        decode: RowDecoder<A>,
        cursor: string | null,
      ): Effect.fn.Return<
        { readonly page: Page<A>; readonly request: string; readonly ageMs: number },
        PolymarketError
      > {
        const answer = yield* http.get(route, query)
        const envelope = yield* opened(answer, keysetEnvelope(route), cursor)
        const { ageMs, request } = answer
        return { page: decodeRows(envelope, request, decode), request, ageMs }
      })

      return GammaApi.of({
        markets: ({ closed, cursor = null }) => {
          const query: Query = [...listing(closed, cursor), ["include_tag", "true"]]
          const decode = matching(marketOfRow, (market) =>
            (market.status === "closed") === closed ? null : `closed is not ${closed}`,
          )
          return Effect.map(list("markets", query, decode, cursor), ({ page }) => page)
        },
        events: Effect.fnUntraced(function* ({ closed, cursor = null }: Listed) {
          const decode = matching(eventOf, (event) =>
            event.closed === closed ? null : `closed is not ${closed}`,
          )
          const { page, request } = yield* list("events", listing(closed, cursor), decode, cursor)
          // An unreadable market of an event is quarantined like one of a list.
          const inner = page.rows.flatMap((event) =>
            event.unreadable.map(({ raw, reason }) => rejected(raw, reason, request)),
          )
          return { ...page, rejected: [...page.rejected, ...inner] }
        }),
        marketsByCondition: Effect.fnUntraced(function* (conditions: ReadonlyArray<ConditionId>) {
          const asked = new Set(conditions)
          const decode = matching(marketOfRow, (market) =>
            asked.has(market.condition) ? null : `condition ${market.condition}`,
          )
          const spellings = Array.from(asked).flatMap(spellingsOf)
          const rows = new Map<ConditionId, Market>()
          const refused: Array<RejectedRow> = []
          let oldestMs = 0
          for (let at = 0; at < spellings.length; at += maxRepeats) {
            const ids = spellings.slice(at, at + maxRepeats)
            // The venue lists open markets unless told otherwise, and never both.
            for (const closed of [false, true]) {
              const { ageMs, page } = yield* list(
                "markets",
                [
                  ["limit", String(pageSize)],
                  ["closed", String(closed)],
                  ["include_tag", "true"],
                  ...ids.map((id) => ["condition_ids", id] as const),
                ],
                decode,
                null,
              )
              for (const market of page.rows) rows.set(market.condition, market)
              refused.push(...page.rejected)
              oldestMs = Math.max(oldestMs, ageMs)
            }
          }
          const described = { rows: Array.from(rows.values()), rejected: refused, nextCursor: null }
          return { ...described, ageMs: oldestMs }
        }),
      })
    }),
  )
}

const listing = (closed: boolean, cursor: string | null): Query => [
  ["limit", String(pageSize)],
  ["closed", String(closed)],
  // Open ones where the money is first, closed ones latest first: walks may be cut short.
  ["order", closed ? "endDate" : "volume24hr"],
  ["ascending", "false"],
  ...(cursor === null ? [] : [["after_cursor", cursor] as const]),
]
