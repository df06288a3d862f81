/**
 * What is due for each condition: its facts and its resolution.
 *
 * A condition enters with the first row that names it, in that row's transaction, so that nothing
 * traded or held can be without a row here. Both truth queries take at most `limit` rows, oldest due
 * first, and leave out what is due in the future or given up.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type ConditionId } from "@evaluator/domain/Id"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import type { NextAttempt } from "../Backoff.ts"
import { atLeastOne } from "./AtLeastOne.ts"

/** Facts of a condition just named are asked for first; only then its resolution. */
const resolutionGraceMs = 5000

/** Notes conditions (at most 500) that stored rows name, in the caller's transaction. */
export const nameConditions = Effect.fnUntraced(function* (
  conditions: ReadonlyArray<Uint8Array>,
  namedBy: "trade" | "activity" | "holder",
) {
  if (conditions.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`INSERT INTO conditions ${sql.insert(
    atLeastOne(
      conditions.map((condition) => ({
        condition,
        first_named_at_ms: now,
        named_by: namedBy,
        touched: 1,
        describe_due_ms: now,
        resolve_due_ms: now + resolutionGraceMs,
      })),
    ),
  )} ON CONFLICT (condition) DO UPDATE SET touched = 1,
      describe_due_ms = coalesce(describe_due_ms, excluded.describe_due_ms),
      resolve_due_ms = excluded.resolve_due_ms
    WHERE touched = 0`
})

export interface DueCondition {
  readonly condition: Uint8Array
  readonly attempts: number
  readonly firstNamedAtMs: number
  readonly endAtMs: number | null
}

interface DueRow {
  readonly condition: Uint8Array
  readonly attempts: number
  readonly first_named_at_ms: number
  readonly end_at_ms: number | null
}

const toDue = (row: DueRow): DueCondition => ({
  condition: row.condition,
  attempts: row.attempts,
  firstNamedAtMs: row.first_named_at_ms,
  endAtMs: row.end_at_ms,
})

/** Truth query of `describe-markets`. */
export const dueToDescribe = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<DueRow>`SELECT condition, describe_attempts AS attempts,
      first_named_at_ms, NULL AS end_at_ms
    FROM conditions WHERE describe_due_ms <= ${now} ORDER BY describe_due_ms LIMIT ${limit}`
  return rows.map(toDue)
}, Effect.orDie)

/** Truth query of `resolve-markets`. */
export const dueToResolve = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<DueRow>`SELECT c.condition, c.resolve_attempts AS attempts,
      c.first_named_at_ms, m.end_at_ms
    FROM conditions c LEFT JOIN markets m ON m.condition = c.condition
    WHERE c.resolve_due_ms <= ${now} ORDER BY c.resolve_due_ms LIMIT ${limit}`
  return rows.map(toDue)
}, Effect.orDie)

/** How many conditions a wallet touched whose outcome is due (or about to be) and was never asked for. */
export const outcomesPending = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const [row] = yield* sql<{ conditions: number }>`SELECT count(*) AS conditions
    FROM wallet_conditions w JOIN conditions c ON c.condition = w.condition
    WHERE w.wallet = ${wallet} AND c.resolve_checked_at_ms IS NULL
      AND c.resolve_due_ms <= ${now + resolutionGraceMs}`
  return row!.conditions
}, Effect.orDie)

/** A failed attempt to learn the facts or the resolution of a condition. */
export const postponeCondition = Effect.fnUntraced(
  function* (what: "describe" | "resolve", condition: Uint8Array, next: NextAttempt) {
    const sql = yield* SqlClient.SqlClient
    yield* sql`UPDATE conditions SET ${sql.update({
      [`${what}_due_ms`]: next.dueMs,
      [`${what}_attempts`]: next.attempts,
      [`${what}_reason`]: next.reason,
    })} WHERE condition = ${condition}`
    if (next.dueMs === null) {
      yield* DeadLetters.write({
        source: `${what}-markets`,
        subject: bytesToHex(condition),
        cause: next.reason,
        attempts: next.attempts,
      })
    }
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

/** The venue answered about the resolution; it is asked again at `dueMs`, or never when null. */
export const resolutionChecked = Effect.fnUntraced(function* (
  condition: Uint8Array,
  dueMs: number | null,
  reason: string | null,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE conditions SET resolve_due_ms = ${dueMs}, resolve_attempts = 0,
    resolve_reason = ${reason}, resolve_checked_at_ms = ${now} WHERE condition = ${condition}`
})

export const conditionHex = (bytes: Uint8Array): ConditionId => bytesToHex(bytes) as ConditionId
