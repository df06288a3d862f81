/**
 * Order books: the venue's CLOB, reads only.
 */
import { Context, type Effect } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import type { PolymarketError } from "./PolymarketError.ts"

export class ClobApi extends Context.Service<
  ClobApi,
  {
    /** The book now, best level first on both sides; fails with `NotFound` when the token has none. */
    readonly book: (token: TokenId) => Effect.Effect<Book, PolymarketError>
  }
>()("polymarket/ClobApi") {}
