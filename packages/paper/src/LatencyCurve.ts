/**
 * Profit as a function of added latency: what the settled purchases of `solo` made, and what the same
 * orders would have made so much later, their shares ending as they did. Each later time is compared
 * over the purchases that were looked at then ({@link LaterFills}).
 *
 * Reads only.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { formatMicro, scale } from "@evaluator/domain/money/Micro"

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
  readonly after_ms: number
  readonly size: number
  readonly gross: number
  readonly fee: number
  readonly bought: number
  readonly pnl: number
  readonly returned: number
}

export const makeLatencyCurve = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  /** Of one wallet, or of all when `wallet` is null. */
  return Effect.fnUntraced(function* (wallet: WalletAddress | null) {
    const rows = yield* sql<LaterRow>`SELECT f.after_ms, f.size, f.gross, f.fee, c.size AS bought,
        c.pnl, (SELECT sum(x.proceeds - x.sale_fee) FROM closings x WHERE x.lot_id = l.id) AS returned
      FROM copies c JOIN later_fills f ON f.fill_id = c.fill_id
      JOIN lots l ON l.fill_id = c.fill_id AND l.strategy = c.strategy
      WHERE c.strategy = 'solo' AND c.side = 'BUY' AND c.state = 'closed'
        ${wallet === null ? sql.literal("") : sql`AND c.wallet = ${hexToBytes(wallet)}`}
      ORDER BY f.after_ms`
    return [...Map.groupBy(rows, (row) => row.after_ms)].map(([after_ms, its]): LatencyPoint => {
      const later = (row: LaterRow) =>
        scale(row.returned, row.size, row.bought) - row.gross - row.fee
      return {
        after_ms,
        purchases: its.length,
        missed: its.filter((row) => row.size === 0).length,
        pnl_usdc: formatMicro(its.reduce((sum, row) => sum + later(row), 0)),
        pnl_now_usdc: formatMicro(its.reduce((sum, row) => sum + row.pnl, 0)),
      }
    })
  }, Effect.orDie)
})
