/**
 * Puts rows that could not be used into quarantine, in a transaction of its own: for jobs whose answers
 * are not stored row by row.
 */
import { type Context, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { RejectedRow } from "@evaluator/polymarket/Page"
import { RejectedRows } from "@evaluator/polymarket/RejectedRow"
import { EvaluationSettings } from "./EvaluationSettings.ts"
import { quarantine } from "./stores/Ledger.ts"

export const setAside = Effect.fnUntraced(function* (rejected: ReadonlyArray<RejectedRow>) {
  if (rejected.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const { ingestion } = yield* EvaluationSettings
  yield* quarantine(rejected, ingestion.max_quarantined).pipe(sql.withTransaction, Effect.orDie)
})

/** The same for rows that a door of the venue tells of beside its answer. */
export const settingAside = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R | SqlClient.SqlClient | EvaluationSettings> =>
  Effect.contextWith((context: Context.Context<SqlClient.SqlClient | EvaluationSettings>) =>
    Effect.provideService(effect, RejectedRows, (rows) =>
      Effect.provideContext(setAside(rows), context),
    ),
  )
