import { Duration, Effect, Layer, Queue, Stream } from "effect"
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import type { Market } from "@evaluator/domain/market/Market"
import { type Fill } from "@evaluator/domain/trade/Trade"
import { BookFeed, type SeenBook } from "@evaluator/polymarket/BookFeed"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { DataApi, type LedgerRow } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import type { Page, RejectedRow, Served } from "@evaluator/polymarket/Page"
import { RejectedRows } from "@evaluator/polymarket/RejectedRow"
import {
  NotFound,
  PolymarketError,
  Refused,
  Stale,
  Unreachable,
} from "@evaluator/polymarket/PolymarketError"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"

/** What the venue would answer; tests change it as they go. */
export class FakeVenue {
  readonly books = new Map<TokenId, Book>()
  readonly markets = new Map<ConditionId, Market>()
  readonly rows: Array<LedgerRow> = []
  /** Books of the socket, and the tokens it is asked to follow. */
  readonly pushed = new Map<TokenId, SeenBook>()
  followed: ReadonlySet<TokenId> = new Set()
  /** Each call to a route, in order. */
  readonly calls: Array<string> = []
  /** Routes that do not answer. */
  readonly down = new Set<string>()
  /** How long a book and the facts of a market take. */
  slow: Duration.Input = 0
  /** Routes that refuse the request itself. */
  readonly refusing = new Set<string>()
  /** How long the facts of a market have lain in a cache. */
  agedMs = 0
  /** Routes whose answers lay in a cache. */
  readonly cached = new Set<string>()
  /** Rows that nobody can use, on every page of a wallet. */
  readonly rejected: Array<RejectedRow> = []
  /** Messages of the book socket that nobody can read. */
  readonly unreadable = Effect.runSync(Queue.unbounded<RejectedRow>())
  readonly announced = Effect.runSync(Queue.unbounded<Fill>())

  setBook(made: Book) {
    this.books.set(made.token, made)
  }

  private answer<A>(route: string, value: () => A | null): Effect.Effect<A, PolymarketError> {
    return Effect.suspend(() => {
      this.calls.push(route)
      if (this.down.has(route.split(" ")[0]!)) {
        return new PolymarketError({
          request: route,
          reason: new Unreachable({ status: 503, message: "down" }),
        })
      }
      if (this.refusing.has(route.split(" ")[0]!)) {
        return new PolymarketError({
          request: route,
          reason: new Refused({ status: 400, message: "no" }),
        })
      }
      if (this.cached.has(route.split(" ")[0]!)) {
        return new PolymarketError({ request: route, reason: new Stale({ ageMs: 9000 }) })
      }
      const found = value()
      return found === null
        ? new PolymarketError({ request: route, reason: new NotFound({ message: "none" }) })
        : Effect.succeed(found)
    })
  }

  readonly layer = Layer.mergeAll(
    Layer.succeed(ClobApi, {
      book: (of) =>
        Effect.delay(
          this.answer(`book ${of}`, () => this.books.get(of) ?? null),
          this.slow,
        ),
    }),
    Layer.mock(GammaApi, {
      marketsByCondition: (conditions) =>
        Effect.delay(
          this.answer(`markets ${conditions.join()}`, () => ({
            rows: conditions.flatMap((one) => this.markets.get(one) ?? []),
            rejected: [],
            nextCursor: null,
            ageMs: this.agedMs,
          })),
          this.slow,
        ),
    }),
    Layer.mock(DataApi, {
      activity: (query) =>
        this.answer(`activity ${query.user}`, (): Page<Served<LedgerRow>> => {
          const at = (row: LedgerRow) => (row.kind === "fill" ? row.fill : row.activity)
          const rows = this.rows
            .filter((row) => at(row).wallet === query.user && at(row).atMs >= (query.startMs ?? 0))
            .toSorted((a, b) => at(a).atMs - at(b).atMs)
          const from = Number(query.cursor ?? 0)
          const to = from + (query.limit ?? 1000)
          return {
            rows: rows.slice(from, to).map((value) => ({ value, recorded: null })),
            rejected: [...this.rejected],
            nextCursor: to < rows.length ? String(to) : null,
          }
        }),
    }),
    Layer.succeed(BookFeed, {
      follow: (tokens) => Effect.sync(() => void (this.followed = new Set(tokens))),
      book: (of) => Effect.sync(() => this.pushed.get(of) ?? null),
      events: Stream.never,
      listening: Effect.flatMap(RejectedRows, (hear) =>
        Effect.forever(Effect.flatMap(Queue.take(this.unreadable), (row) => hear([row]))),
      ),
    }),
    Layer.succeed(TradeFeed, { fills: Stream.fromQueue(this.announced) }),
  )
}
