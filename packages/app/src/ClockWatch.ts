/**
 * Notices when the machine's clock is set while the service runs, and keeps work from waiting for it.
 *
 * Every {@link lookEvery} the wall clock's step is held against the monotonic one's. A jump of more than
 * {@link toleratedMs} is logged and is a condition for {@link rememberedFor}. After a jump back, rows that
 * were due soon would be due an hour late: what lies ahead in `…due_ms` columns and `next_poll_at_ms`
 * moves with the clock, {@link rowsAtOnce} rows a transaction. After a jump ahead everything is due at
 * once, which the queues' bounds bear.
 * Does not: judge which time is right, or touch times of things that happened.
 */
import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { Conditions } from "@evaluator/runtime/Conditions"
import { Supervisor } from "@evaluator/runtime/Supervisor"

export const lookEvery = "1 second"
export const toleratedMs = 5000
export const rememberedFor = Duration.minutes(15)
export const rowsAtOnce = 500

/** Moves what is due after `nowMs` earlier by `byMs`; answers how many rows. */
export const bringForward = Effect.fnUntraced(function* (nowMs: number, byMs: number) {
  const sql = yield* SqlClient.SqlClient
  const columns = yield* sql<{ table_name: string; column_name: string }>`
    SELECT m.name AS table_name, c.name AS column_name
    FROM sqlite_schema m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND (c.name LIKE '%due_ms' OR c.name = 'next_poll_at_ms')
    ORDER BY 1, 2`
  let moved = 0
  for (const { column_name, table_name } of columns) {
    const [table, column] = [sql(table_name), sql(column_name)]
    // In the order of their due time; what was moved lies behind the place where the next step begins.
    for (let fromMs = nowMs; ;) {
      const [last] = yield* sql<{ at_ms: number | null; rows: number }>`
        SELECT max(at_ms) AS at_ms, count(*) AS rows FROM
          (SELECT ${column} AS at_ms FROM ${table} WHERE ${column} > ${fromMs}
            ORDER BY ${column} LIMIT ${rowsAtOnce})`
      if (last === undefined || last.at_ms === null) break
      const ahead = last.at_ms
      const changed = yield* sql`UPDATE ${table} SET ${column} = max(${nowMs}, ${column} - ${byMs})
        WHERE ${column} > ${fromMs} AND ${column} <= ${ahead} RETURNING 1`.pipe(sql.withTransaction)
      moved += changed.length
      fromMs = ahead
    }
  }
  return moved
})

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const supervisor = yield* Supervisor
    const conditions = yield* Conditions
    let wallMs = yield* Clock.currentTimeMillis
    let monotonicNs = yield* Clock.monotonicTimeNanos
    let jump: { readonly byMs: number; readonly atNs: bigint } | null = null

    const look = Effect.gen(function* () {
      const nowMs = yield* Clock.currentTimeMillis
      const nowNs = yield* Clock.monotonicTimeNanos
      const byMs = Math.round(nowMs - wallMs - Number(nowNs - monotonicNs) / 1e6)
      wallMs = nowMs
      monotonicNs = nowNs
      if (Math.abs(byMs) <= toleratedMs) return
      jump = { byMs, atNs: nowNs }
      const moved =
        byMs < 0
          ? yield* bringForward(nowMs, -byMs).pipe(Effect.provideService(SqlClient.SqlClient, sql))
          : 0
      yield* Effect.logWarning(
        `the clock was set ${byMs} ms ${byMs < 0 ? "back" : "ahead"}; ${moved} rows that were due later were brought forward`,
      )
    })
    yield* supervisor.service("clock-watch", Effect.schedule(look, Schedule.spaced(lookEvery)))
    yield* conditions.add(
      "clock",
      Effect.map(Clock.monotonicTimeNanos, (nowNs) => {
        const agoMs = jump === null ? Infinity : Number(nowNs - jump.atNs) / 1e6
        const ok = agoMs > Duration.toMillis(rememberedFor)
        return {
          name: "clock",
          ok,
          blocks: false,
          says: ok
            ? "runs evenly"
            : `was set by ${jump?.byMs} ms, ${Math.round(agoMs / 1000)} s ago`,
        }
      }),
    )
  }),
)
