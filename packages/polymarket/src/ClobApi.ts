/**
 * Order books: the venue's CLOB, reads only.
 */
import { Context, Effect, Layer, Result } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import { unusable } from "./Answer.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import { VenueHttp } from "./VenueHttp.ts"
import { bookOf } from "./wire/BookRow.ts"
import { matching } from "./wire/Rows.ts"

export class ClobApi extends Context.Service<
  ClobApi,
  {
    /** The book now, best level first on both sides; fails with `NotFound` when the token has none. */
    readonly book: (token: TokenId) => Effect.Effect<Book, PolymarketError>
  }
>()("polymarket/ClobApi") {
  static readonly layer: Layer.Layer<ClobApi, never, VenueHttp> = Layer.effect(
    ClobApi,
    Effect.map(VenueHttp, (http) =>
      ClobApi.of({
        book: Effect.fnUntraced(function* (token: TokenId) {
          const answer = yield* http.get("book", [["token_id", token]])
          const decode = matching(bookOf, (book) =>
            book.token === token ? null : `not of token ${token}`,
          )
          const book = decode(answer.json)
          if (Result.isFailure(book)) return yield* unusable(answer, book.failure)
          return book.success
        }),
      }),
    ),
  )
}
