/**
 * Finished spans on their way from a thread that has no exporter to the one that has: plain values
 * that a message port can carry, and spans again on the other side.
 *
 * Promises: spans of one batch that share a Resource share it afterwards. Trace states are left out;
 * this process makes none.
 */
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base"
import { resourceFromAttributes } from "@opentelemetry/resources"

export interface HandedSpan extends Omit<
  ReadableSpan,
  "resource" | "spanContext" | "parentSpanContext"
> {
  readonly context: Ids
  readonly parent: Ids | null
  readonly resource: { readonly attributes: ReadableSpan["resource"]["attributes"] }
}

type Ids = Omit<ReturnType<ReadableSpan["spanContext"]>, "traceState">

const idsOf = (context: Ids): Ids => ({
  traceId: context.traceId,
  spanId: context.spanId,
  traceFlags: context.traceFlags,
  ...(context.isRemote !== undefined && { isRemote: context.isRemote }),
})

/** The spans as plain values. */
export const handed = (spans: ReadonlyArray<ReadableSpan>): ReadonlyArray<HandedSpan> => {
  const resources = new Map<ReadableSpan["resource"], HandedSpan["resource"]>()
  return spans.map((span) => {
    const resource = resources.get(span.resource) ?? { attributes: span.resource.attributes }
    resources.set(span.resource, resource)
    return {
      name: span.name,
      kind: span.kind,
      startTime: span.startTime,
      endTime: span.endTime,
      duration: span.duration,
      ended: span.ended,
      status: span.status,
      attributes: span.attributes,
      events: span.events,
      droppedAttributesCount: span.droppedAttributesCount,
      droppedEventsCount: span.droppedEventsCount,
      droppedLinksCount: span.droppedLinksCount,
      instrumentationScope: { ...span.instrumentationScope },
      links: span.links.map((link) => ({ ...link, context: idsOf(link.context) })),
      context: idsOf(span.spanContext()),
      parent: span.parentSpanContext === undefined ? null : idsOf(span.parentSpanContext),
      resource,
    }
  })
}

/** What {@link handed} made of them, as spans. */
export const taken = (spans: ReadonlyArray<HandedSpan>): Array<ReadableSpan> => {
  const resources = new Map<HandedSpan["resource"], ReadableSpan["resource"]>()
  return spans.map(({ context, parent, resource, ...span }) => {
    const known = resources.get(resource) ?? resourceFromAttributes(resource.attributes)
    resources.set(resource, known)
    return {
      ...span,
      resource: known,
      spanContext: () => context,
      ...(parent !== null && { parentSpanContext: parent }),
    }
  })
}

/** Gives spans to whoever exports them; they count as exported when it says so. */
export const handoverExporter = (
  hand: (spans: ReadonlyArray<HandedSpan>, done: (error: Error | null) => void) => void,
): SpanExporter => ({
  export: (spans, done) =>
    hand(handed(spans), (error) => done(error === null ? { code: 0 } : { code: 1, error })),
  shutdown: () => Promise.resolve(),
})
