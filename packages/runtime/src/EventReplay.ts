/**
 * Delivers a range of the other lane's events to this lane's subscriber again.
 *
 * The events wait beside the subscriber's dead letters and are applied, oldest first, by the subscriber
 * itself ({@link RedriveBell}); its cursor stays where it is. Handlers are idempotent, and the subscriber
 * derives its state from the truth afterwards: an old event does not put an old state back for good.
 * Limits: {@link replayedAtOnce} events a request, read and kept 256 at a time.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Envelope } from "@evaluator/domain/event/DomainEvent"
import * as DeadLetters from "./DeadLetters.ts"
import { EventLog, readLimit } from "./EventLog.ts"
import { LaneLink } from "./LaneLink.ts"
import { RedriveBell } from "./RedriveBell.ts"

export const replayedAtOnce = 10_000

const Range = Schema.Struct({ after: Schema.Int, to: Schema.Int })
const Events = Schema.Array(Envelope)

/** Lets the other lane read this lane's log from place to place. */
export const serveRange = Effect.fnUntraced(function* (logName: string) {
  const log = yield* EventLog
  const link = yield* LaneLink
  yield* link.serve(
    `${logName}.range`,
    Effect.fnUntraced(function* (payload: unknown) {
      const { after, to } = yield* Schema.decodeUnknownEffect(Range)(payload)
      const events = yield* log.readAfter(after, readLimit)
      return events.filter(({ seq }) => seq <= to)
    }),
  )
})

export interface Replay {
  /** The source of the subscriber's letters. */
  readonly subscriber: string
  readonly logName: string
  /** First and last `seq`. */
  readonly from: number
  readonly to: number
}

/** Asks for the range and rings; answers how many events will be applied again. */
export const replay = Effect.fnUntraced(function* ({ from, logName, subscriber, to }: Replay) {
  const sql = yield* SqlClient.SqlClient
  const link = yield* LaneLink
  const bell = yield* RedriveBell
  let events = 0
  for (let after = from - 1; events < replayedAtOnce;) {
    const page = yield* link
      .ask(`${logName}.range`, { after, to: Math.min(to, from + replayedAtOnce - 1) })
      .pipe(Effect.flatMap(Schema.decodeUnknownEffect(Events)))
    if (page.length === 0) break
    yield* Effect.forEach(
      page,
      (event) =>
        DeadLetters.keep({ source: subscriber, event, cause: "asked for by hand", attempts: 0 }),
      { discard: true },
    ).pipe(sql.withTransaction, Effect.orDie)
    events += page.length
    after = page.at(-1)!.seq
  }
  if (events > 0) yield* bell.ring(subscriber)
  return events
})
