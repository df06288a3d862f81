/**
 * This start of the process in this lane's file: its number, and what the start before left behind.
 *
 * Promises: the number grows by one a start; job runs that a kill cut off are closed as
 * `interrupted` before anything else runs.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

export class Boot extends Context.Service<
  Boot,
  {
    readonly id: number
    readonly startedAtMs: number
    /** The start before was killed: it never wrote that it stopped. */
    readonly afterKill: boolean
  }
>()("runtime/Boot") {
  static readonly layer = Layer.effect(
    Boot,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const startedAtMs = yield* Clock.currentTimeMillis
      const boot = yield* Effect.gen(function* () {
        const [previous] = yield* sql<{ id: number; stopped_at_ms: number | null }>`
          SELECT id, stopped_at_ms FROM boots ORDER BY id DESC LIMIT 1`
        const id = (previous?.id ?? 0) + 1
        yield* sql`INSERT INTO boots (id, started_at_ms) VALUES (${id}, ${startedAtMs})`
        yield* sql`UPDATE job_runs SET outcome = 'interrupted', ended_at_ms = ${startedAtMs},
          error = 'the process ended during the run' WHERE outcome = 'running'`
        return {
          id,
          startedAtMs,
          afterKill: previous !== undefined && previous.stopped_at_ms === null,
        }
      }).pipe(sql.withTransaction, Effect.orDie)
      yield* Effect.addFinalizer(() =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          yield* sql`UPDATE boots SET stopped_at_ms = ${now} WHERE id = ${boot.id}`
        }).pipe(sql.withTransaction, Effect.orDie),
      )
      return boot
    }),
  )
}
