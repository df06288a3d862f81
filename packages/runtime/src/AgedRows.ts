/**
 * Rows that have had their time, or are more than may be kept, leave oldest first, a batch a statement, so
 * that nobody waits for it.
 *
 * Promises: the newest row of a table stays; no event leaves that a subscriber of the other lane has
 * not applied (`LogReaders.ts`), nor the one its cursor stands on, by which it knows the log again.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { slowestReader } from "./LogReaders.ts"

/** A table whose keys follow its times. */
export interface AgedTable {
  readonly table: string
  readonly key: string
  /** Milliseconds; does not fall from one key to the next. */
  readonly at: string
}

/** The machinery's own, in each lane's file. */
export const machineryTables = {
  events: { table: "events", key: "seq", at: "at_ms" },
  job_runs: { table: "job_runs", key: "id", at: "started_at_ms" },
  boots: { table: "boots", key: "id", at: "started_at_ms" },
} as const satisfies Readonly<Record<string, AgedTable>>

/** Removes at most `most` rows that are older than `beforeMs` or not among the newest `keep`; how many it were. */
export const removeAged = Effect.fnUntraced(function* (
  { at, key, table }: AgedTable,
  beforeMs: number,
  most: number,
  keep: number = Number.MAX_SAFE_INTEGER,
) {
  const sql = yield* SqlClient.SqlClient
  const read = table === "events" ? yield* slowestReader : null
  const gone = yield* sql`DELETE FROM ${sql(table)} WHERE ${sql(key)} IN (
      SELECT k FROM (SELECT ${sql(key)} AS k, ${sql(at)} AS t FROM ${sql(table)}
        ORDER BY ${sql(key)} LIMIT ${most})
      WHERE (t < ${beforeMs} OR k <= (SELECT max(${sql(key)}) FROM ${sql(table)}) - ${keep})
        AND k < ${read ?? Number.MAX_SAFE_INTEGER}
        AND k < (SELECT max(${sql(key)}) FROM ${sql(table)}))
    RETURNING 1 AS gone`
  return gone.length
}, Effect.orDie)

/**
 * Removes dead letters and answers how many it were. It looks at each once, in the order of their ids, `most` a
 * statement whether they go or stay, and lets others have their turn by `rest` in between.
 *
 * `standing` is SQL over the letter `d`: 1 while its row is given up, and the letter stays; 0 when it no longer is,
 * and it goes; NULL where there is no row, and it goes by its age. Letters are written anew when a subject fails
 * again: their keys say nothing of their age.
 */
export const removeDeadLetters = Effect.fnUntraced(function* (
  standing: string,
  beforeMs: number,
  most: number,
  rest: Effect.Effect<void>,
) {
  const sql = yield* SqlClient.SqlClient
  let rows = 0
  for (let from = 0; ;) {
    const [batch] = yield* sql<{ letters: number; last: number | null }>`
      SELECT count(*) AS letters, max(id) AS last FROM (
        SELECT id FROM dead_letters WHERE id > ${from} ORDER BY id LIMIT ${most})`
    const { last, letters } = batch!
    if (last === null) return rows
    const gone = yield* sql`DELETE FROM dead_letters AS d WHERE id > ${from} AND id <= ${last}
        AND coalesce(NOT (${sql.literal(standing)}), at_ms < ${beforeMs})
      RETURNING 1 AS gone`
    rows += gone.length
    if (letters < most) return rows
    from = last
    yield* rest
  }
}, Effect.orDie)
