/**
 * Says to the other lane what a copy earned, and keeps what was said for as long as paper money is kept.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventPayload } from "@evaluator/domain/event/DomainEvent"
import { EventLog } from "@evaluator/runtime/EventLog"
import { hexToBytes } from "./RowBytes.ts"

export type TellSettled = (settled: EventPayload<"CopySettled">) => Effect.Effect<void>

export const makeTellSettled: Effect.Effect<TellSettled, never, SqlClient.SqlClient | EventLog> =
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const log = yield* EventLog
    /** In the caller's transaction: the newest event is the one just written. */
    return Effect.fnUntraced(function* (settled: EventPayload<"CopySettled">) {
      const { cause, fill, pnlMicro, strategy } = settled
      yield* log.append([{ type: "CopySettled", payload: settled }])
      yield* sql`INSERT INTO settlements (event_id, fill_id, strategy, pnl, cause, at_ms)
      SELECT id, ${hexToBytes(fill)}, ${strategy}, ${pnlMicro}, ${cause}, at_ms
      FROM events ORDER BY seq DESC LIMIT 1`
    }, Effect.orDie)
  })
