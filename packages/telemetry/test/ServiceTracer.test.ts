import { assert, describe, it } from "@effect/vitest"
import type { SpanExporter } from "@opentelemetry/sdk-trace-base"
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace-base"
import { Clock, ConfigProvider, Effect, Layer, Metric, Option, Scope, Exit } from "effect"
import { logicalServices, resourceOf, defaultIdentity } from "@evaluator/telemetry/LogicalService"
import { consuming, producing } from "@evaluator/telemetry/Messaging"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import type { OtlpOptions } from "@evaluator/telemetry/ServiceTracer"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"

const ownMetrics = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Metric.MetricRegistry, new Map())

const dropped = (reason: string) =>
  Metric.value(Metric.withAttributes(counterOf(metrics.spansDropped), { reason })).pipe(
    Effect.map((state) => state.count),
  )
const exported = Effect.map(Metric.value(counterOf(metrics.spansExported)), (state) => state.count)

/** Builds the tracer in a scope of its own that the test closes when it wants to. */
const opened = Effect.fnUntraced(function* (options: OtlpOptions) {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(ServiceTracer.layerOtlp(options), scope)
  const tracer = yield* Effect.provide(ServiceTracer, context)
  return { tracer, close: Scope.close(scope, Exit.void) }
})

const idle = (name: string) => Effect.withSpan(Effect.void, name)

const silent: SpanExporter = { export: () => {}, shutdown: () => Promise.resolve() }
const refusing: SpanExporter = {
  export: (_, done) => done({ code: 1, error: new Error("refused") }),
  shutdown: () => Promise.resolve(),
}

describe("a logical service's Resource", () => {
  it("has the service's name and no database attribute", () => {
    const names = logicalServices.map((service) => resourceOf(service, defaultIdentity))
    assert.strictEqual(
      new Set(names.map((one) => one["service.name"])).size,
      logicalServices.length,
    )
    assert.deepStrictEqual(
      names.flatMap((one) => Object.keys(one)).filter((key) => key.startsWith("db.")),
      [],
    )
  })
})

describe("without an exporter", () => {
  it.effect("work runs under Effect's own tracer", () =>
    Effect.gen(function* () {
      const tracer = yield* ServiceTracer
      assert.isFalse(tracer.exporting)
      const work = Effect.succeed(1)
      assert.strictEqual(tracer.within("ranking")(work), work)
    }).pipe(Effect.provide(ServiceTracer.layer)),
  )

  it.effect("the standard variables decide", () =>
    Effect.gen(function* () {
      const exporting = (env: Record<string, string>) =>
        ServiceTracer.use((tracer) => Effect.succeed(tracer.exporting)).pipe(
          Effect.provide(ServiceTracer.layerFromEnvironment({}, ConfigProvider.fromUnknown(env))),
        )
      const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }
      assert.isFalse(yield* exporting({}))
      assert.isTrue(yield* exporting(endpoint))
      assert.isTrue(
        yield* exporting({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:9/v1/traces" }),
      )
      assert.isFalse(yield* exporting({ ...endpoint, OTEL_SDK_DISABLED: "true" }))
      assert.isFalse(yield* exporting({ ...endpoint, OTEL_SDK_DISABLED: "TRUE" }))
      assert.isFalse(yield* exporting({ ...endpoint, OTEL_TRACES_EXPORTER: "none" }))
    }),
  )
})

describe("with an exporter", () => {
  it.live("each span belongs to its service and its parent is right across services", () =>
    Effect.gen(function* () {
      const exporter = new InMemorySpanExporter()
      const { tracer, close } = yield* opened({ exporter })
      const ranking = tracer.within("ranking")(idle("rank"))
      const scoring = tracer.within("scoring")(Effect.withSpan(ranking, "score"))
      yield* tracer.within("scheduler")(Effect.withSpan(scoring, "slot"))
      yield* tracer.flush
      const spans = exporter.getFinishedSpans()
      const named = (name: string) => spans.find((span) => span.name === name)
      const serviceOf = (name: string) => named(name)?.resource.attributes["service.name"]
      assert.strictEqual(serviceOf("slot"), "scheduler")
      assert.strictEqual(serviceOf("score"), "scoring")
      assert.strictEqual(serviceOf("rank"), "ranking")
      assert.isUndefined(named("slot")?.parentSpanContext)
      assert.strictEqual(
        named("score")?.parentSpanContext?.spanId,
        named("slot")?.spanContext().spanId,
      )
      assert.strictEqual(
        named("rank")?.parentSpanContext?.spanId,
        named("score")?.spanContext().spanId,
      )
      assert.strictEqual(new Set(spans.map((span) => span.spanContext().traceId)).size, 1)
      yield* close
    }).pipe(ownMetrics),
  )

  it.live("a collector takes the spans of all services in one post", () =>
    Effect.gen(function* () {
      const receiver = yield* makeOtlpReceiver()
      const layer = ServiceTracer.layerFromEnvironment(
        { instanceId: "boot-7" },
        ConfigProvider.fromUnknown({
          OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.endpoint}/`,
          OTEL_SERVICE_NAME: "lab",
          OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test, note=a%2Cb=c,nothing",
        }),
      )
      yield* Effect.gen(function* () {
        const tracer = yield* ServiceTracer
        const traceparent = yield* tracer.within("ingestion")(
          producing({ destination: "fills", consumer: "fast-path" }, Effect.succeed),
        )
        yield* tracer.within("fast-path")(
          consuming({ destination: "fills", traceparent })(Effect.void),
        )
      }).pipe(Effect.provide(layer))
      assert.strictEqual(receiver.posts(), 1)
      assert.strictEqual(yield* exported, 2)
      const [sent, processed] = ["send fills", "process fills"].map((name) =>
        Option.getOrThrow(Option.fromNullishOr(receiver.spans.find((span) => span.name === name))),
      )
      assert.strictEqual(sent?.service, "ingestion")
      assert.strictEqual(sent?.kind, 4)
      assert.strictEqual(processed?.service, "fast-path")
      assert.strictEqual(processed?.kind, 5)
      assert.strictEqual(processed?.parentSpanId, sent?.spanId)
      assert.strictEqual(processed?.traceId, sent?.traceId)
      assert.strictEqual(sent?.resource["service.namespace"], "lab")
      assert.strictEqual(sent?.resource["service.instance.id"], "boot-7")
      assert.strictEqual(sent?.resource["deployment.environment.name"], "test")
      assert.strictEqual(sent?.resource["note"], "a,b=c")
      assert.strictEqual(sent?.attributes["peer.service"], "fast-path")
      assert.strictEqual(sent?.attributes["service.peer.name"], "fast-path")
    }).pipe(ownMetrics, Effect.scoped),
  )

  it.live("spans beyond the bound are dropped and counted exactly", () =>
    Effect.gen(function* () {
      const { tracer, close } = yield* opened({
        exporter: silent,
        limits: { capacity: 8, batchSize: 4, closeWithin: "20 millis" },
      })
      for (let n = 0; n < 30; n++) yield* tracer.within("cli")(idle(`span ${n}`))
      assert.strictEqual(yield* dropped("full"), 22)
      yield* close
      assert.strictEqual(yield* dropped("exit"), 8)
      assert.strictEqual(yield* exported, 0)
    }).pipe(ownMetrics),
  )

  it.live("spans a collector refuses are counted and make room again", () =>
    Effect.gen(function* () {
      const { tracer, close } = yield* opened({
        exporter: refusing,
        limits: { capacity: 8, batchSize: 4 },
      })
      for (let round = 0; round < 3; round++) {
        for (let n = 0; n < 8; n++) yield* tracer.within("cli")(idle("span"))
        yield* tracer.flush
      }
      assert.strictEqual((yield* dropped("refused")) + (yield* dropped("full")), 24)
      assert.isAtLeast(yield* dropped("refused"), 12)
      yield* close
    }).pipe(ownMetrics),
  )

  it.live("a collector that is down neither fails the work nor holds up the exit", () =>
    Effect.gen(function* () {
      const { tracer, close } = yield* opened({
        url: "http://127.0.0.1:9/v1/traces",
        limits: { closeWithin: "100 millis" },
      })
      yield* tracer.within("cli")(idle("span"))
      const before = yield* Clock.currentTimeMillis
      yield* close
      assert.isBelow((yield* Clock.currentTimeMillis) - before, 1500)
      assert.strictEqual((yield* dropped("refused")) + (yield* dropped("exit")), 1)
    }).pipe(ownMetrics),
  )
})
