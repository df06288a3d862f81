/**
 * Where a run that was cut off goes on: a checkpoint in its row, written in the commit of the step that
 * reached it. The next run of the job takes it over when it begins; a completed run leaves none.
 *
 * For walks whose place no truth query can find again. What a step before the checkpoint did must have been
 * committed with it or before it: it is not done again.
 * Ignored, with a line in the log: a checkpoint of another definition, one that cannot be read, one too old.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { CurrentRun } from "./JobProgress.ts"

export interface Checkpoint<P> {
  /** What is walked, and how: a checkpoint means nothing to a walk that is defined otherwise. */
  readonly definition: string
  readonly position: Schema.Codec<P, string>
  /** What was done before a checkpoint is built upon for so long after it. */
  readonly goodFor: Duration.Input
}

interface Kept {
  readonly checkpoint: string | null
  readonly checkpoint_of: string | null
  readonly checkpoint_at_ms: number | null
}

/** Why the checkpoint is not gone on from; `null` when it is. */
const objection = <P>(of: Checkpoint<P>, kept: Kept, nowMs: number): string | null => {
  if (kept.checkpoint_of !== of.definition)
    return `it is of "${kept.checkpoint_of}", this run does "${of.definition}"`
  const ageMs = nowMs - (kept.checkpoint_at_ms ?? 0)
  const goodFor = Duration.fromInputUnsafe(of.goodFor)
  return ageMs > Duration.toMillis(goodFor)
    ? `it is ${Duration.format(Duration.millis(ageMs))} old, good for ${Duration.format(goodFor)}`
    : null
}

/** Where the run goes on; `null`: at the beginning. Outside a run there is nothing to go on from. */
export const goesOnFrom = Effect.fnUntraced(function* <P>(
  of: Checkpoint<P>,
): Effect.fn.Return<P | null, never, SqlClient.SqlClient> {
  const run = yield* CurrentRun
  if (run === null) return null
  const sql = yield* SqlClient.SqlClient
  const [kept] = yield* sql<Kept>`SELECT checkpoint, checkpoint_of, checkpoint_at_ms
    FROM job_runs WHERE id = ${run.id}`.pipe(Effect.orDie)
  const text = kept?.checkpoint ?? null
  if (kept === undefined || text === null) return null
  const why = objection(of, kept, yield* Clock.currentTimeMillis)
  const position = Schema.decodeOption(of.position)(text)
  if (why !== null || Option.isNone(position)) {
    yield* Effect.logInfo(
      `where the run before was cut off is ignored, it begins anew: ${why ?? "it cannot be read"}`,
    )
    yield* beginAnew
    return null
  }
  yield* Effect.logInfo(`goes on where the run before was cut off: ${text}`)
  return position.value
})

/** The run is at the position; in the transaction of the step that brought it there. */
export const atCheckpoint = Effect.fnUntraced(function* <P>(of: Checkpoint<P>, position: P) {
  const run = yield* CurrentRun
  if (run === null) return
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE job_runs SET checkpoint = ${Schema.encodeSync(of.position)(position)},
    checkpoint_of = ${of.definition}, checkpoint_at_ms = ${yield* Clock.currentTimeMillis}
    WHERE id = ${run.id}`.pipe(Effect.orDie)
})

/** There is nothing to go on from: the run, or the one after it, begins at the beginning. */
export const beginAnew = Effect.gen(function* () {
  const run = yield* CurrentRun
  if (run === null) return
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE job_runs SET checkpoint = NULL, checkpoint_of = NULL, checkpoint_at_ms = NULL
    WHERE id = ${run.id}`.pipe(sql.withTransaction, Effect.orDie)
})
