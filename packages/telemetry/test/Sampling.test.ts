import { assert, describe, it } from "@effect/vitest"
import { InMemorySpanExporter, type ReadableSpan } from "@opentelemetry/sdk-trace-base"
import { Effect, Exit, Layer, Metric, Scope } from "effect"
import { consuming, producing, spanOf, traceparentOf } from "@evaluator/telemetry/Messaging"
import { samplingOf } from "@evaluator/telemetry/SamplingChoice"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { SpanKeeper } from "@evaluator/telemetry/SpanKeeper"

/** What leaves the process of the work when no share of traces is wanted. */
const leaving = Effect.fnUntraced(function* (
  work: (tracer: ServiceTracer["Service"]) => Effect.Effect<unknown, unknown>,
  share = 0,
) {
  const exporter = new InMemorySpanExporter()
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(
    ServiceTracer.layerOtlp({ exporter, sampling: { share, byParent: true } }),
    scope,
  )
  const tracer = yield* Effect.provide(ServiceTracer, context)
  yield* Effect.exit(work(tracer))
  yield* tracer.flush
  const names = exporter.getFinishedSpans().map(({ name }) => name)
  yield* Scope.close(scope, Exit.void)
  return names.toSorted()
})

const ownMetrics = Effect.provideService(Metric.MetricRegistry, new Map())
const step = (name: string) => Effect.withSpan(Effect.void, name)

describe("traces of which no share is wanted", () => {
  it.effect("stay in the process while all goes well", () =>
    Effect.gen(function* () {
      const quiet = yield* leaving((tracer) =>
        step("page").pipe(Effect.withSpan("job"), tracer.within("ingestion")),
      )
      assert.deepStrictEqual(quiet, [])
    }).pipe(ownMetrics),
  )

  it.effect("leave it from an error up: the span with its ancestors, not with its siblings", () =>
    Effect.gen(function* () {
      const seen = yield* leaving((tracer) =>
        step("page 1").pipe(
          Effect.andThen(
            Effect.ignore(
              Effect.fail("no JSON").pipe(Effect.withSpan("decode"), Effect.withSpan("page 2")),
            ),
          ),
          Effect.andThen(step("page 3")),
          Effect.withSpan("walk"),
          Effect.withSpan("job"),
          tracer.within("ingestion"),
        ),
      )
      assert.deepStrictEqual(seen, ["decode", "job", "page 2", "walk"])
    }).pipe(ownMetrics),
  )

  it.effect("an error takes along the ancestors that have ended before it", () =>
    Effect.gen(function* () {
      const seen = yield* leaving(
        Effect.fnUntraced(function* (tracer) {
          const job = yield* Effect.currentSpan.pipe(
            Effect.map(traceparentOf),
            Effect.withSpan("send"),
            Effect.withSpan("job"),
            tracer.within("ingestion"),
          )
          return yield* Effect.fail("late").pipe(
            Effect.withSpan("work", { parent: spanOf(job)! }),
            tracer.within("fast-path"),
          )
        }),
      )
      assert.deepStrictEqual(seen, ["job", "send", "work"])
    }).pipe(ownMetrics),
  )

  it.effect("leave it whole when something in them is marked as kept, in every service", () =>
    Effect.gen(function* () {
      const seen = yield* leaving(
        Effect.fnUntraced(function* (tracer) {
          const traceparent = yield* producing(
            { destination: "fills", consumer: "paper-saga", kept: true },
            Effect.succeed,
          ).pipe(
            Effect.tap(step("page 2")),
            Effect.withSpan("job"),
            (job) => Effect.withSpan(Effect.andThen(step("page 1"), job), "walk"),
            tracer.within("ingestion"),
          )
          yield* step("review").pipe(
            consuming({ destination: "fills", traceparent }),
            tracer.within("paper-saga"),
          )
          yield* step("of another trace").pipe(tracer.within("ranking"))
        }),
      )
      assert.deepStrictEqual(seen, [
        "job",
        "page 1",
        "page 2",
        "process fills",
        "review",
        "send fills",
        "walk",
      ])
    }).pipe(ownMetrics),
  )
})

describe("the choice of traces", () => {
  it("is read as the standard variables have it", () => {
    assert.deepStrictEqual(samplingOf("parentbased_traceidratio", "0.1"), {
      share: 0.1,
      byParent: true,
    })
    assert.deepStrictEqual(samplingOf("traceidratio", "0.5"), { share: 0.5, byParent: false })
    assert.deepStrictEqual(samplingOf("always_off", ""), { share: 0, byParent: false })
    assert.deepStrictEqual(samplingOf("parentbased_always_on", ""), { share: 1, byParent: true })
    for (const odd of [
      ["traceidratio", "2"],
      ["traceidratio", ""],
      ["jaeger", ""],
    ] as const) {
      assert.strictEqual(samplingOf(odd[0], odd[1]).share, 1)
    }
  })
})

describe("the keeper of spans", () => {
  const span = (id: number, parent?: number, code = 0) =>
    ({
      name: `span ${id}`,
      status: { code },
      spanContext: () => ({ traceId: "t", spanId: String(id), traceFlags: 0 }),
      parentSpanContext:
        parent === undefined ? undefined : { traceId: "t", spanId: String(parent), traceFlags: 0 },
    }) as unknown as ReadableSpan

  it("holds a bounded number, the oldest leave first", () => {
    const keeper = new SpanKeeper({ held: 3, awaited: 10 })
    for (let id = 1; id <= 10; id++) assert.deepStrictEqual(keeper.ended(span(id, id - 1)).out, [])
    assert.strictEqual(keeper.size, 3)
    const out = keeper.ended(span(11, 10, 2)).out.map(({ name }) => name)
    assert.deepStrictEqual(out, ["span 11", "span 10", "span 9", "span 8"])
    assert.strictEqual(keeper.size, 0)
  })

  it("asks elsewhere for an ancestor once, however many errors come under it", () => {
    const keeper = new SpanKeeper({ held: 3, awaited: 2 })
    const asked = [1, 1, 1, 2, 3, 1].map((parent, n) => {
      const failed = span(100 + n, parent, 2)
      return keeper.ended({
        ...failed,
        spanContext: failed.spanContext,
        parentSpanContext: { ...failed.parentSpanContext!, isRemote: true },
      }).elsewhere
    })
    const [one, two, three] = [1, 2, 3].map((id) => span(id, undefined).spanContext().spanId)
    // What was forgotten is asked for again.
    assert.deepStrictEqual(asked, [one, null, null, two, three, one])
  })

  it("hands out what it marks as chosen", () => {
    const [out] = new SpanKeeper().ended(span(1, undefined, 2)).out
    assert.strictEqual(out?.spanContext().traceFlags, 1)
    assert.strictEqual(out?.name, "span 1")
  })
})
