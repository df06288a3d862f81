/**
 * The lane's log of typed events: rows before they are messages.
 *
 * Promises: an appended event is committed with the rows of the caller's transaction and announced
 * only after the commit; `seq` grows in commit order; what is announced can be read again.
 * Does not: keep a slow listener's announcements for ever. A listener is given hints through a
 * sliding subscription; whoever must see every event reads by `seq`, as the bridge does.
 * Limits: {@link announcementCapacity} unread announcements a listener; a read of at most 256 events.
 */
import { Clock, Context, Effect, Layer, Metric, PubSub, Random, type Scope, Tracer } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { SqlClient } from "effect/sql"
import {
  type DomainEvent,
  encodePayload,
  type Envelope,
  type EventDraft,
  EventType,
  eventVersion,
} from "@evaluator/domain/event/DomainEvent"
import { progressed } from "./JobProgress.ts"
import { Causation } from "@evaluator/telemetry/Causation"
import { traceparentOf } from "@evaluator/telemetry/Messaging"
import { counterOf, metrics } from "@evaluator/telemetry/Names"

/** Unread announcements kept for one listener before the oldest slide out. */
export const announcementCapacity = 1024
/** Most events one read returns. */
export const readLimit = 256

/** A place in a log. `eventId` is null only before the first event. */
export interface LogPosition {
  readonly logId: string
  readonly seq: number
  readonly eventId: string | null
}

const published = counterOf(metrics.eventsPublished)
const publishedOf = Object.fromEntries(
  EventType.literals.map((type) => [type, Metric.withAttributes(published, { type })]),
) as Readonly<Record<EventType, typeof published>>

/** A row of the table `events`. */
export interface EventRow {
  readonly seq: number
  readonly id: string
  readonly type: EventType
  readonly version: number
  readonly at_ms: number
  readonly correlation_id: string
  readonly causation_id: string | null
  readonly traceparent: string | null
  readonly payload: string
}

export const toEnvelope = (row: EventRow): Envelope => ({
  id: row.id,
  seq: row.seq,
  type: row.type,
  version: row.version,
  atMs: row.at_ms,
  correlationId: row.correlation_id,
  causationId: row.causation_id,
  traceparent: row.traceparent,
  payload: row.payload,
})

/** An announcement carries the typed payload: in the lane that made it nothing needs decoding. */
export type Announcement = DomainEvent

export class EventLog extends Context.Service<
  EventLog,
  {
    /** The name of this log, random, made with the file. */
    readonly logId: string
    /** Writes events in the caller's transaction (one of its own when there is none). */
    readonly append: (drafts: ReadonlyArray<EventDraft>) => Effect.Effect<void>
    /** Events with a greater `seq`, oldest first, at most `limit` (never more than 256). */
    readonly readAfter: (seq: number, limit: number) => Effect.Effect<ReadonlyArray<Envelope>>
    /** The newest event's place. */
    readonly head: Effect.Effect<LogPosition>
    /** Whether a place read earlier is still part of this log. */
    readonly contains: (position: LogPosition) => Effect.Effect<boolean>
    /** Announcements of the named types from now on; take them with `PubSub.take`. */
    readonly listen: (
      types: ReadonlyArray<EventType>,
    ) => Effect.Effect<PubSub.Subscription<Announcement>, never, Scope.Scope>
    /** Runs `wake` after every commit that appended events; it must be quick and cannot fail. */
    readonly onCommit: (wake: Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>
  }
>()("runtime/EventLog") {
  static readonly layer = Layer.effect(
    EventLog,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const wakes = new Set<Effect.Effect<void>>()
      const topics = new Map<EventType, Set<PubSub.PubSub<Announcement>>>()

      // Ids from the Random and Clock services, so that virtual time repeats them.
      const random = yield* Random.Random
      const newId = SecureRandom.make((size) =>
        new Uint8Array(size).map(() => Math.floor(random.nextDoubleUnsafe() * 256)),
      ).uuidV7()

      const logId = yield* Effect.gen(function* () {
        const [known] = yield* sql<{ log_id: string }>`SELECT log_id FROM log_identity`
        if (known !== undefined) return known.log_id
        const fresh = yield* newId
        yield* sql`INSERT INTO log_identity (only, log_id) VALUES (1, ${fresh})`
        return fresh
      }).pipe(sql.withTransaction, Effect.orDie)

      // In one step where no listener is full and nobody is to be woken: this is done for every commit.
      const announce = (events: ReadonlyArray<Announcement>) =>
        Effect.withFiber((fiber) => {
          const rest: Array<Effect.Effect<unknown>> = []
          for (const event of events) {
            publishedOf[event.type].updateUnsafe(1, fiber.context)
            for (const topic of topics.get(event.type) ?? []) {
              if (!PubSub.publishUnsafe(topic, event)) rest.push(PubSub.publish(topic, event))
            }
          }
          rest.push(...wakes)
          return rest.length === 0 ? Effect.void : Effect.all(rest, { discard: true })
        })

      const write = (drafts: ReadonlyArray<EventDraft>) =>
        Effect.withFiber((fiber) => {
          const causation = fiber.getRef(Causation)
          // Not `currentSpan`, which makes an error with its stack where there is none.
          const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
          const common = {
            version: eventVersion,
            atMs: fiber.getRef(Clock.Clock).currentTimeMillisUnsafe(),
            causationId: causation?.causationId ?? null,
            traceparent: span?._tag === "Span" ? traceparentOf(span) : null,
          }
          const insert = (draft: EventDraft) =>
            Effect.flatMap(newId, (id) => {
              const correlationId = causation?.correlationId ?? id
              return Effect.map(
                sql<{ seq: number }>`
                  INSERT INTO events (id, type, version, at_ms, correlation_id, causation_id, traceparent, payload)
                  VALUES (${id}, ${draft.type}, ${common.version}, ${common.atMs}, ${correlationId},
                    ${common.causationId}, ${common.traceparent}, ${encodePayload(draft)}) RETURNING seq`,
                ([row]) =>
                  ({
                    ...common,
                    id,
                    seq: row!.seq,
                    type: draft.type,
                    correlationId,
                    payload: draft.payload,
                  }) as Announcement,
              )
            })
          return Effect.flatMap(
            drafts.length === 1
              ? Effect.map(insert(drafts[0]!), (event) => [event])
              : Effect.forEach(drafts, insert),
            (events) => sql.afterCommit(Effect.andThen(progressed, announce(events))),
          )
        }).pipe(Effect.orDie)

      // Within a transaction there is nothing to save: an append that fails is a defect of all of it.
      const append = (drafts: ReadonlyArray<EventDraft>) =>
        drafts.length === 0
          ? Effect.void
          : Effect.withFiber((fiber) =>
              Context.getOrUndefined(fiber.context, sql.transactionService) !== undefined
                ? write(drafts)
                : sql.withTransaction(write(drafts)).pipe(Effect.orDie),
            )

      const readAfter = (seq: number, limit: number) =>
        sql<EventRow>`SELECT * FROM events WHERE seq > ${seq} ORDER BY seq LIMIT ${Math.min(limit, readLimit)}`.pipe(
          Effect.map((rows) => rows.map(toEnvelope)),
          Effect.orDie,
        )

      const head = sql<{
        seq: number
        id: string
      }>`SELECT seq, id FROM events ORDER BY seq DESC LIMIT 1`.pipe(
        Effect.map(([row]): LogPosition => ({
          logId,
          seq: row?.seq ?? 0,
          eventId: row?.id ?? null,
        })),
        Effect.orDie,
      )

      const contains = Effect.fnUntraced(function* (position: LogPosition) {
        if (position.logId !== logId) return false
        if (position.seq === 0) return true
        const [row] = yield* sql<{ id: string }>`SELECT id FROM events WHERE seq = ${position.seq}`
        return row?.id === position.eventId
      }, Effect.orDie)

      const listen = Effect.fnUntraced(function* (types: ReadonlyArray<EventType>) {
        const topic = yield* PubSub.sliding<Announcement>(announcementCapacity)
        for (const type of types) {
          const listeners = topics.get(type) ?? new Set()
          topics.set(type, listeners.add(topic))
        }
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => types.forEach((type) => topics.get(type)?.delete(topic))),
        )
        return yield* PubSub.subscribe(topic)
      })

      const onCommit = (wake: Effect.Effect<void>) =>
        Effect.acquireRelease(
          Effect.sync(() => wakes.add(wake)),
          () => Effect.sync(() => wakes.delete(wake)),
        ).pipe(Effect.asVoid)

      return EventLog.of({ logId, append, readAfter, head, contains, listen, onCommit })
    }),
  )
}
