/**
 * Spans on both ends of a queue or topic, so that a service graph draws the edge between them.
 *
 * A backend pairs a CONSUMER with the PRODUCER that is its *direct* parent in the same trace, each
 * PRODUCER once. So: one producer span per subscriber and per retry, its traceparent travels with
 * the item (also through rows, which is how it survives a restart), and links only say why else.
 * The producer names its consumer: work that starts late still gets its edge.
 *
 * Promises: a missing or unreadable traceparent never fails the work and never draws a false node.
 */
import { Effect, Tracer } from "effect"
import type { LogicalService } from "./LogicalService.ts"
import { kept } from "./SamplingChoice.ts"
import { attributes, messagingSystem, peerAttributes, spans } from "./Names.ts"

export interface Delivery {
  /** The queue or event type: few values. */
  readonly destination: string
  readonly messageId?: string | undefined
  readonly correlationId?: string | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

export interface Sent extends Delivery {
  /** Whose work this will be. */
  readonly consumer: LogicalService
  /** The subscriber's name when the destination has several. */
  readonly group?: string | undefined
  /** The send this one repeats, for a retry. */
  readonly repeats?: string | undefined
  /** The span that caused the item, when it is not the one it is sent in; from a row. */
  readonly parent?: string | null | undefined
  /** The trace is kept from here on, whatever share of traces is. */
  readonly kept?: boolean | undefined
}

export interface Received extends Delivery {
  /** What {@link producing} handed out, as the item or row carried it. */
  readonly traceparent: string | null | undefined
  /** The other items that were merged into this one. At most {@link maxLinks} are kept. */
  readonly coalesced?: ReadonlyArray<string> | undefined
  readonly group?: string | undefined
}

export const maxLinks = 32

/** `00-<trace>-<span>-<flags>`, W3C Trace Context level 1. */
export const traceparentOf = (span: Tracer.AnySpan): string =>
  `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`

const pattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The span a traceparent names; `undefined` when it names none. */
export const spanOf = (traceparent: string | null | undefined): Tracer.ExternalSpan | undefined => {
  const found = traceparent === null ? undefined : pattern.exec(traceparent ?? "")
  const [, traceId = "", spanId = "", flags = ""] = found ?? []
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return undefined
  return Tracer.externalSpan({ traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 })
}

const described = (delivery: Delivery, operation: string, type: string, group?: string) => ({
  ...delivery.attributes,
  [attributes.messagingSystem]: messagingSystem,
  [attributes.destination]: delivery.destination,
  [attributes.operationName]: operation,
  [attributes.operationType]: type,
  ...(delivery.messageId !== undefined && { [attributes.messageId]: delivery.messageId }),
  ...(delivery.correlationId !== undefined && {
    [attributes.conversationId]: delivery.correlationId,
  }),
  ...(group !== undefined && { [attributes.consumerGroup]: group }),
})

const linksTo = (traceparents: ReadonlyArray<string>, why: string): Array<Tracer.SpanLink> =>
  traceparents
    .slice(0, maxLinks)
    .flatMap((text) => spanOf(text) ?? [])
    .map((span) => ({ span, attributes: { why } }))

/** Runs `send` in a PRODUCER span and hands it the traceparent the item must carry. */
export const producing = <A, E, R>(
  sent: Sent,
  send: (traceparent: string) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> => {
  const parent = spanOf(sent.parent)
  return Effect.useSpan(
    spans.send(sent.destination),
    {
      kind: "producer",
      ...(parent !== undefined && { parent }),
      ...(sent.kept === true && { annotations: kept }),
      links: linksTo(sent.repeats === undefined ? [] : [sent.repeats], "retry"),
      attributes: {
        ...described(sent, sent.repeats === undefined ? "send" : "retry", "send", sent.group),
        ...peerAttributes(sent.consumer),
      },
    },
    (span) => send(traceparentOf(span)),
  )
}

/** Work of another time that belongs to the trace of a row; without a traceparent it is only done. */
export const continuing =
  (name: string, traceparent: string | null, more: Readonly<Record<string, unknown>> = {}) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> => {
    const parent = spanOf(traceparent)
    return parent === undefined
      ? (work as Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>>)
      : Effect.withSpan(work, name, { parent, attributes: more })
  }

/**
 * Runs the work in a CONSUMER span under its producer. Without a usable traceparent the span is an
 * INTERNAL root: a CONSUMER without parent would be drawn as called by an unknown user.
 */
export const consuming =
  (received: Received) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> => {
    const parent = spanOf(received.traceparent)
    const coalesced = received.coalesced ?? []
    return Effect.withSpan(work, spans.process(received.destination), {
      ...(parent === undefined ? { kind: "internal", root: true } : { kind: "consumer", parent }),
      links: linksTo(coalesced, "coalesced"),
      attributes: {
        ...described(received, "process", "process", received.group),
        ...(coalesced.length > 0 && { [attributes.coalesced]: coalesced.length + 1 }),
      },
    })
  }
