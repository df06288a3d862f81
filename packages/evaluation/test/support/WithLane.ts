/**
 * What a job or a store needs, on a database file of its own and a venue in memory.
 */
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { decodeEvent, type DomainEvent, type EventType } from "@evaluator/domain/event/DomainEvent"
import { EventLog } from "@evaluator/runtime/EventLog"
import { settingsLayer } from "./Defaults.ts"
import { fileLayer, machinery } from "./EvaluatorFile.ts"
import { FakeVenue } from "./FakeVenue.ts"

type Overrides = Parameters<typeof settingsLayer>[0]

export const withLane = (venue: FakeVenue = new FakeVenue(), overrides: Overrides = {}) =>
  Effect.provide(
    Layer.mergeAll(machinery, venue.layer, settingsLayer(overrides)).pipe(
      Layer.provideMerge(fileLayer),
    ),
  )

export const countRows = (table: string) =>
  SqlClient.SqlClient.use(
    (sql) => sql<{ n: number }>`SELECT count(*) AS n FROM ${sql(table)}`,
  ).pipe(
    Effect.map(([row]) => row!.n),
    Effect.orDie,
  )

/** The events of a type so far, oldest first, at most 256 of all types. */
export const eventsOf = Effect.fnUntraced(function* <T extends EventType>(type: T) {
  const log = yield* EventLog
  const events = yield* log.readAfter(0, 256)
  return events.flatMap((envelope): ReadonlyArray<DomainEvent<T>["payload"]> => {
    if (envelope.type !== type) return []
    const decoded = decodeEvent(envelope)
    if (decoded._tag === "Failure") throw decoded.failure
    return [decoded.success.payload as DomainEvent<T>["payload"]]
  })
})

export const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)
