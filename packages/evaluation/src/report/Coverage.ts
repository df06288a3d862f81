/**
 * Whether every condition that a stored row names has facts, and where not, why not.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { countDoubted } from "../stores/OutcomeDoubts.ts"

export interface FactsCoverage {
  /** Conditions that were traded or held. */
  readonly conditions: number
  readonly described: number
  /** Conditions whose outcome is not believed, because another source says otherwise. */
  readonly doubted: number
  /** Conditions whose outcome is believed although another source kept saying otherwise. */
  readonly overruled: number
  /** The others by reason, most frequent first, at most 100. */
  readonly missing: ReadonlyArray<{ readonly reason: string; readonly conditions: number }>
}

/** described + missing = conditions, while reasons are at most 100. */
export const readFactsCoverage: Effect.Effect<FactsCoverage, never, SqlClient.SqlClient> =
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [counts] = yield* sql<{ conditions: number; described: number }>`SELECT
        count(*) AS conditions, count(described_at_ms) AS described
      FROM conditions WHERE touched = 1`
    const missing = yield* sql<{ reason: string; conditions: number }>`SELECT
        coalesce(describe_reason, 'not asked for yet') AS reason, count(*) AS conditions
      FROM conditions WHERE touched = 1 AND described_at_ms IS NULL
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100`
    return { ...counts!, ...(yield* countDoubted), missing }
  }).pipe(Effect.orDie)
