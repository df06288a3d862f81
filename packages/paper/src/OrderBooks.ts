/**
 * The order books our orders meet: from the venue's book socket when it is in step and young enough,
 * else fetched at that moment.
 *
 * Followed are the tokens that orders were just made for, {@link wantedForMs} long, and those we hold,
 * `paper.books_followed` at most; newest first when there are more. What leaders hold besides is not. Also measures how long a fetch
 * takes, one that was given up as long as it was waited for: an order of ours would be under way as long.
 * Messages of the socket that cannot be read are quarantined.
 * Does not: hand out a book older than `paper.book_age`, or wait longer than `paper.book_timeout`.
 */
import { Cause, Clock, Context, Duration, Effect, Layer, Metric } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToToken, type TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { RejectedRows } from "@evaluator/polymarket/RejectedRow"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { counterOf, gaugeOf, metrics } from "@evaluator/telemetry/Names"
import { monotonicMs } from "@evaluator/runtime/MonotonicTime"
import { PaperSettings } from "./PaperSettings.ts"
import { Quarantine } from "./Quarantine.ts"

const booksMet = counterOf(metrics.booksMet)
const booksFollowed = gaugeOf(metrics.booksFollowed)

/** A token stays followed this long after an order in it, for more of them come. */
export const wantedForMs = 600_000
/** Fetches whose median is the time an order takes. */
export const fetchesKept = 33

export interface FoundBook {
  readonly book: Book
  readonly source: "socket" | "fetched"
  /** How long ago it was last known to be so. */
  readonly ageMs: number
}

/** No book in time; `message` says why. */
export interface NoBook {
  readonly message: string
}

export class OrderBooks extends Context.Service<
  OrderBooks,
  {
    /** The book of this token will be met soon. */
    readonly want: (token: TokenId) => Effect.Effect<void>
    /** The book as it is now. */
    readonly meet: (token: TokenId) => Effect.Effect<FoundBook, NoBook>
    /** How long an order takes to the venue: the median of the last fetches, 0 before the first. */
    readonly orderMs: Effect.Effect<number>
  }
>()("paper/OrderBooks") {
  static readonly layer = Layer.effect(
    OrderBooks,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const feed = yield* BookFeed
      const clob = yield* ClobApi
      const quarantine = yield* Quarantine
      const supervisor = yield* Supervisor
      const { paper } = yield* PaperSettings
      const most = paper.books_followed
      const oldestMs = Duration.toMillis(paper.book_age)
      const wanted = new Map<TokenId, number>()
      let held: ReadonlyArray<TokenId> = []
      let followed: ReadonlySet<TokenId> = new Set()
      let took: ReadonlyArray<number> = []

      const follow = Effect.suspend(() => {
        const newestFirst = [...wanted.keys()].toReversed()
        const tokens = new Set([...newestFirst, ...held].slice(0, most))
        if (tokens.size === followed.size && [...tokens].every((one) => followed.has(one)))
          return Effect.void
        followed = tokens
        return Effect.andThen(Metric.update(booksFollowed, tokens.size), feed.follow(tokens))
      })

      const want = Effect.fnUntraced(function* (token: TokenId) {
        if (most === 0) return
        wanted.delete(token)
        wanted.set(token, yield* Clock.currentTimeMillis)
        if (wanted.size > most) wanted.delete(wanted.keys().next().value!)
        if (!followed.has(token)) yield* follow
      })

      const refresh = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        for (const [token, atMs] of wanted) if (atMs < now - wantedForMs) wanted.delete(token)
        const rows = yield* sql<{ token: Uint8Array }>`SELECT token FROM lots WHERE open_size > 0
          GROUP BY token ORDER BY max(id) DESC LIMIT ${most}`
        held = rows.map((row) => bytesToToken(row.token))
        yield* follow
      }).pipe(Effect.orDie)

      const fetch = Effect.fnUntraced(function* (token: TokenId) {
        // Not the wall clock, which may be set meanwhile.
        const fromMs = yield* monotonicMs
        const note = Effect.map(monotonicMs, (now) => {
          took = [...took, now - fromMs].slice(-fetchesKept)
        })
        const book = yield* clob.book(token).pipe(
          Effect.timeout(paper.book_timeout),
          Effect.tap(note),
          // One that was given up took as long at least: without it orders would seem too quick.
          Effect.tapError((error) => (Cause.isTimeoutError(error) ? note : Effect.void)),
        )
        return { book, source: "fetched", ageMs: 0 } satisfies FoundBook as FoundBook
      })

      const find = Effect.fnUntraced(function* (token: TokenId) {
        const seen = most === 0 ? null : yield* feed.book(token)
        if (seen === null) return yield* fetch(token)
        if (seen.ageMs > oldestMs) return yield* fetch(token)
        return { ...seen, source: "socket" } satisfies FoundBook as FoundBook
      })

      const count = (source: FoundBook["source"] | "none") =>
        Metric.update(Metric.withAttributes(booksMet, { source }), 1)
      const meet = (token: TokenId) =>
        find(token).pipe(
          Effect.tap(({ source }) => count(source)),
          Effect.tapError(() => count("none")),
        )

      if (most > 0) {
        yield* supervisor.service(
          "order-books",
          Effect.provideService(feed.listening, RejectedRows, quarantine.keepStreamed),
        )
        yield* supervisor.service(
          "follow-books",
          refresh.pipe(Effect.andThen(Effect.sleep(paper.sweep_every)), Effect.forever),
        )
      }

      return OrderBooks.of({
        want,
        meet,
        orderMs: Effect.sync(
          () => took.toSorted((a, b) => a - b)[Math.floor((took.length - 1) / 2)] ?? 0,
        ),
      })
    }),
  )
}
