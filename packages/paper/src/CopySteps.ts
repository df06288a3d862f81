/**
 * The steps of a copy, each one transaction: the row moves, the money moves, and what says why is
 * written, together or not at all.
 *
 * A step that finds the copy cannot go on fails with {@link CopyRefused}; the saga then undoes what
 * was promised. Steps before the reservation have nothing to undo and end the copy themselves.
 */
import { Clock, Duration, Effect, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { CopyOutcome, type Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { isInFlight } from "@evaluator/domain/paper/CopyState"
import { BookModes } from "./BookModes.ts"
import { Breakers } from "./Breakers.ts"
import { type CommitPoint, transacting } from "./CommitPoints.ts"
import { Copies, type CopyMovedElsewhere } from "./Copies.ts"
import { type Copy, encodeBook } from "./CopyRow.ts"
import { makeCopyEnds } from "./CopyEnds.ts"
import { FollowList } from "./FollowList.ts"
import { isOpen, MarketReplica, themeOf } from "./MarketReplica.ts"
import { PaperBook } from "./PaperBook.ts"
import { bankrollOf, PaperSettings } from "./PaperSettings.ts"
import { type FoundBook, OrderBooks } from "./OrderBooks.ts"
import { makePricing, metOf, minimumMissed, walkOf } from "./Pricing.ts"
import { type CopyReview, makeReview } from "./Review.ts"
import { beyond } from "./Words.ts"
import { feeOf, isAtLeaderPrice, RunningStrategies } from "./Strategies.ts"

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
  const follows = yield* FollowList
  const breakers = yield* Breakers
  const modes = yield* BookModes
  const ends = yield* makeCopyEnds
  const reviewCopy = yield* makeReview
  const pricing = yield* makePricing
  const orderBooks = yield* OrderBooks
  const settings = yield* PaperSettings
  const leastDelayMs = Duration.toMillis(settings.paper.delay)
  const takerDelayMs = Duration.toMillis(settings.paper.taker_delay)

  const inTransaction = <A, E, R>(
    point: CommitPoint,
    step: Effect.Effect<A, E | SqlError.SqlError, R>,
  ) =>
    transacting(
      sql,
      point,
    )(step).pipe(Effect.catchTag("SqlError", (error) => Effect.die(error))) as Effect.Effect<
      A,
      Exclude<E, SqlError.SqlError>,
      R
    >

  const funded = new Set<string>()
  /** A book begins with the bankroll, at the first copy that belongs to it. */
  const fund = Effect.fnUntraced(function* (name: string, strategy: Strategy) {
    if (funded.has(name)) return
    yield* book.fund(name, strategy, bankrollOf(settings, strategy))
    yield* sql.afterCommit(Effect.sync(() => void funded.add(name)))
  })

  const refusedBy = ({ refused }: CopyReview) =>
    `${refused!.gate}${beyond(refused!.unit, refused!.value, refused!.limit)}`

  /** Those of the copies that go on, after a step for each of them in one transaction. */
  const together = <A>(
    point: CommitPoint,
    of: ReadonlyArray<Copy>,
    step: (copy: Copy) => Effect.Effect<A | null, CopyMovedElsewhere>,
  ): Effect.Effect<ReadonlyArray<A>> =>
    of.length === 0
      ? Effect.succeed([])
      : inTransaction(
          point,
          Effect.forEach(of, (copy) =>
            step(copy).pipe(Effect.catchTag("CopyMovedElsewhere", () => Effect.succeed(null))),
          ),
        ).pipe(Effect.map((went) => went.filter((one) => one !== null)))

  /** Sales are not asked about it. */
  const feedGap = ({ fill }: Copy, nowMs: number) =>
    fill.side === "BUY" ? follows.feedGapMs(fill, nowMs) : Effect.succeed(0)

  /**
   * detected → reviewed → reserved, or skipped: the copies of one fill, in one transaction, so that
   * money is set aside by the very facts the gates were asked about. Answers with those that go on.
   */
  const decide = Effect.fnUntraced(function* (of: ReadonlyArray<Copy>) {
    const known = yield* markets.learn(of[0]!.fill.condition)
    const now = yield* Clock.currentTimeMillis
    const gapMs = yield* feedGap(of[0]!, now)
    const delayMs = Math.max(leastDelayMs, yield* orderBooks.orderMs) + takerDelayMs
    return yield* together(
      "decide",
      of,
      Effect.fnUntraced(function* (copy) {
        const result = yield* reviewCopy(copy, known, now, gapMs)
        if (result.approved === null) {
          const outcome = result.refused!.outcome
          yield* ends.skip(copy, copy.state, outcome, refusedBy(result), result.columns)
          return null
        }
        const { budget, cash, offered, limitPrice } = result.approved
        const { market } = result.approved.known
        const theme = themeOf(market)
        const arriveAtMs = isAtLeaderPrice(copy.strategy) ? now : now + delayMs + market.delayMs
        yield* copies.move(
          copy,
          copy.state,
          "reserved",
          {
            ...result.columns,
            budget,
            offered,
            limit_price: limitPrice,
            reserved_at_ms: now,
            arrive_at_ms: arriveAtMs,
          },
          copy.state === "detected" ? "reviewed" : undefined,
        )
        yield* fund(copy.book, copy.strategy)
        if (copy.fill.side === "BUY") {
          yield* book.reserveCash(copy, { theme, cash, exposure: budget })
        } else {
          yield* book.promiseShares(copy, { theme, size: offered })
        }
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
    const { mode, drawdown } = modes.of(copy.book)
    if (mode === "HALTED") {
      const fell = `halted: the book is ${drawdown / 10_000} % below its peak`
      return yield* refuse(copy, "SKIPPED_HALTED", fell)
    }
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
  const price = Effect.fnUntraced(function* (copy: Copy, found: FoundBook) {
    return yield* inTransaction(
      "price",
      Effect.gen(function* () {
        const { market } = yield* stillOpen(copy)
        const now = yield* Clock.currentTimeMillis
        const met = yield* pricing.meet(copy, found.book, market, now)
        yield* copies.move(copy, "reserved", "priced", {
          priced_at_ms: now,
          priced_book: encodeBook(met.book),
          own_taken: met.ownTaken,
          book_source: found.source,
          book_age_ms: found.ageMs,
        })
        return { ...copy, state: "priced", pricedBook: met.book } satisfies Copy as Copy
      }),
    )
  })

  /** priced → filled (and closed, for a sale): the ledger is booked. In the caller's transaction. */
  const settleFill = Effect.fnUntraced(function* (copy: Copy) {
    const known = yield* stillOpen(copy)
    const missed = minimumMissed(copy)
    if (missed !== null) {
      return yield* refuse(
        copy,
        "SKIPPED_BELOW_MINIMUM",
        `the book's least order is ${missed.least} millionths of a share by now, ours ${missed.size}`,
      )
    }
    const filled = walkOf(copy, known.market)
    if (filled.takes.length === 0) {
      return yield* refuse(
        copy,
        "SKIPPED_NO_FILL",
        `nothing in the book at ${copy.limitPrice} millionths or better`,
      )
    }
    const now = yield* Clock.currentTimeMillis
    const fee = feeOf(copy.strategy, known.market)
    yield* copies.move(copy, "priced", "filled", {
      outcome: "COPIED",
      fee_rate: fee.rate,
      fee_exponent: fee.exponent,
      size: filled.size,
      gross: filled.gross,
      fee: filled.fee,
      takes: JSON.stringify(filled.takes),
      filled_at_ms: now,
    })
    if (copy.fill.side === "BUY") {
      const token = known.market.tokens.find((one) => one.token === copy.fill.token)!
      yield* book.buy(copy, filled, token.index)
      return yield* ends.decided(copy, "COPIED", filled.gross + filled.fee, metOf(copy, filled))
    }
    const closed = yield* book.sell(copy, filled)
    yield* copies.move(copy, "filled", "closed", { closed_at_ms: now })
    yield* ends.decided(copy, "COPIED", filled.fee - filled.gross, metOf(copy, filled))
    yield* ends.sharesGone(copy.fill.condition, closed, "sold")
  })

  const fill = (copy: Copy) => inTransaction("fill", settleFill(copy))

  /** reserved → priced → filled at the leader's price: no book is met. */
  const fillAtLeader = (copy: Copy) =>
    inTransaction(
      "fill-at-leader",
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* copies.move(copy, "reserved", "priced", { priced_at_ms: now })
        yield* settleFill({ ...copy, state: "priced" })
      }),
    )

  /** Ends a copy that was refused on its way; its promise is taken back in the same commit. */
  const skip = (copy: Copy, from: Copy["state"], outcome: CopyOutcome, reason: string) =>
    inTransaction("skip", ends.skip(copy, from, outcome, reason))

  /** Undoes a copy whose step broke: the intention is a row before the money moves back. */
  const compensate = Effect.fnUntraced(function* (copy: Copy, reason: string) {
    const now = yield* copies.find(copy)
    if (now === null || !isInFlight(now.state)) return
    if (now.state !== "compensating") {
      yield* inTransaction("undo-begins", copies.move(copy, now.state, "compensating", { reason }))
    }
    yield* inTransaction("undo", ends.compensated(copy, reason)).pipe(
      Effect.catchDefect((defect) =>
        Effect.logError(`copy ${copy.fillId} could not be undone and is stuck`, defect).pipe(
          Effect.andThen(inTransaction("stuck", getStuck(copy, reason))),
        ),
      ),
    )
  })

  const getStuck = (copy: Copy, reason: string): Effect.Effect<void, CopyMovedElsewhere> =>
    copies
      .move(copy, "compensating", "stuck", { outcome: "FAILED", reason })
      .pipe(Effect.andThen(ends.decided(copy, "FAILED", 0)))

  if ((yield* RunningStrategies).includes("portfolio")) {
    yield* inTransaction("fund", fund("portfolio", "portfolio"))
  }

  return { find: copies.find, decide, price, fill, fillAtLeader, skip, compensate }
})
