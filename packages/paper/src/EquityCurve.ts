/**
 * What a book of paper money made, day by day, with its fall from the highest so far, beside controls
 * that start on the same day: our sizes at the leader's own price without fee or delay (`careless`), cash,
 * and the mean of all followed wallets, each with its own bankroll (all `solo` books), which is what one
 * of them drawn at random is expected to make.
 *
 * Does not know what the leader made by its own sizes, or wallets that nobody follows: nothing of theirs is
 * copied. Draws of copied wallets stand beside the verdicts.
 * Reads only, from the days' results: profit counts on the UTC day its shares went, after fees.
 * Returns are parts of the capital that had been put in by the end of the day; a book funded later
 * raises the highest equity by its capital, so that it hides no fall. Limits: {@link daysShown} days, the newest.
 */
import { DateTime, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { formatMicro } from "@evaluator/domain/money/Micro"
import { bookOf } from "./Strategies.ts"

export const daysShown = 400
const dayMs = 86_400_000

export interface CurvePoint {
  readonly day: string
  readonly equity_usdc: string
  readonly return: number
  /** The part of the highest equity so far that is missing. */
  readonly drawdown: number
  readonly leaders_return: number
  readonly cash_return: number
  /** Null where the curve itself is that of all `solo` books. */
  readonly followed_return: number | null
}

interface DayRow {
  readonly day: number
  readonly ours: number
  readonly leaders: number
  readonly followed: number
}

/** Answers days in their order with what had been put in by then. */
const capitalUntil = (funds: ReadonlyArray<{ readonly day: number; readonly amount: number }>) => {
  let sum = 0
  let next = 0
  return (day: number): number => {
    while (next < funds.length && funds[next]!.day <= day) sum += funds[next++]!.amount
    return sum
  }
}

const rounded = (share: number): number => Math.round(share * 1e6) / 1e6
const dayText = (day: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(day * dayMs)).slice(0, 10)

export const makeEquityCurve = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  /** What was put into the books, by day, oldest first. */
  const fundsOf = (pattern: string) =>
    sql<{ day: number; amount: number }>`SELECT t.at_ms / ${dayMs} AS day, -sum(o.amount) AS amount
      FROM transfers t JOIN postings o ON o.transfer_id = t.id AND o.account = 'capital'
      WHERE t.kind = 'fund' AND t.book LIKE ${pattern} GROUP BY day ORDER BY day`

  /** Of the strategy's books together, or of one wallet's. */
  return Effect.fnUntraced(function* (strategy: Strategy, wallet: WalletAddress | null) {
    const patternOf = (of: Strategy) =>
      of === "portfolio" ? of : wallet === null ? `${of}:%` : bookOf(of, wallet)
    const ours = patternOf(strategy)
    const leaders = patternOf("careless")
    const followed = "solo:%"
    const key = wallet === null ? null : hexToBytes(wallet)
    const ofWallet = key === null ? sql.literal("1") : sql`wallet = ${key}`
    const rows = yield* sql<DayRow>`SELECT day,
        coalesce(sum(pnl) FILTER (WHERE book LIKE ${ours} AND ${ofWallet}), 0) AS ours,
        coalesce(sum(pnl) FILTER (WHERE book LIKE ${leaders}), 0) AS leaders,
        coalesce(sum(pnl) FILTER (WHERE book LIKE ${followed}), 0) AS followed
      FROM results WHERE day >= (SELECT min(day) FROM results WHERE book LIKE ${ours} AND ${ofWallet})
      GROUP BY day ORDER BY day`
    const capital = {
      ours: capitalUntil(yield* fundsOf(ours)),
      leaders: capitalUntil(yield* fundsOf(leaders)),
      followed: capitalUntil(yield* fundsOf(followed)),
    }
    const part = (pnl: number, of: number) => (of === 0 ? 0 : rounded(pnl / of))
    const total = { ours: 0, leaders: 0, followed: 0 }
    let peak = 0
    let put = 0
    const points = rows.map((row): CurvePoint => {
      total.ours += row.ours
      total.leaders += row.leaders
      total.followed += row.followed
      const until = capital.ours(row.day)
      const equity = until + total.ours
      peak = Math.max(peak + until - put, equity)
      put = until
      return {
        day: dayText(row.day),
        equity_usdc: formatMicro(equity),
        return: part(total.ours, until),
        drawdown: part(peak - equity, peak),
        leaders_return: part(total.leaders, capital.leaders(row.day)),
        cash_return: 0,
        followed_return: ours === followed ? null : part(total.followed, capital.followed(row.day)),
      }
    })
    return points.slice(-daysShown)
  }, Effect.orDie)
})
