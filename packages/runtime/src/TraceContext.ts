/**
 * Trace context as text (W3C `traceparent`), so that it can be kept in a row and outlive a restart.
 */
import { Effect, Option, Tracer } from "effect"

/** The current span as a `traceparent`, or null when there is none. */
export const traceparentOf: Effect.Effect<string | null> = Effect.currentSpan.pipe(
  Effect.option,
  Effect.map(
    Option.match({
      onNone: () => null,
      onSome: (span) => `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`,
    }),
  ),
)

/** A stored `traceparent` as a parent span; `undefined` when it is absent or not well formed. */
export const parentFrom = (traceparent: string | null): Tracer.ExternalSpan | undefined => {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? "")
  return match === null
    ? undefined
    : Tracer.externalSpan({
        traceId: match[1]!,
        spanId: match[2]!,
        sampled: (Number.parseInt(match[3]!, 16) & 1) === 1,
      })
}
