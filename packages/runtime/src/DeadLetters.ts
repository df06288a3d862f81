/**
 * What was given up after its attempts, kept with its cause until somebody redrives it.
 *
 * A letter that is to be tried again has 0 attempts ({@link ask}); the subscriber of an event takes
 * such letters up at its start and at every sweep ({@link redeliver}). One that is applied is removed
 * in the transaction that applied it; one that fails again is a dead letter again, with the new cause.
 * Does not: move a cursor. A redelivered event comes after newer ones: handlers are idempotent, and the
 * bridge derives the subscriber's state from the truth afterwards.
 */
import { Cause, Clock, Effect, Metric, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Envelope } from "@evaluator/domain/event/DomainEvent"
import { gaugeOf, metrics } from "@evaluator/telemetry/Names"
import { committing } from "./CommitName.ts"

/** Letters one sweep takes up at most. */
export const redeliveriesAtOnce = 256
/** Attempts of a delivery before it is given up: the first and two more. */
export const attemptsEach = 3

export interface LetterGroup {
  readonly source: string
  /** The first line of the cause with ids and numbers left out. */
  readonly cause: string
  readonly letters: number
  readonly oldestMs: number
  readonly newestMs: number
  /** The subject of the newest, as an example. */
  readonly example: string
  /** Letters of the group that wait for their next try. */
  readonly waiting: number
}

interface LetterRow {
  readonly source: string
  readonly subject: string
  readonly cause: string
  readonly attempts: number
  readonly at_ms: number
}

/** A cause without what differs from letter to letter. */
export const kindOfCause = (cause: string): string =>
  (cause.split("\n")[0] ?? "")
    .replace(/\b0x[0-9a-fA-F]+\b/g, "0x…")
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, "…")
    .replace(/\b\d+(\.\d+)?\b/g, "n")
    .slice(0, 160)

/**
 * Shows how many letters of each source the file has that wait for somebody, whoever wrote, redrove or
 * removed them: run when the metrics are read. A source that had some is shown with 0 when none is left.
 */
export const makeGauges = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  let shown: ReadonlySet<string> = new Set()
  return Effect.gen(function* () {
    const rows = yield* sql<{ source: string; letters: number }>`
      SELECT source, count(*) AS letters FROM dead_letters WHERE attempts > 0 GROUP BY source`
    const letters = new Map(rows.map((row) => [row.source, row.letters]))
    shown = new Set([...shown, ...letters.keys()])
    for (const source of shown) {
      const gauge = Metric.withAttributes(gaugeOf(metrics.deadLetters), { source })
      yield* Metric.update(gauge, letters.get(source) ?? 0)
    }
  }).pipe(Effect.orDie)
})

/** The letters of a file by source and cause, most letters first. */
export const grouped = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<LetterRow>`
    SELECT source, subject, cause, attempts, at_ms FROM dead_letters ORDER BY at_ms, id`
  const groups = new Map<string, LetterGroup>()
  for (const row of rows) {
    const cause = kindOfCause(row.cause)
    const key = `${row.source}\n${cause}`
    const known = groups.get(key)
    groups.set(key, {
      source: row.source,
      cause,
      letters: (known?.letters ?? 0) + 1,
      oldestMs: known?.oldestMs ?? row.at_ms,
      newestMs: row.at_ms,
      example: row.subject,
      waiting: (known?.waiting ?? 0) + (row.attempts === 0 ? 1 : 0),
    })
  }
  return [...groups.values()].toSorted((a, b) => b.letters - a.letters)
}).pipe(Effect.orDie)

/** The transaction by which an owner has letters redriven. */
export const asking = Effect.fnUntraced(function* <A, E, R>(asked: Effect.Effect<A, E, R>) {
  const sql = yield* SqlClient.SqlClient
  return yield* committing("bridge-ask")(sql.withTransaction(asked))
})

/** Marks the letters of a source (or the one of a subject) to be tried again; answers how many. */
export const ask = Effect.fnUntraced(
  function* (source: string, subject: string | null) {
    const sql = yield* SqlClient.SqlClient
    const marked = yield* sql`UPDATE dead_letters SET attempts = 0
      WHERE source = ${source} AND (${subject} IS NULL OR subject = ${subject}) RETURNING id`
    return marked.length
  },
  (marked) => Effect.orDie(asking(marked)),
)

/** Writes a letter, or its newest failure where it is one already; in the caller's transaction. */
export const write = Effect.fnUntraced(function* (letter: {
  readonly source: string
  readonly subject: string
  readonly cause: string
  readonly attempts: number
  /** What is needed to try again, as JSON; of a row that is given up nothing. */
  readonly payload?: string
}) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`INSERT INTO dead_letters (source, subject, cause, attempts, payload, at_ms)
    VALUES (${letter.source}, ${letter.subject}, ${letter.cause}, ${letter.attempts},
      ${letter.payload ?? "{}"}, ${now})
    ON CONFLICT (source, subject) DO UPDATE SET cause = excluded.cause,
      attempts = excluded.attempts, at_ms = excluded.at_ms`
}, Effect.orDie)

/** Keeps an event that a subscriber could not apply, or asks that it be delivered (`attempts` 0). */
export const keep = ({
  event,
  ...letter
}: {
  readonly source: string
  readonly event: Envelope
  readonly cause: string
  readonly attempts: number
}) => write({ ...letter, subject: event.id, payload: JSON.stringify(event) })

const decodeEnvelope = Schema.decodeUnknownEffect(Schema.fromJsonString(Envelope))

/** Applies the events of a source that wait to be tried again, oldest first. */
export const redeliver = Effect.fnUntraced(function* <E, R>(
  source: string,
  apply: (event: Envelope) => Effect.Effect<void, E, R>,
) {
  const sql = yield* SqlClient.SqlClient
  const letters = yield* sql<{ id: number; payload: string }>`
    SELECT id, payload FROM dead_letters WHERE source = ${source} AND attempts = 0
    ORDER BY id LIMIT ${redeliveriesAtOnce}`.pipe(Effect.orDie)
  for (const { id, payload } of letters) {
    const event = yield* decodeEnvelope(payload).pipe(Effect.orDie)
    yield* apply(event).pipe(
      Effect.andThen(sql`DELETE FROM dead_letters WHERE id = ${id}`),
      sql.withTransaction,
      Effect.sandbox,
      Effect.retry({ times: attemptsEach - 1, schedule: Schedule.exponential("100 millis") }),
      Effect.catch((cause) =>
        keep({ source, event, cause: Cause.pretty(cause), attempts: attemptsEach }),
      ),
    )
  }
  return letters.length
})
