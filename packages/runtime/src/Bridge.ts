/**
 * Carries one lane's events to the other: at least once, in order, from a cursor kept in the
 * subscriber's own file.
 *
 * The side that owns the log serves it ({@link serveLog}) and hints that there is news; the
 * subscriber ({@link subscribe}) pulls at most {@link pullLimit} events a turn, handles them and moves its
 * cursor in one transaction. An event whose handler fails is tried alone, three times with growing
 * pauses, then kept in `dead_letters` with its cause while the others go on; what is redriven from
 * there is applied again between turns. A cursor that no longer
 * fits the log (a restore, a lost tail) is rewound: the subscriber derives its state again from the
 * truth and takes the head.
 */
import {
  Cause,
  Clock,
  type Duration,
  Effect,
  Latch,
  Metric,
  Option,
  Ref,
  Schedule,
  Schema,
  type Scope,
  Semaphore,
} from "effect"
import { SqlClient } from "effect/sql"
import { Envelope } from "@evaluator/domain/event/DomainEvent"
import { LogicalService } from "@evaluator/telemetry/LogicalService"
import { Causation } from "@evaluator/telemetry/Causation"
import { counterOf, gaugeOf, metrics } from "@evaluator/telemetry/Names"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { committing } from "./CommitName.ts"
import * as DeadLetters from "./DeadLetters.ts"
import { EventLog, type LogPosition } from "./EventLog.ts"
import { received, sent, sentAgain } from "./EventEdges.ts"
import { serveRange } from "./EventReplay.ts"
import { LaneLink, type LaneLinkError } from "./LaneLink.ts"
import { RedriveBell } from "./RedriveBell.ts"
import { makeNotes } from "./LogReaders.ts"
import { Supervisor, SweepEvery } from "./Supervisor.ts"

export const pullLimit = 256

const Position = Schema.Struct({
  logId: Schema.String,
  seq: Schema.Int,
  eventId: Schema.NullOr(Schema.String),
})
const PullRequest = Schema.Struct({
  subscriber: Schema.String,
  /** Whose work the handling is. */
  consumer: LogicalService,
  cursor: Schema.NullOr(Position),
  limit: Schema.Int,
})
const Pulled = Schema.Struct({
  /** False: the cursor is no place in this log. */
  matched: Schema.Boolean,
  head: Position,
  events: Schema.Array(Envelope),
})

/**
 * Serves this lane's log to the other lane under `logName`. A commit is hinted at when there was a pull
 * since the hint before: a lane that does not pull has no more than one hint to hear.
 */
export const serveLog = Effect.fnUntraced(function* (logName: string) {
  const log = yield* EventLog
  const link = yield* LaneLink
  const tracer = yield* ServiceTracer
  const note = yield* makeNotes
  let hinted = false
  yield* link.serve(
    `${logName}.pull`,
    Effect.fnUntraced(function* (payload: unknown) {
      // Before the log is read: what is committed from here on may not be in the answer.
      hinted = false
      const request = yield* Schema.decodeUnknownEffect(PullRequest)(payload)
      const head = yield* log.head
      const matched = request.cursor !== null && (yield* log.contains(request.cursor))
      // What it has applied: retention lets nothing go that it has not.
      if (matched) yield* note(request.subscriber, request.cursor!.seq)
      const found = matched ? yield* log.readAfter(request.cursor!.seq, request.limit) : []
      const events = yield* Effect.forEach(found, (event) => sent(tracer, request, event))
      return Pulled.make({ matched, head, events })
    }),
  )
  yield* serveRange(logName)
  const tellOnce = Effect.suspend(() => {
    if (hinted) return Effect.void
    hinted = true
    return link.tell(`${logName}.hint`, null)
  })
  yield* log.onCommit(tellOnce)
})

/** Every place where a bridge commits to its subscriber's file, by name. */
export const bridgeCommits = {
  "bridge-apply": "events are applied and the cursor has passed them",
  "bridge-bury": "an event that cannot be applied is a dead letter, the cursor has passed it",
  "bridge-rewind": "a cursor that fits no more is at the head, the truth is asked for",
  "bridge-ask": "an owner asked that dead letters be tried again",
  "bridge-redeliver": "a dead letter is applied after all, or kept for another time",
} as const
const committingAt = (point: keyof typeof bridgeCommits) => committing(point)

export interface Subscription<E, R> {
  /** Names the cursor; stable over releases. */
  readonly subscriber: string
  /** The name under which the other lane serves its log. */
  readonly logName: string
  /** The logical service whose work the handling is. */
  readonly consumer: LogicalService
  /** Applies one event, idempotently, inside the transaction that moves the cursor. */
  readonly handle: (event: Envelope) => Effect.Effect<void, E, R>
  /**
   * Derives the subscriber's state again from the truth, in the transaction that takes the head. Also
   * run when there is no cursor yet, and after events were redriven or replayed.
   */
  readonly rewound: Effect.Effect<void, E, R>
  /**
   * Brings the other lane's truth over, before {@link rewound} and in transactions of its own. While it is
   * not to be had the cursor stays where it is, and every turn asks again.
   */
  readonly truth?: Effect.Effect<void, LaneLinkError, R>
  /** How long a hint is waited after, so that what comes meanwhile is pulled with it. Default 0. */
  readonly settle?: Duration.Duration
}

export interface BridgeState {
  /** Cursor of this subscriber. */
  readonly seq: number
  /** Head of the log when last pulled. */
  readonly headSeq: number
}

/** Subscribes to the other lane's log for as long as the scope lives; returns how far it has come. */
export const subscribe = Effect.fnUntraced(function* <E, R>(
  subscription: Subscription<E, R>,
): Effect.fn.Return<
  {
    readonly state: Effect.Effect<BridgeState>
    /** Pulls and applies what there is, now. */
    readonly catchUp: Effect.Effect<void, never, R | SqlClient.SqlClient>
  },
  never,
  R | SqlClient.SqlClient | LaneLink | ServiceTracer | Supervisor | Scope.Scope
> {
  const { consumer, subscriber, logName } = subscription
  const edge = { subscriber, consumer }
  const tracer = yield* ServiceTracer
  const sql = yield* SqlClient.SqlClient
  const link = yield* LaneLink
  const supervisor = yield* Supervisor
  const sweepEvery = yield* SweepEvery
  const hinted = yield* Latch.make(true)
  const state = yield* Ref.make<BridgeState>({ seq: 0, headSeq: 0 })

  const bell = yield* RedriveBell
  let rung = false

  yield* link.serve(`${logName}.hint`, () => hinted.open)
  yield* bell.hear(
    subscriber,
    Effect.suspend(() => {
      rung = true
      return Effect.asVoid(hinted.open)
    }),
  )

  const readCursor = sql<{ log_id: string; seq: number; event_id: string | null }>`
    SELECT log_id, seq, event_id FROM cursors WHERE subscriber = ${subscriber}`.pipe(
    Effect.map(([row]): LogPosition | null =>
      row === undefined ? null : { logId: row.log_id, seq: row.seq, eventId: row.event_id },
    ),
    Effect.orDie,
  )

  const labels = { subscriber }
  const delivered = Metric.withAttributes(counterOf(metrics.eventsDelivered), labels)
  const rewinds = Metric.withAttributes(counterOf(metrics.cursorRewinds), labels)
  const lag = Metric.withAttributes(gaugeOf(metrics.subscriberLag), labels)
  const note = (seq: number, headSeq: number) =>
    Ref.set(state, { seq, headSeq }).pipe(Effect.andThen(Metric.update(lag, headSeq - seq)))

  const moveCursor = Effect.fnUntraced(function* (to: LogPosition, rewinds: 0 | 1) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`INSERT INTO cursors (subscriber, log_id, seq, event_id, moved_at_ms)
      VALUES (${subscriber}, ${to.logId}, ${to.seq}, ${to.eventId}, ${now})
      ON CONFLICT (subscriber) DO UPDATE SET log_id = excluded.log_id, seq = excluded.seq,
        event_id = excluded.event_id, moved_at_ms = excluded.moved_at_ms,
        rewinds = rewinds + ${rewinds}`
  }, Effect.orDie)

  const apply = (event: Envelope) =>
    subscription.handle(event).pipe(
      Effect.provideService(Causation, {
        correlationId: event.correlationId,
        causationId: event.id,
      }),
      received(tracer, edge, event),
    )
  const applyAgain = (event: Envelope) => Effect.flatMap(sentAgain(tracer, edge, event), apply)

  const applyAll = Effect.fnUntraced(
    function* (events: ReadonlyArray<Envelope>, logId: string, how: typeof apply = apply) {
      for (const event of events) yield* how(event)
      const last = events[events.length - 1]!
      yield* moveCursor({ logId, seq: last.seq, eventId: last.id }, 0)
    },
    (effect) => committingAt("bridge-apply")(sql.withTransaction(effect)),
  )

  const bury = Effect.fnUntraced(
    function* (event: Envelope, logId: string, cause: Cause.Cause<unknown>) {
      yield* Effect.logError(
        `event ${event.id} (${event.type}) could not be applied by ${subscriber} and was kept in dead_letters`,
        cause,
      )
      yield* DeadLetters.keep({
        source: subscriber,
        event,
        cause: Cause.pretty(cause),
        attempts: DeadLetters.attemptsEach,
      })
      yield* moveCursor({ logId, seq: event.seq, eventId: event.id }, 0)
    },
    (effect) => committingAt("bridge-bury")(sql.withTransaction(effect)).pipe(Effect.orDie),
  )

  const applyOneByOne = (events: ReadonlyArray<Envelope>, logId: string) =>
    Effect.forEach(
      events,
      (event) =>
        applyAll([event], logId, applyAgain).pipe(
          Effect.sandbox,
          Effect.retry({
            times: DeadLetters.attemptsEach - 1,
            schedule: Schedule.exponential("100 millis"),
          }),
          Effect.catch((cause) => bury(event, logId, cause)),
        ),
      { discard: true },
    )

  const rewind = Effect.fnUntraced(
    function* (from: LogPosition | null, head: LogPosition) {
      if (from !== null) {
        yield* Metric.update(rewinds, 1)
        yield* Effect.logWarning(
          `the cursor of ${subscriber} (seq ${from.seq}) is no place in log ${head.logId}: its state is derived again from the truth, the cursor takes seq ${head.seq}`,
        )
      }
      yield* subscription.rewound
      yield* moveCursor(head, from === null ? 0 : 1)
    },
    (effect) => committingAt("bridge-rewind")(sql.withTransaction(effect)),
  )

  /** False when the other lane does not answer for it. */
  const bringTruth = (subscription.truth ?? Effect.void).pipe(
    Effect.as(true),
    Effect.catchTag("LaneLinkError", ({ message }) =>
      Effect.logInfo(`${subscriber}: the truth is not to be had yet, ${message}`).pipe(
        Effect.as(false),
      ),
    ),
  )

  /** One turn; true when there may be more at once. */
  const turn = Effect.gen(function* () {
    const cursor = yield* readCursor
    const pulled = yield* link.ask(`${logName}.pull`, { ...edge, cursor, limit: pullLimit }).pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Pulled)),
      // A lane that does not answer (it starts, or is started again) is asked at the next sweep.
      Effect.catchTag("LaneLinkError", (error) =>
        Effect.logDebug(`${subscriber}: ${error.request}: ${error.message}`).pipe(Effect.as(null)),
      ),
    )
    if (pulled === null) return false
    if (!pulled.matched) {
      if (!(yield* bringTruth)) return false
      yield* rewind(cursor, pulled.head)
      yield* note(pulled.head.seq, pulled.head.seq)
      return true
    }
    if (pulled.events.length > 0) {
      yield* applyAll(pulled.events, pulled.head.logId).pipe(
        Effect.sandbox,
        Effect.catch(() => applyOneByOne(pulled.events, pulled.head.logId)),
      )
      yield* Metric.update(delivered, pulled.events.length)
    }
    const seq = pulled.events.at(-1)?.seq ?? cursor?.seq ?? 0
    yield* note(seq, pulled.head.seq)
    return seq < pulled.head.seq
  })

  const oneAtATime = yield* Semaphore.make(1)
  const turns = oneAtATime.withPermit(Effect.repeat(turn, { while: (more) => more }))
  /** Something was applied again: it came after newer events and may have put an old state back. */
  let doubtful = false
  const lastWord = Effect.gen(function* () {
    if (!doubtful || !(yield* bringTruth)) return
    yield* sql.withTransaction(subscription.rewound)
    doubtful = false
  })
  const redeliver = DeadLetters.redeliver(subscriber, applyAgain).pipe(
    Effect.tap((letters) => Effect.sync(() => void (doubtful ||= letters > 0))),
    Effect.repeat({ while: (letters) => letters === DeadLetters.redeliveriesAtOnce }),
    Effect.andThen(lastWord),
    committingAt("bridge-redeliver"),
  )
  const loop = hinted.close.pipe(
    Effect.andThen(turns),
    Effect.andThen(hinted.await.pipe(Effect.timeoutOption(sweepEvery))),
    Effect.andThen((woken) => {
      const asked = rung || Option.isNone(woken)
      rung = false
      return asked ? redeliver : Effect.sleep(subscription.settle ?? 0)
    }),
    Effect.forever,
  )

  yield* supervisor.service(`bridge-${subscriber}`, Effect.andThen(redeliver, loop))
  return { state: Ref.get(state), catchUp: turns.pipe(Effect.orDie, Effect.asVoid) }
})
