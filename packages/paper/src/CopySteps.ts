/**
 * The steps of a copy, each one transaction: the row moves, the money moves, and what says why is
 * written, together or not at all.
 *
 * A step that finds the copy cannot go on fails with {@link CopyRefused}; the saga then undoes what
 * was promised. Steps before the reservation have nothing to undo and end the copy themselves.
 */
import { Clock, Duration, Effect, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { Book } from "@evaluator/domain/market/Book"
import {
  mostLevels,
  trimBook,
  type Walk,
  walkAsks,
  walkBids,
} from "@evaluator/domain/market/BookWalk"
import { mostFee } from "@evaluator/domain/money/Fee"
import { CopyOutcome, type Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { type CopyState, isInFlight } from "@evaluator/domain/paper/CopyState"
import { type MicroUsdc, shares, usdc } from "@evaluator/domain/money/Micro"
import { Breakers } from "./Breakers.ts"
import { Copies, type Copy, type CopyMovedElsewhere, encodeBook } from "./Copies.ts"
import { makeCopyEnds } from "./CopyEnds.ts"
import { isOpen, type KnownMarket, MarketReplica, themeOf } from "./MarketReplica.ts"
import { PaperBook } from "./PaperBook.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { type CopyReview, makeReview } from "./Review.ts"

/** The copy cannot go on, and this is its outcome. */
export class CopyRefused extends Schema.TaggedError<CopyRefused>()("CopyRefused", {
  fillId: Schema.String,
  outcome: CopyOutcome,
  reason: Schema.String,
}) {}

const refuse = (copy: Copy, outcome: CopyOutcome, reason: string) =>
  new CopyRefused({ fillId: copy.fillId, outcome, reason })

export const makeCopySteps = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const copies = yield* Copies
  const book = yield* PaperBook
  const markets = yield* MarketReplica
  const breakers = yield* Breakers
  const ends = yield* makeCopyEnds
  const reviewCopy = yield* makeReview
  const { paper } = yield* PaperSettings
  const delayMs = Duration.toMillis(paper.delay)

  const inTransaction = <A, E, R>(step: Effect.Effect<A, E | SqlError.SqlError, R>) =>
    sql
      .withTransaction(step)
      .pipe(Effect.catchTag("SqlError", (error) => Effect.die(error))) as Effect.Effect<
      A,
      Exclude<E, SqlError.SqlError>,
      R
    >

  const funded = new Set<string>()
  /** A book begins with the bankroll, at the first copy that belongs to it. */
  const fund = Effect.fnUntraced(function* (name: string, strategy: Strategy) {
    if (funded.has(name)) return
    yield* book.fund(name, strategy, paper.bankroll)
    yield* sql.afterCommit(Effect.sync(() => void funded.add(name)))
  })

  const refusedBy = ({ refused }: CopyReview) =>
    `${refused!.gate}: ${refused!.value} against a limit of ${refused!.limit} (${refused!.unit})`

  /** detected → reviewed, or skipped (null). */
  const review = Effect.fnUntraced(function* (copy: Copy) {
    const known = yield* markets.learn(copy.fill.condition)
    return yield* inTransaction(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* fund(copy.book, copy.strategy)
        const result = yield* reviewCopy(copy, known, now)
        if (result.approved === null) {
          const outcome = result.refused!.outcome
          yield* ends.skip(copy, "detected", outcome, refusedBy(result), result.columns)
          return null
        }
        const { budget, offered, limitPrice } = result.approved
        yield* copies.move(copy, "detected", "reviewed", {
          ...result.columns,
          budget,
          offered,
          limit_price: limitPrice,
        })
        return { ...copy, state: "reviewed", budget, offered, limitPrice } satisfies Copy as Copy
      }),
    )
  })

  /**
   * reviewed → reserved, or skipped (null). The gates are asked again in the transaction that sets the
   * money aside: what other copies took since the review counts.
   */
  const reserve = Effect.fnUntraced(function* (copy: Copy) {
    const known = yield* markets.find(copy.fill.condition)
    return yield* inTransaction(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const result = yield* reviewCopy(copy, known, now)
        if (result.approved === null) {
          const outcome = result.refused!.outcome
          yield* ends.skip(copy, "reviewed", outcome, refusedBy(result), result.columns)
          return null
        }
        const { budget, cash, offered, limitPrice } = result.approved
        const { market } = result.approved.known
        const theme = themeOf(market)
        const reservation =
          copy.fill.side === "BUY"
            ? yield* book.reserveCash(copy, { theme, cash, exposure: budget })
            : yield* book.promiseShares(copy, { theme, size: offered })
        const arriveAtMs = now + delayMs + market.delayMs
        yield* copies.move(copy, "reviewed", "reserved", {
          ...result.columns,
          budget,
          offered,
          limit_price: limitPrice,
          reservation_id: reservation,
          reserved_at_ms: now,
          arrive_at_ms: arriveAtMs,
        })
        const reserved: Copy = {
          ...copy,
          state: "reserved",
          budget,
          offered,
          limitPrice,
          arriveAtMs,
        }
        return reserved
      }),
    )
  })

  /** The market, as long as an order of ours could still be matched in it. */
  const stillOpen = Effect.fnUntraced(function* (copy: Copy) {
    const now = yield* Clock.currentTimeMillis
    const halt = breakers.standing(copy.strategy, now)
    if (halt !== null) return yield* refuse(copy, "SKIPPED_HALTED", `halted: ${halt.reason}`)
    const known = yield* markets.find(copy.fill.condition)
    if (known === null || !isOpen(known)) {
      return yield* refuse(
        copy,
        "SKIPPED_MARKET_CLOSED",
        "the market closed before the order would have arrived",
      )
    }
    return known
  })

  /** reserved → priced: the book our order would meet is kept with the copy. */
  const price = Effect.fnUntraced(function* (copy: Copy, met: Book) {
    const pricedBook = trimBook(met)
    return yield* inTransaction(
      Effect.gen(function* () {
        yield* stillOpen(copy)
        const now = yield* Clock.currentTimeMillis
        yield* copies.move(copy, "reserved", "priced", {
          priced_at_ms: now,
          priced_book: encodeBook(pricedBook),
        })
        return { ...copy, state: "priced", pricedBook } satisfies Copy as Copy
      }),
    )
  })

  const walk = (copy: Copy, { market }: KnownMarket): Walk => {
    const { asks, bids } = copy.pricedBook!
    const limit = copy.limitPrice!
    const budget = copy.budget ?? usdc(0)
    const spendable = (budget + mostFee(budget, market.fee, mostLevels)) as MicroUsdc
    return copy.fill.side === "BUY"
      ? walkAsks(asks, { budget, spendable, limit, fee: market.fee })
      : walkBids(bids, { size: copy.offered ?? shares(0), limit, fee: market.fee })
  }

  /** priced → filled (and closed, for a sale): the ledger is booked. */
  const fill = Effect.fnUntraced(function* (copy: Copy) {
    yield* inTransaction(
      Effect.gen(function* () {
        const known = yield* stillOpen(copy)
        const filled = walk(copy, known)
        if (filled.takes.length === 0) {
          return yield* refuse(
            copy,
            "SKIPPED_NO_FILL",
            `nothing in the book at ${copy.limitPrice} millionths or better`,
          )
        }
        const now = yield* Clock.currentTimeMillis
        yield* copies.move(copy, "priced", "filled", {
          outcome: "COPIED",
          size: filled.size,
          gross: filled.gross,
          fee: filled.fee,
          takes: JSON.stringify(filled.takes),
          filled_at_ms: now,
        })
        if (copy.fill.side === "BUY") {
          const token = known.market.tokens.find((one) => one.token === copy.fill.token)!
          yield* book.buy(copy, filled, token.index)
          return yield* ends.decided(copy, "COPIED", filled.gross + filled.fee)
        }
        const closed = yield* book.sell(copy, filled)
        yield* copies.move(copy, "filled", "closed", { closed_at_ms: now })
        yield* ends.decided(copy, "COPIED", filled.fee - filled.gross)
        yield* ends.sharesGone(copy.fill.condition, closed, "sold")
      }),
    )
  })

  /** Ends a copy that was refused on its way; its promise is taken back in the same commit. */
  const skip = (copy: Copy, from: CopyState, outcome: CopyOutcome, reason: string) =>
    inTransaction(ends.skip(copy, from, outcome, reason))

  /** Undoes a copy whose step broke: the intention is a row before the money moves back. */
  const compensate = Effect.fnUntraced(function* (copy: Copy, reason: string) {
    const now = yield* copies.find(copy)
    if (now === null || !isInFlight(now.state)) return
    if (now.state !== "compensating") {
      yield* inTransaction(copies.move(copy, now.state, "compensating", { reason }))
    }
    yield* inTransaction(ends.compensated(copy, reason)).pipe(
      Effect.catchDefect((defect) =>
        Effect.logError(`copy ${copy.fillId} could not be undone and is stuck`, defect).pipe(
          Effect.andThen(inTransaction(getStuck(copy, reason))),
        ),
      ),
    )
  })

  const getStuck = (copy: Copy, reason: string): Effect.Effect<void, CopyMovedElsewhere> =>
    copies
      .move(copy, "compensating", "stuck", { outcome: "FAILED", reason })
      .pipe(Effect.andThen(ends.decided(copy, "FAILED", 0)))

  yield* inTransaction(fund("portfolio", "portfolio"))

  return { find: copies.find, review, reserve, price, fill, skip, compensate }
})
