/**
 * How far the other lane's subscribers have come in this lane's log, as their pulls said: their cursors
 * are in their own file, so this is how the log's keeper knows what may be let go.
 *
 * Promises: a subscriber is never further back than its row says; a row may be behind by
 * {@link noteEvery} events or {@link noteWithinMs}, so that reading does not write each time. One row
 * a subscriber.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"

/** A step of both lanes' schemas. */
export const createLogReaders = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE log_readers (
    subscriber TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    noted_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
})

export const noteEvery = 256
export const noteWithinMs = 60_000

/** Notes where subscribers pull from; the effect it answers with takes the cursor of a pull. */
export const makeNotes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const noted = new Map<string, { readonly seq: number; readonly atMs: number }>()
  return Effect.fnUntraced(function* (subscriber: string, seq: number) {
    const now = yield* Clock.currentTimeMillis
    const last = noted.get(subscriber)
    const little = last !== undefined && Math.abs(seq - last.seq) < noteEvery
    if (little && (seq === last.seq || now - last.atMs < noteWithinMs) && seq >= last.seq) return
    noted.set(subscriber, { seq, atMs: now })
    yield* sql`INSERT INTO log_readers (subscriber, seq, noted_at_ms)
      VALUES (${subscriber}, ${seq}, ${now}) ON CONFLICT (subscriber) DO UPDATE SET
        seq = excluded.seq, noted_at_ms = excluded.noted_at_ms`
  }, Effect.orDie)
})

/** The seq that every subscriber has come to; null when none was ever heard of. */
export const slowestReader = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ seq: number | null }>`SELECT min(seq) AS seq FROM log_readers`
  return row?.seq ?? null
}).pipe(Effect.orDie)
