/**
 * Profit as a function of added latency: what the settled purchases of `solo` made, and what the same
 * orders would have made so much later, their shares ending as they did. Each later time is compared
 * over the purchases that were looked at then ({@link LaterFills}).
 *
 * Reads only, {@link pageRows} looks at a time.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { formatMicro, scale } from "@evaluator/domain/money/Micro"
import { pageRows } from "./Receipts.ts"

export interface LatencyPoint {
  readonly after_ms: number
  readonly purchases: number
  /** Of them, those that would have got nothing any more. */
  readonly missed: number
  readonly pnl_usdc: string
  /** What these purchases made as they were. */
  readonly pnl_now_usdc: string
}

interface LaterRow {
  readonly leader_at_ms: number
  readonly row: number
  readonly after_ms: number
  readonly size: number
  readonly gross: number
  readonly fee: number
  readonly bought: number
  readonly pnl: number
  readonly returned: number
}

const wouldHaveMade = (row: LaterRow): number =>
  scale(row.returned, row.size, row.bought) - row.gross - row.fee

export const makeLatencyCurve = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const pageOf = (wallet: WalletAddress | null, last: LaterRow | undefined) =>
    sql<LaterRow>`SELECT c.leader_at_ms, c.rowid AS row, f.after_ms, f.size, f.gross, f.fee,
        c.size AS bought, c.pnl,
        (SELECT sum(x.proceeds - x.sale_fee) FROM closings x WHERE x.lot_id = l.id) AS returned
      FROM copies c JOIN later_fills f ON f.fill_id = c.fill_id
      JOIN lots l ON l.fill_id = c.fill_id AND l.strategy = c.strategy
      WHERE c.strategy = 'solo' AND c.side = 'BUY' AND c.state = 'closed'
        AND c.leader_at_ms >= ${last?.leader_at_ms ?? 0} AND (c.leader_at_ms, c.rowid, f.after_ms)
          > (${last?.leader_at_ms ?? 0}, ${last?.row ?? 0}, ${last?.after_ms ?? 0})
        ${wallet === null ? sql.literal("") : sql`AND c.wallet = ${hexToBytes(wallet)}`}
      ORDER BY c.leader_at_ms, c.rowid, f.after_ms LIMIT ${pageRows}`

  /** Of one wallet, or of all when `wallet` is null. */
  return Effect.fnUntraced(function* (wallet: WalletAddress | null) {
    const sums = new Map<
      number,
      { purchases: number; missed: number; later: number; now: number }
    >()
    for (let last: LaterRow | undefined; ;) {
      const page: ReadonlyArray<LaterRow> = yield* pageOf(wallet, last)
      for (const row of page) {
        const before = sums.get(row.after_ms) ?? { purchases: 0, missed: 0, later: 0, now: 0 }
        sums.set(row.after_ms, {
          purchases: before.purchases + 1,
          missed: before.missed + (row.size === 0 ? 1 : 0),
          later: before.later + wouldHaveMade(row),
          now: before.now + row.pnl,
        })
      }
      if (page.length < pageRows) break
      last = page.at(-1)
    }
    return [...sums]
      .toSorted(([x], [y]) => x - y)
      .map(([after_ms, { later, missed, now, purchases }]): LatencyPoint => ({
        after_ms,
        purchases,
        missed,
        pnl_usdc: formatMicro(later),
        pnl_now_usdc: formatMicro(now),
      }))
  }, Effect.orDie)
})
