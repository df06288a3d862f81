/**
 * Order books as they change: snapshots and level changes over the venue's socket, resynced over HTTP.
 *
 * Promises: a book handed out is in step with everything heard; when it was last known to be is told
 * with it, so that the caller judges its age. The followed tokens are a set that is replaced as a
 * whole; what the connection is subscribed to follows it.
 * Does not: run by itself. `listening` is for one fiber of the lane's supervisor; without it every
 * book is `null`. Hints of `events` may be missed by a listener that is far behind; the books are the truth.
 */
import { Context, Effect, Latch, Layer, PubSub, Stream } from "effect"
import { Socket } from "effect/socket"
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import { monotonicMs } from "@evaluator/runtime/MonotonicTime"
import { BookMirror } from "./BookMirror.ts"
import type { BookPort } from "./BookPort.ts"
import { portOf } from "./BookPort.ts"
import type { Following } from "./BookSocket.ts"
import { listening, silence } from "./BookSocket.ts"
import { ClobApi } from "./ClobApi.ts"
import { VenueEndpoints } from "./VenueEndpoints.ts"

/** What listeners of `events` may be behind. */
const mostEvents = 4096

export interface SeenBook {
  readonly book: Book
  /** How long ago the connection last gave a sign of life: the book is in step up to then. */
  readonly ageMs: number
}

export type BookEvent =
  /** The token's book is another now, or its tick is. */
  | { readonly kind: "book"; readonly token: TokenId }
  /** The token's book fell out of step; it comes back by itself. */
  | { readonly kind: "lost"; readonly token: TokenId }
  /** A hint that is known to be missed often: ask for the resolution as well. */
  | { readonly kind: "resolved"; readonly condition: ConditionId; readonly winner: TokenId | null }

export class BookFeed extends Context.Service<
  BookFeed,
  {
    /** Follow these tokens and no others; the first 500 of them. */
    readonly follow: (tokens: Iterable<TokenId>) => Effect.Effect<void>
    /** `null` while the token is not followed, has no book, or its book is out of step. */
    readonly book: (token: TokenId) => Effect.Effect<SeenBook | null>
    readonly events: Stream.Stream<BookEvent>
    /** Keeps the connection and the books; ends only by interruption. */
    readonly listening: Effect.Effect<never>
  }
>()("polymarket/BookFeed") {
  static readonly layerOf = (port: BookPort): Layer.Layer<BookFeed, never, ClobApi> =>
    Layer.effect(
      BookFeed,
      Effect.gen(function* () {
        const clob = yield* ClobApi
        const events = yield* PubSub.sliding<BookEvent>(mostEvents)
        const mirror = new BookMirror()
        const following: Following = {
          mirror,
          changed: Latch.makeUnsafe(false),
          heardMs: 0,
          tell: (event) => Effect.asVoid(PubSub.publish(events, event)),
        }
        return BookFeed.of({
          follow: (tokens) =>
            Effect.flatMap(monotonicMs, (nowMs) => {
              mirror.follow(tokens, nowMs)
              return following.changed.open
            }),
          book: (token) =>
            Effect.map(monotonicMs, (nowMs) => {
              const book = mirror.book(token)
              if (book === null) return null
              return { book, ageMs: port.mayGoSilent ? nowMs - following.heardMs : 0 }
            }),
          events: Stream.fromPubSub(events),
          listening: listening(port, following, clob),
        })
      }),
    )

  /** No books; every one is to be fetched. */
  static readonly layerSilent: Layer.Layer<BookFeed> = Layer.succeed(BookFeed, {
    follow: () => Effect.void,
    book: () => Effect.succeed(null),
    events: Stream.never,
    listening: Effect.never,
  })

  /** The venue's socket. */
  static readonly layerSocket: Layer.Layer<
    BookFeed,
    never,
    ClobApi | VenueEndpoints | Socket.WebSocketConstructor
  > = Layer.unwrap(
    Effect.gen(function* () {
      const { books } = yield* VenueEndpoints
      const socket = yield* Socket.makeWebSocket(books, { openTimeout: silence })
      return BookFeed.layerOf(portOf(socket))
    }),
  )
}
