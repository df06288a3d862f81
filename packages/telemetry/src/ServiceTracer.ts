/**
 * Says under which logical service a piece of work shows in the traces.
 *
 * `within("ranking")` gives the work the tracer of that service: spans it starts belong to the
 * Resource `ranking`, whatever service their parent belongs to. All tracers share one bounded
 * delivery and one exporter ({@link SpanDelivery}); parents are right across services.
 *
 * Off by default: `layer` leaves Effect's own tracer in place, which exports nothing and gives
 * spans their ids only when somebody asks. `layerFromEnvironment` reads the standard variables:
 * `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` turns export on,
 * `OTEL_SDK_DISABLED=true` or `OTEL_TRACES_EXPORTER=none` off again, `OTEL_SERVICE_NAME` names the
 * namespace, `OTEL_RESOURCE_ATTRIBUTES` adds attributes, `OTEL_TRACES_SAMPLER` and its `_ARG` choose
 * traces ({@link Sampling}); headers and timeout are read by the OpenTelemetry library itself, as are
 * the limits on a span.
 *
 * The OpenTelemetry library is loaded when export is on and not before: several megabytes a thread.
 *
 * Limits: one exporter for each thread that provides this layer, none where it hands its spans to another;
 * OTLP over HTTP with JSON. About
 * 50 µs a span when on: spans are for jobs, steps, deliveries and external calls, not for rows.
 */
import type { SpanExporter } from "@opentelemetry/sdk-trace-base"
import { Config, ConfigProvider, Context, Effect, Layer, Option, Schema } from "effect"
import type { LogicalService, ProcessIdentity } from "./LogicalService.ts"
import { type Sampling, samplingOf } from "./SamplingChoice.ts"
import type { DeliveryLimits } from "./SpanDelivery.ts"

/** The collector did not take the spans. */
export class SpansRefused extends Schema.TaggedError<SpansRefused>()("SpansRefused", {
  message: Schema.String,
}) {}

export interface OtlpOptions {
  /** Where traces are posted; the standard variables when absent. */
  readonly url?: string | undefined
  /** Instead of OTLP over HTTP: a test's exporter in memory. */
  readonly exporter?: SpanExporter | undefined
  /** Instead of an exporter: another thread, which has one, and answers what became of them. */
  readonly hand?:
    | ((spans: unknown) => Effect.Effect<unknown, { readonly message: string }>)
    | undefined
  /** Asks another thread for an ancestor of an error by its span id; that thread hears it as `want`. */
  readonly askElsewhere?: ((spanId: string) => Effect.Effect<void>) | undefined
  readonly identity?: Partial<ProcessIdentity> | undefined
  readonly extraAttributes?: Readonly<Record<string, string>> | undefined
  readonly limits?: Partial<DeliveryLimits> | undefined
  /** Which traces are kept; all when absent. */
  readonly sampling?: Sampling | undefined
}

/** `within` for callers that have the service in hand. */
export type Within = (
  service: LogicalService,
) => <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export class ServiceTracer extends Context.Service<
  ServiceTracer,
  {
    /** False when spans go nowhere: whoever would have to compute attributes may save itself that. */
    readonly exporting: boolean
    readonly within: Within
    /** Sends what is held now; for tests and before a fork. */
    readonly flush: Effect.Effect<void>
    /** Exports spans of another thread, as {@link OtlpOptions.hand} gave them. */
    readonly take: (spans: unknown) => Effect.Effect<void, SpansRefused>
    /** Lets a span go out with its ancestors, as {@link OtlpOptions.askElsewhere} asked for it. */
    readonly want: (spanId: string) => Effect.Effect<void>
  }
>()("telemetry/ServiceTracer") {
  static readonly layer: Layer.Layer<ServiceTracer> = Layer.succeed(ServiceTracer, {
    exporting: false,
    within: () => (work) => work,
    flush: Effect.void,
    take: () => Effect.void,
    want: () => Effect.void,
  })

  static readonly layerOtlp = (options: OtlpOptions = {}): Layer.Layer<ServiceTracer> =>
    Layer.effect(
      ServiceTracer,
      Effect.flatMap(
        Effect.promise(() => import("./OtlpTracers.ts")),
        (tracers) => tracers.make(options),
      ),
    )

  static readonly layerFromEnvironment = (
    identity: Partial<ProcessIdentity> = {},
    provider: ConfigProvider.ConfigProvider = ConfigProvider.fromEnv(),
    { askElsewhere, hand }: Pick<OtlpOptions, "askElsewhere" | "hand"> = {},
  ): Layer.Layer<ServiceTracer> =>
    Layer.unwrap(
      standardVariables.parse(provider).pipe(
        Effect.orDie,
        Effect.map((env) => {
          const on = Option.isSome(env.endpoint) || Option.isSome(env.tracesEndpoint)
          if (!on || env.disabled.toLowerCase() === "true" || env.exporter === "none")
            return ServiceTracer.layer
          const namespace = Option.getOrUndefined(env.serviceName)
          return ServiceTracer.layerOtlp({
            url: Option.getOrElse(env.tracesEndpoint, () =>
              tracesUrl(Option.getOrElse(env.endpoint, () => "")),
            ),
            identity: { ...identity, ...(namespace !== undefined && { namespace }) },
            extraAttributes: pairs(env.resourceAttributes),
            askElsewhere,
            ...(hand !== undefined && { hand, limits: { batchSize: handedAtOnce } }),
            sampling: samplingOf(env.sampler, env.samplerArgument),
          })
        }),
      ),
    )
}

/** Small, because the thread that hands them over copies them. */
const handedAtOnce = 128

const standardVariables = Config.all({
  endpoint: Config.option(Config.NonEmptyString("OTEL_EXPORTER_OTLP_ENDPOINT")),
  tracesEndpoint: Config.option(Config.NonEmptyString("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")),
  disabled: Config.String("OTEL_SDK_DISABLED").pipe(Config.withDefault("false")),
  exporter: Config.String("OTEL_TRACES_EXPORTER").pipe(Config.withDefault("otlp")),
  sampler: Config.String("OTEL_TRACES_SAMPLER").pipe(Config.withDefault("parentbased_always_on")),
  samplerArgument: Config.String("OTEL_TRACES_SAMPLER_ARG").pipe(Config.withDefault("")),
  serviceName: Config.option(Config.NonEmptyString("OTEL_SERVICE_NAME")),
  resourceAttributes: Config.String("OTEL_RESOURCE_ATTRIBUTES").pipe(Config.withDefault("")),
})

const tracesUrl = (base: string): string => `${base.replace(/\/+$/, "")}/v1/traces`

/** A value is percent-encoded; one that is not is taken as it stands. */
const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** `a=1,b=2` to a record. A pair without `=` says nothing and is left out, as the standard has it. */
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").flatMap((pair) => {
      const at = pair.indexOf("=")
      const key = pair.slice(0, at).trim()
      return at < 0 || key === "" ? [] : [[key, decoded(pair.slice(at + 1).trim())] as const]
    }),
  )
