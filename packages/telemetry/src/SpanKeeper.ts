/**
 * Finished spans of traces that were not chosen, held for a while in case they are wanted after all.
 *
 * - A span that ends in an error goes out with its ancestors: those that have ended and are still held,
 *   and those that end later.
 * - What another thread holds of those ancestors is asked of it: {@link Released.elsewhere}.
 * - When a span is chosen although its parent was not (its trace is kept from there on), the trace's
 *   held spans go out, and those that end later.
 *
 * Limits: {@link KeeperLimits.held} spans, the oldest leave first; as many names of traces and spans
 * that are waited for.
 */
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"

export interface KeeperLimits {
  readonly held: number
  readonly awaited: number
}

export const defaultKeeperLimits: KeeperLimits = { held: 2048, awaited: 4096 }

const errorStatus = 2
const sampledFlag = 1

export interface Released {
  /** To go out now, marked as chosen. */
  readonly out: ReadonlyArray<ReadableSpan>
  /** The id of an ancestor that came from elsewhere, is not held here and was not asked for; it may be held there. */
  readonly elsewhere: string | null
}

/** A set that forgets its oldest members. */
class Recent {
  readonly #members = new Set<string>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  add(member: string): void {
    this.#members.delete(member)
    this.#members.add(member)
    if (this.#members.size > this.#limit) this.#members.delete(this.#members.values().next().value!)
  }

  has(member: string): boolean {
    return this.#members.has(member)
  }
}

export class SpanKeeper {
  readonly #limits: KeeperLimits
  readonly #held = new Map<string, ReadableSpan>()
  readonly #awaited: Recent
  readonly #traces: Recent

  constructor(limits: KeeperLimits = defaultKeeperLimits) {
    this.#limits = limits
    this.#awaited = new Recent(limits.awaited)
    this.#traces = new Recent(limits.awaited)
  }

  get size(): number {
    return this.#held.size
  }

  /** A span that has ended. */
  ended(span: ReadableSpan): Released {
    const { spanId, traceFlags, traceId } = span.spanContext()
    const parent = span.parentSpanContext
    if ((traceFlags & sampledFlag) !== 0) {
      const turned = parent !== undefined && (parent.traceFlags & sampledFlag) === 0
      return only(turned ? [span, ...this.#wholeTrace(traceId)] : [span])
    }
    if (this.#traces.has(traceId)) return only([chosen(span)])
    if (span.status.code === errorStatus || this.#awaited.has(spanId)) {
      return this.#withAncestors(span)
    }
    this.#held.set(spanId, span)
    if (this.#held.size > this.#limits.held) this.#held.delete(this.#held.keys().next().value!)
    return only([])
  }

  /** A span that another thread's error asks for: it goes out with its ancestors, now or when it ends. */
  wanted(spanId: string): Released {
    const span = this.#held.get(spanId)
    if (span !== undefined) {
      this.#held.delete(spanId)
      return this.#withAncestors(span)
    }
    this.#awaited.add(spanId)
    return only([])
  }

  #withAncestors(span: ReadableSpan): Released {
    const out = [chosen(span)]
    for (let parent = span.parentSpanContext; parent !== undefined;) {
      const ancestor = this.#held.get(parent.spanId)
      if (ancestor === undefined) {
        // Whoever was asked for it before hands it out, now or when it ends.
        const asks = parent.isRemote === true && !this.#awaited.has(parent.spanId)
        this.#awaited.add(parent.spanId)
        return { out, elsewhere: asks ? parent.spanId : null }
      }
      this.#held.delete(parent.spanId)
      out.push(chosen(ancestor))
      parent = ancestor.parentSpanContext
    }
    return only(out)
  }

  #wholeTrace(traceId: string): ReadonlyArray<ReadableSpan> {
    if (this.#traces.has(traceId)) return []
    this.#traces.add(traceId)
    const spans = [...this.#held.values()].filter((span) => span.spanContext().traceId === traceId)
    for (const span of spans) this.#held.delete(span.spanContext().spanId)
    return spans.map(chosen)
  }
}

const only = (out: ReadonlyArray<ReadableSpan>): Released => ({ out, elsewhere: null })

/** The span as one that was chosen from the start: the exporter leaves out what is not. */
const chosen = (span: ReadableSpan): ReadableSpan => {
  const context = span.spanContext()
  const sampled = { ...context, traceFlags: context.traceFlags | sampledFlag }
  return Object.create(span, { spanContext: { value: () => sampled } }) as ReadableSpan
}
