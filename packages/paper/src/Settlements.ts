/**
 * Says to the other lane what a copy earned and what was sold of it, and keeps what was said for as long as
 * paper money is kept.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { CopySold, EventPayload } from "@evaluator/domain/event/DomainEvent"
import { EventLog } from "@evaluator/runtime/EventLog"
import type { CopyKey } from "./CopyRow.ts"
import { hexToBytes } from "./RowBytes.ts"

export type TellSettled = (settled: Required<EventPayload<"CopySettled">>) => Effect.Effect<void>

export const nothingSold: CopySold = { size: 0, fee: 0 }

/** What was sold of a copy until now, whatever was taken back since. */
export const soldOf = (sql: SqlClient.SqlClient, { fillId, strategy }: CopyKey) =>
  sql<CopySold>`SELECT coalesce(sum(x.size), 0) AS size, coalesce(sum(x.sale_fee), 0) AS fee
    FROM lots l JOIN closings x ON x.lot_id = l.id AND x.cause = 'sold'
    WHERE l.fill_id = ${hexToBytes(fillId)} AND l.strategy = ${strategy}`.pipe(
    Effect.map(([sold]) => sold!),
    Effect.orDie,
  )

export const makeTellSettled: Effect.Effect<TellSettled, never, SqlClient.SqlClient | EventLog> =
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const log = yield* EventLog
    /** In the caller's transaction: the newest event is the one just written. */
    return Effect.fnUntraced(function* (settled: Required<EventPayload<"CopySettled">>) {
      const { cause, fill, pnlMicro, sold, strategy } = settled
      yield* log.append([{ type: "CopySettled", payload: settled }])
      yield* sql`INSERT INTO settlements (event_id, fill_id, strategy, pnl, cause, at_ms, sold, sale_fee)
      SELECT id, ${hexToBytes(fill)}, ${strategy}, ${pnlMicro}, ${cause}, at_ms, ${sold.size}, ${sold.fee}
      FROM events ORDER BY seq DESC LIMIT 1`
    }, Effect.orDie)
  })
