/**
 * The tracers of {@link ServiceTracer} when spans are exported: one OpenTelemetry provider for each
 * logical service, all over one bounded delivery and one exporter.
 *
 * Imported dynamically, so that a process that exports nothing does not hold the library.
 */
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import { Duration, Effect, FiberSet, type Scope, Tracer } from "effect"
import { defaultIdentity, logicalServices, resourceOf } from "./LogicalService.ts"
import type { LogicalService } from "./LogicalService.ts"
import { type OtlpOptions, type ServiceTracer, SpansRefused, type Within } from "./ServiceTracer.ts"
import { keeping, KeepingSampler } from "./Sampling.ts"
import { everything } from "./SamplingChoice.ts"
import { type HandedSpan, handoverExporter, taken } from "./SpanHandover.ts"
import { close, defaultLimits, SpanDelivery } from "./SpanDelivery.ts"

/** The exporter, and a tracer for each logical service, until the scope closes. */
export const make = Effect.fnUntraced(function* (
  options: OtlpOptions,
): Effect.fn.Return<ServiceTracer["Service"], never, Scope.Scope> {
  const limits = { ...defaultLimits, ...options.limits }
  const identity = { ...defaultIdentity, ...options.identity }
  const context = yield* Effect.context<never>()
  const { askElsewhere, hand, url } = options
  // Whoever is still asked when the time is over is asked no longer, and the batch ends: both hold timers.
  const run = yield* FiberSet.makeRuntime<never>()
  const handing = (give: NonNullable<OtlpOptions["hand"]>) =>
    handoverExporter((spans, done) => {
      run(
        give(spans).pipe(
          Effect.match({
            onSuccess: () => done(null),
            onFailure: ({ message }) => done(new Error(message)),
          }),
          Effect.onInterrupt(() => Effect.sync(() => done(new Error("the exit came first")))),
        ),
      )
    })
  const exporter =
    options.exporter ??
    (hand === undefined ? new OTLPTraceExporter(url ? { url } : {}) : handing(hand))
  const delivery = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new SpanDelivery(
          exporter,
          limits,
          Duration.toMillis(limits.every),
          context,
          askElsewhere === undefined ? undefined : (spanId) => void run(askElsewhere(spanId)),
        ),
    ),
    (held) => close(held, limits.closeWithin),
  )
  const sampler = new KeepingSampler(options.sampling ?? everything)
  const tracers = new Map<LogicalService, Tracer.Tracer>()
  for (const service of logicalServices) {
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        ...options.extraAttributes,
        ...resourceOf(service, identity),
      }),
      sampler,
      spanProcessors: [delivery],
    })
    const tracer = provider.getTracer(identity.namespace, identity.version)
    const plain = yield* OtelTracer.make.pipe(Effect.provideService(OtelTracer.OtelTracer, tracer))
    tracers.set(service, keeping(plain, sampler))
  }
  const within: Within = (service) => {
    const tracer = tracers.get(service) ?? Tracer.nativeTracer
    return (work) => Effect.provideService(work, Tracer.Tracer, tracer)
  }
  const flush = Effect.ignore(Effect.tryPromise(() => delivery.forceFlush()))
  // Both sides are this program, so the spans are taken as they come.
  const take = (spans: unknown) =>
    Effect.callback<void, SpansRefused>((resume) =>
      exporter.export(taken(spans as ReadonlyArray<HandedSpan>), ({ code, error }) =>
        resume(
          code === 0
            ? Effect.void
            : Effect.fail(new SpansRefused({ message: error?.message ?? "the collector refused" })),
        ),
      ),
    )
  const want = (spanId: string) => Effect.sync(() => delivery.want(spanId))
  return { exporting: true, within, flush, take, want }
})
