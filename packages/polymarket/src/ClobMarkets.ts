/**
 * Markets as the venue's CLOB knows them: trading parameters, many books at once, its clock.
 *
 * Promises: books of many tokens come keyed by their own token, because the venue leaves tokens
 * without a book out and keeps no order.
 */
import { Context, Effect, Layer, Result } from "effect"
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import type { FeeSchedule, OutcomeToken } from "@evaluator/domain/market/Market"
import type { MicroShares, Price } from "@evaluator/domain/money/Micro"
import { unusable } from "./Answer.ts"
import type { RejectedRow } from "./Page.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import { VenueHttp } from "./VenueHttp.ts"
import { bookOf } from "./wire/BookRow.ts"
import { tradingParametersOf } from "./wire/ClobMarketRow.ts"
import { decodeRows, matching } from "./wire/Rows.ts"
import { timeMsOf } from "./wire/Scalar.ts"

/** The most tokens one request for books may name. */
export const mostBooks = 500

export interface Books {
  readonly books: ReadonlyMap<TokenId, Book>
  readonly rejected: ReadonlyArray<RejectedRow>
  /** Asked for and not among {@link books}: no book, or one that could not be read. */
  readonly missing: ReadonlyArray<TokenId>
}

/** How a market is traded, from the CLOB itself. */
export interface TradingParameters {
  readonly condition: ConditionId
  readonly tokens: ReadonlyArray<OutcomeToken>
  readonly tick: Price
  readonly minimumSize: MicroShares
  readonly fee: FeeSchedule
  /** `null` when the venue does not say. */
  readonly acceptsOrders: boolean | null
  readonly negRisk: boolean
  /** Taker orders wait before they are matched. */
  readonly holdsTakersBack: boolean
}

export class ClobMarkets extends Context.Service<
  ClobMarkets,
  {
    /** The books of any number of tokens, {@link mostBooks} a request. */
    readonly books: (tokens: ReadonlyArray<TokenId>) => Effect.Effect<Books, PolymarketError>
    /** Fails with `NotFound` for a condition the CLOB does not know. */
    readonly tradingParameters: (
      condition: ConditionId,
    ) => Effect.Effect<TradingParameters, PolymarketError>
    /** The CLOB's clock, cut to the second, in ms. */
    readonly timeMs: Effect.Effect<number, PolymarketError>
  }
>()("polymarket/ClobMarkets") {
  static readonly layer: Layer.Layer<ClobMarkets, never, VenueHttp> = Layer.effect(
    ClobMarkets,
    Effect.map(VenueHttp, (http) =>
      ClobMarkets.of({
        books: Effect.fnUntraced(function* (tokens: ReadonlyArray<TokenId>) {
          const asked = new Set(tokens)
          const decode = matching(bookOf, ({ token }) =>
            asked.has(token) ? null : `token ${token}`,
          )
          const wanted = Array.from(asked)
          const books = new Map<TokenId, Book>()
          const rejected: Array<RejectedRow> = []
          for (let at = 0; at < wanted.length; at += mostBooks) {
            const body = wanted.slice(at, at + mostBooks).map((token) => ({ token_id: token }))
            const answer = yield* http.get("books", [], { body })
            if (!Array.isArray(answer.json)) return yield* unusable(answer, "no list of books")
            const envelope = { rows: answer.json, nextCursor: null }
            const page = decodeRows(envelope, answer.request, decode)
            for (const book of page.rows) books.set(book.token, book)
            rejected.push(...page.rejected)
          }
          return { books, rejected, missing: wanted.filter((token) => !books.has(token)) }
        }),
        tradingParameters: Effect.fnUntraced(function* (condition: ConditionId) {
          const answer = yield* http.get("clobMarket", [], { segment: condition })
          const decode = matching(tradingParametersOf, (found) =>
            found.condition === condition ? null : `condition ${found.condition}`,
          )
          const found = decode(answer.json)
          if (Result.isFailure(found)) return yield* unusable(answer, found.failure)
          return found.success
        }),
        timeMs: Effect.gen(function* () {
          const answer = yield* http.get("time", [])
          const { json } = answer
          const ms = typeof json === "number" || typeof json === "string" ? timeMsOf(json) : null
          return ms ?? (yield* unusable(answer, "no time"))
        }),
      }),
    ),
  )
}
