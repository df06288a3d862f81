/**
 * Pauses of queues as rows: a queue that was paused is paused again after a restart, before anything
 * is taken from it.
 *
 * Every pause is a row with its reason and its end, and is closed with the reason of the resumption: the
 * rows are the audit of who held what up. A pause whose time is over needs nobody to close it.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import {
  Backlogs,
  type QueueNotFound,
  type QueuePause,
  type QueueView,
  StandingPauses,
} from "./Backlogs.ts"

/** A step of each lane's schema; like a migration it is never edited once landed. */
export const createQueuePauses = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE queue_pauses (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    reason TEXT NOT NULL,
    until_ms INTEGER,
    paused_at_ms INTEGER NOT NULL,
    resumed_at_ms INTEGER,
    resume_reason TEXT,
    CHECK ((resumed_at_ms IS NULL) = (resume_reason IS NULL))
  ) STRICT`
  yield* sql`CREATE UNIQUE INDEX queue_pauses_standing ON queue_pauses (queue)
    WHERE resumed_at_ms IS NULL`
})

const standing = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<{ queue: string; reason: string; until_ms: number | null }>`
    SELECT queue, reason, until_ms FROM queue_pauses
    WHERE resumed_at_ms IS NULL AND (until_ms IS NULL OR until_ms > ${now})`
  return new Map(rows.map((row) => [row.queue, { reason: row.reason, untilMs: row.until_ms }]))
}).pipe(Effect.orDie)

/** The pauses that stand in the lane's file, for the queues to begin with. */
export const layerStanding = Layer.effect(StandingPauses, standing)

export class QueuePauses extends Context.Service<
  QueuePauses,
  {
    /** Replaces the pause there is. */
    readonly pause: (queue: string, pause: QueuePause) => Effect.Effect<QueueView, QueueNotFound>
    /** A queue that is not paused stays as it is. */
    readonly resume: (queue: string, reason: string) => Effect.Effect<QueueView, QueueNotFound>
  }
>()("runtime/QueuePauses") {
  static readonly layer = Layer.effect(
    QueuePauses,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const backlogs = yield* Backlogs

      const close = Effect.fnUntraced(function* (queue: string, reason: string, now: number) {
        yield* sql`UPDATE queue_pauses SET resumed_at_ms = ${now}, resume_reason = ${reason}
          WHERE queue = ${queue} AND resumed_at_ms IS NULL`
      })
      const pause = Effect.fnUntraced(function* (queue: string, { reason, untilMs }: QueuePause) {
        const view = yield* backlogs.pause(queue, { reason, untilMs })
        const now = yield* Clock.currentTimeMillis
        yield* close(queue, "paused anew", now).pipe(
          Effect.andThen(sql`INSERT INTO queue_pauses (queue, reason, until_ms, paused_at_ms)
            VALUES (${queue}, ${reason}, ${untilMs}, ${now})`),
          sql.withTransaction,
          Effect.orDie,
        )
        return view
      })
      const resume = Effect.fnUntraced(function* (queue: string, reason: string) {
        const view = yield* backlogs.resume(queue)
        const now = yield* Clock.currentTimeMillis
        yield* close(queue, reason, now).pipe(sql.withTransaction, Effect.orDie)
        return view
      })
      return QueuePauses.of({ pause, resume })
    }),
  )
}
