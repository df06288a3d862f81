/**
 * Reviews a copy: gathers the facts, asks the gates, says what to order or why not.
 *
 * Reads only, in the caller's transaction. What the review rests on (verdicts, and which replica
 * rows at which seq) is handed over as the text that is kept with the copy.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { limitPrice, mostLevels } from "@evaluator/domain/market/BookWalk"
import { mostFee } from "@evaluator/domain/money/Fee"
import { type MicroShares, type MicroUsdc, type Price, usdc } from "@evaluator/domain/money/Micro"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { GateLimits, Verdict } from "@evaluator/domain/paper/GateFacts"
import { reviewArrival, reviewBook } from "@evaluator/domain/paper/Gates"
import { SizedBy, sizeOf, type SizingTerms } from "@evaluator/domain/paper/Sizing"
import { BookModes } from "./BookModes.ts"
import { Breakers } from "./Breakers.ts"
import type { Copies, CopyColumns } from "./Copies.ts"
import type { Copy } from "./CopyRow.ts"
import { FollowList } from "./FollowList.ts"
import { Leaders } from "./Leaders.ts"
import { isOpen, type KnownMarket } from "./MarketReplica.ts"
import { PaperBook } from "./PaperBook.ts"
import { gateLimits, PaperSettings, sizingTerms, slippageMicro } from "./PaperSettings.ts"
import { makeStanding } from "./Standing.ts"
import { feeOf, isAtLeaderPrice } from "./Strategies.ts"
import { inOneStep } from "@evaluator/sqlite/InOneStep"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

/** The order a passed review allows. */
export interface Approved {
  readonly budget: MicroUsdc
  /** Cash to set aside: the budget and the most its fees can be. */
  readonly cash: MicroUsdc
  readonly offered: MicroShares
  readonly limitPrice: Price
  readonly known: KnownMarket
}

export interface CopyReview {
  readonly refused: Verdict | null
  readonly approved: Approved | null
  /** Columns that keep the review with the copy. */
  readonly columns: CopyColumns
}

export type ReviewCopy = (
  copy: Copy,
  known: KnownMarket | null,
  nowMs: number,
  feedGapMs: number,
) => Effect.Effect<CopyReview>

/**
 * The review as it is kept: each gate asked, in order, with value and limit. All passed but the last
 * of a refusal. Short on purpose: there is one for every fill.
 */
export const KeptReview = Schema.Struct({
  gates: Schema.Array(Schema.Tuple([Schema.String, Schema.Int, Schema.Int])),
  /** Where the market's facts came from, at which seq of the log, and how old they were. */
  market: Schema.NullOr(
    Schema.Struct({ source: Schema.String, seq: Schema.NullOr(Schema.Int), ageMs: Schema.Int }),
  ),
  /** The event that the follow came with. */
  followSeq: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** How a purchase was sized; `bankroll` and what follows are of the leader. */
  size: Schema.optionalKey(
    Schema.Struct({
      rule: SizedBy,
      wanted: Schema.Int,
      bankroll: Schema.NullOr(Schema.Int),
      seq: Schema.NullOr(Schema.Int),
      ageMs: Schema.NullOr(Schema.Int),
    }),
  ),
})

const columnsOf = (
  nowMs: number,
  verdicts: ReadonlyArray<Verdict>,
  known: KnownMarket | null,
  more: Pick<typeof KeptReview.Type, "followSeq" | "size">,
): CopyColumns => {
  const refused = verdicts.find((verdict) => !verdict.passed)
  const kept: typeof KeptReview.Type = {
    gates: verdicts.map(({ gate, value, limit }) => [gate, value, limit]),
    market: known && { source: known.source, seq: known.seq, ageMs: nowMs - known.atMs },
    ...more,
  }
  return {
    reviewed_at_ms: nowMs,
    gate: refused?.gate ?? null,
    gate_value: refused?.value ?? null,
    gate_limit: refused?.limit ?? null,
    review: JSON.stringify(kept),
  }
}

/** The market as the gates see it; a token that its facts do not name makes it unknown. */
const marketAs = (copy: Copy, known: KnownMarket | null) => {
  const named = known?.market.tokens.some((one) => one.token === copy.fill.token) ?? false
  if (known === null || !named) return "unknown"
  return isOpen(known) ? "open" : "closed"
}

export const makeReview: Effect.Effect<
  ReviewCopy,
  never,
  | SqlClient.SqlClient
  | BookModes
  | Breakers
  | Copies
  | FollowList
  | Leaders
  | PaperBook
  | PaperSettings
> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const breakers = yield* Breakers
  const modes = yield* BookModes
  const follows = yield* FollowList
  const leaders = yield* Leaders
  const settings = yield* PaperSettings
  const standing = yield* makeStanding
  const limitsOf = Object.fromEntries(
    Strategy.literals.map((one) => [one, gateLimits(settings, one)]),
  ) as Record<Strategy, GateLimits>
  const termsOf = Object.fromEntries(
    Strategy.literals.map((one) => [one, sizingTerms(settings, one)]),
  ) as Record<Strategy, SizingTerms>
  const slippage = slippageMicro(settings)

  /** What a purchase should spend, and what says so. */
  const size = ({ fill, strategy }: Copy, nowMs: number) => {
    if (fill.side === "SELL") return { wanted: usdc(0) }
    const leader = leaders.of(fill.wallet, nowMs)
    const { leaderBankroll, rule, wanted } = sizeOf(fill, leader?.peak ?? null, termsOf[strategy])
    const rests = leaderBankroll === null ? null : leader
    return {
      wanted,
      kept: {
        rule,
        wanted,
        bankroll: leaderBankroll,
        seq: rests?.seq ?? null,
        ageMs: rests === null ? null : nowMs - rests.atMs,
      },
    }
  }

  const isOvertaken = ({ fill, strategy }: Copy) =>
    inOneStep(
      sql,
      (run) =>
        run(
          `SELECT 1 FROM copies WHERE strategy = ? AND wallet = ? AND token = ? AND leader_at_ms > ?
            AND state <> 'detected' LIMIT 1`,
          strategy,
          hexToBytes(fill.wallet),
          tokenToBytes(fill.token),
          fill.atMs,
        ).length > 0,
    ).pipe(Effect.orDie)

  return Effect.fnUntraced(function* (copy, known, nowMs, feedGapMs) {
    const { strategy, fill } = copy
    const { side, price, atMs } = fill
    const limits = limitsOf[strategy]
    const market = marketAs(copy, known)
    const mode = modes.of(copy.book)
    const followSeq = follows.seqOf(fill.wallet)
    const isFill = copy.origin === "fill"
    const arrival = reviewArrival(
      {
        side,
        nowMs,
        // An exit sells at any price, what we still hold: none is lost by coming late, or behind a fill.
        leaderAtMs: isFill ? atMs : nowMs,
        feedGapMs,
        // A purchase on its way was found in order when it was first reviewed.
        overtaken: isFill && copy.state === "detected" && (yield* isOvertaken(copy)),
        halted: mode.mode === "HALTED" || breakers.standing(strategy, nowMs) !== null,
        market,
      },
      limits,
      strategy,
    )
    if (arrival.refused !== null || known === null) {
      return {
        refused: arrival.refused,
        approved: null,
        columns: columnsOf(nowMs, arrival.verdicts, known, { followSeq }),
      }
    }
    const limit = isAtLeaderPrice(strategy)
      ? price
      : !isFill
        ? known.market.tick
        : limitPrice(side, price, slippage, known.market.tick)
    const { kept, wanted } = size(copy, nowMs)
    const facts = { ...(yield* standing(copy, known, limit, mode, nowMs)), wanted }
    const review = reviewBook(side, facts, limits, strategy)
    const columns = columnsOf(nowMs, [...arrival.verdicts, ...review.verdicts], known, {
      followSeq,
      ...(kept !== undefined && { size: kept }),
    })
    if (review.refused !== null) return { refused: review.refused, approved: null, columns }
    const { budget } = review
    const approved = {
      budget,
      cash: (budget + mostFee(budget, feeOf(strategy, known.market), mostLevels)) as MicroUsdc,
      offered: review.size,
      limitPrice: limit,
      known,
    }
    return { refused: null, approved, columns }
  })
})
