/**
 * How an event that crosses from lane to lane is seen: a PRODUCER for each delivery to a subscriber, a
 * CONSUMER under it for the handling, in the trace that the event's row names.
 *
 * The lane that serves its log sends; a delivery that is repeated (a handler that failed, a restart, a
 * redrive) is sent anew, because a backend pairs a PRODUCER only once. Only events that are news to the
 * other lane make an edge: {@link senders}. Costs nothing while spans go nowhere.
 */
import { Effect } from "effect"
import type { Envelope, EventType } from "@evaluator/domain/event/DomainEvent"
import type { LogicalService } from "@evaluator/telemetry/LogicalService"
import { consuming, producing } from "@evaluator/telemetry/Messaging"
import type { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"

type Tracing = ServiceTracer["Service"]

/** Whose work an event of the type is. */
const senders: Partial<Record<EventType, LogicalService>> = {
  MarketListed: "scoring",
  MarketChanged: "scoring",
  MarketResolved: "settlement",
  TradesIngested: "ingestion",
  PositionsChanged: "ingestion",
  WalletsScored: "ranking",
  FollowListChanged: "ranking",
  CopyDecided: "paper-saga",
  CopySettled: "settlement",
  WalletHalted: "paper-saga",
  PortfolioHalted: "paper-saga",
}

export interface Edge {
  readonly subscriber: string
  readonly consumer: LogicalService
}

/** Fills of followed wallets are on their way to be copied: their trace is kept from the leader's fill on. */
const carriesFills = ({ payload, type }: Envelope): boolean =>
  type === "TradesIngested" && !payload.includes('"fills":[]')

const sending = (
  tracer: Tracing,
  { consumer, subscriber }: Edge,
  event: Envelope,
  again: boolean,
) => {
  const sender = senders[event.type]
  return !tracer.exporting || sender === undefined
    ? Effect.succeed(event)
    : producing(
        {
          destination: event.type,
          consumer,
          group: subscriber,
          messageId: event.id,
          correlationId: event.correlationId,
          parent: event.traceparent,
          kept: carriesFills(event),
          ...(again && event.traceparent !== null && { repeats: event.traceparent }),
        },
        (traceparent) => Effect.succeed({ ...event, traceparent }),
      ).pipe(tracer.within(sender))
}

/** The event as it is handed to one subscriber. */
export const sent = (tracer: Tracing, edge: Edge, event: Envelope): Effect.Effect<Envelope> =>
  sending(tracer, edge, event, false)

/** The event as it is handed to the subscriber once more. */
export const sentAgain = (tracer: Tracing, edge: Edge, event: Envelope): Effect.Effect<Envelope> =>
  sending(tracer, edge, event, true)

/** Handles a delivery. */
export const received =
  (tracer: Tracing, { consumer, subscriber }: Edge, event: Envelope) =>
  <A, E, R>(handling: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    !tracer.exporting || senders[event.type] === undefined
      ? handling
      : (handling.pipe(
          consuming({
            destination: event.type,
            traceparent: event.traceparent,
            group: subscriber,
            messageId: event.id,
            correlationId: event.correlationId,
          }),
          tracer.within(consumer),
        ) as Effect.Effect<A, E, R>)
