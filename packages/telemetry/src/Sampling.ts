/**
 * Chooses traces by {@link Sampling}, and whatever is marked {@link Kept}.
 *
 * A span that is not chosen is recorded all the same, so that it can still go out when it, or a span
 * below it, ends in an error ({@link SpanKeeper}). With the default sampler everything is chosen.
 */
import type { Attributes, Context as OtelContext, Link, SpanKind } from "@opentelemetry/api"
import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base"
import { Context, Tracer } from "effect"
import { Kept, type Sampling } from "./SamplingChoice.ts"

export class KeepingSampler implements Sampler {
  readonly #base: Sampler
  #keep = false

  constructor({ byParent, share }: Sampling) {
    const root = new TraceIdRatioBasedSampler(share)
    this.#base = byParent ? new ParentBasedSampler({ root }) : root
  }

  /** Starts a span; the sampler is asked in the midst of it and cannot see annotations. */
  starting<A>(keep: boolean, start: () => A): A {
    this.#keep = keep
    try {
      return start()
    } finally {
      this.#keep = false
    }
  }

  shouldSample(
    context: OtelContext,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Array<Link>,
  ): SamplingResult {
    if (this.#keep) return { decision: SamplingDecision.RECORD_AND_SAMPLED }
    const base = this.#base.shouldSample(context, traceId, name, kind, attributes, links)
    return base.decision === SamplingDecision.NOT_RECORD
      ? { ...base, decision: SamplingDecision.RECORD }
      : base
  }

  toString(): string {
    return `Keeping(${this.#base.toString()})`
  }
}

/** The tracer, with spans that are annotated {@link Kept} started as such. */
export const keeping = (tracer: Tracer.Tracer, sampler: KeepingSampler): Tracer.Tracer =>
  Tracer.make({
    ...tracer,
    span: (options) =>
      sampler.starting(Context.get(options.annotations, Kept), () => tracer.span(options)),
  })
