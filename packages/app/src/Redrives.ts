/**
 * What trying a dead letter again means, source by source.
 *
 * Work that has a row is made due in it and loses its letter: the truth query finds it. An event waits
 * in its letter until its subscriber takes it up. Each in the caller's transaction.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"

interface Redrive {
  /** What will happen, in words. */
  readonly does: string
  /** Makes the row of a letter due; `subject` as the letter has it. */
  readonly makeDue:
    | ((subject: string, nowMs: number) => Effect.Effect<unknown, Error, SqlClient.SqlClient>)
    | null
}

/** The row is due now, as if it had never failed. */
const dueNow = (
  what: string,
  makeDue: (
    sql: SqlClient.SqlClient,
    subject: string,
    now: number,
  ) => Effect.Effect<unknown, Error>,
): Redrive => ({
  does: `${what} due now, with no failed attempt`,
  makeDue: (subject, now) => SqlClient.SqlClient.use((sql) => makeDue(sql, subject, now)),
})

const feed = (name: "activity" | "trades") =>
  dueNow(
    "the wallet's feed is",
    (sql, wallet, now) => sql`UPDATE wallet_feeds SET due_ms = ${now}, attempts = 0
      WHERE wallet = ${hexToBytes(wallet)} AND feed = ${name}`,
  )

const event: Redrive = {
  does: "the subscriber applies the event: at once when the service runs, else when it has started",
  makeDue: null,
}

const bySource: Readonly<Record<string, Redrive>> = {
  evaluation: event,
  paper: event,
  "ingest-activity": feed("activity"),
  "ingest-trades": feed("trades"),
  "describe-markets": dueNow(
    "the market's facts are",
    (
      sql,
      condition,
      now,
    ) => sql`UPDATE conditions SET describe_due_ms = ${now}, describe_attempts = 0
          WHERE condition = ${hexToBytes(condition)}`,
  ),
  "resolve-markets": dueNow(
    "the market's resolution is",
    (sql, condition, now) => sql`UPDATE conditions SET resolve_due_ms = ${now}, resolve_attempts = 0
          WHERE condition = ${hexToBytes(condition)}`,
  ),
  "snapshot-positions": dueNow(
    "the wallet's snapshot is",
    (sql, wallet, now) => sql`UPDATE position_snapshots SET due_ms = ${now}, attempts = 0
          WHERE wallet = ${hexToBytes(wallet)}`,
  ),
  "measure-drift": dueNow(
    "the wallet's fills are",
    (sql, wallet, now) => sql`UPDATE wallets SET drift_due_ms = ${now}, drift_attempts = 0
          WHERE wallet = ${hexToBytes(wallet)}`,
  ),
  "discover-wallets": dueNow(
    "the place is",
    (sql, place, now) => sql`UPDATE discovery_items SET due_ms = ${now}, attempts = 0
          WHERE kind || ' ' || subject = ${place}`,
  ),
  watch: {
    does: "the wallet is polled at once, with no failed attempt",
    makeDue: (subject, now) => {
      const [wallet = "", fromMs = ""] = subject.split(" from ")
      return SqlClient.SqlClient.use(
        (sql) => sql`UPDATE watches SET next_poll_at_ms = ${now}, attempts = 0, error = NULL
          WHERE wallet = ${hexToBytes(wallet)} AND from_ms = ${Number(fromMs)}`,
      )
    },
  },
  settlement: {
    does: "the letter is forgotten; the next sweep looks at the lot and writes it again if need be",
    makeDue: () => Effect.void,
  },
}

/** What a redrive of the source would do; `null` for a source nobody knows. */
export const redriveOf = (source: string): string | null => bySource[source]?.does ?? null

/** Redrives letters of one source. */
export const redrive = Effect.fnUntraced(function* (
  source: string,
  subjects: ReadonlyArray<string>,
  nowMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  const makeDue = bySource[source]?.makeDue ?? null
  yield* Effect.forEach(
    subjects,
    (subject) =>
      makeDue === null
        ? Effect.asVoid(DeadLetters.ask(source, subject))
        : makeDue(subject, nowMs).pipe(
            Effect.andThen(
              sql`DELETE FROM dead_letters WHERE source = ${source} AND subject = ${subject}`,
            ),
            Effect.asVoid,
          ),
    { discard: true },
  ).pipe(DeadLetters.asking)
})
