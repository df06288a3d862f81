import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Metric, Scope } from "effect"
import { spanOf, traceparentOf } from "@evaluator/telemetry/Messaging"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { type OtlpOptions, ServiceTracer, SpansRefused } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"

const opened = (options: OtlpOptions) =>
  Effect.flatMap(Layer.build(ServiceTracer.layerOtlp(options)), (context) =>
    Effect.provideContext(ServiceTracer, context),
  )

const counts = Effect.gen(function* () {
  const refused = Metric.withAttributes(counterOf(metrics.spansDropped), { reason: "refused" })
  return {
    exported: (yield* Metric.value(counterOf(metrics.spansExported))).count,
    refused: (yield* Metric.value(refused)).count,
  }
})

const work = (tracer: ServiceTracer["Service"]) =>
  Effect.void.pipe(
    Effect.withSpan("inner", { kind: "client", attributes: { "peer.service": "sqlite" } }),
    Effect.andThen(Effect.ignore(Effect.withSpan(Effect.fail("no book"), "broken"))),
    Effect.withSpan("outer"),
    tracer.within("paper-saga"),
    Effect.andThen(tracer.within("settlement")(Effect.withSpan(Effect.void, "settled"))),
  )

const own = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  test.pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map()))

describe("spans of a thread without an exporter", () => {
  it.live("reach the collector as they would from the thread that has one", () =>
    Effect.gen(function* () {
      const told = yield* makeOtlpReceiver()
      const alone = yield* makeOtlpReceiver()
      const identity = { instanceId: "1" }
      const exporting = yield* opened({ url: told.endpoint, identity })
      const fast = yield* opened({
        identity,
        // As a message port has it.
        hand: (spans) => exporting.take(structuredClone(spans)),
      })
      const plain = yield* opened({ url: alone.endpoint, identity })
      for (const tracer of [fast, plain]) {
        yield* work(tracer)
        yield* tracer.flush
      }
      const shapes = (receiver: typeof told) =>
        receiver.spans.map(({ attributes, kind, name, parentSpanId, resource }) => ({
          attributes: Object.keys(attributes),
          kind,
          name,
          parent: receiver.spans.find(({ spanId }) => spanId === parentSpanId)?.name,
          resource,
        }))
      assert.strictEqual(told.spans.length, 4)
      assert.deepStrictEqual(shapes(told), shapes(alone))
      assert.strictEqual(told.posts(), 1)
      assert.deepStrictEqual(yield* counts, { exported: 8, refused: 0 })
    }).pipe(own),
  )

  it.live("hold nobody up at the exit when the other thread does not answer", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const given = yield* Deferred.make<void>()
      const silent = Effect.andThen(Deferred.succeed(given, undefined), Effect.never)
      const fast = yield* Scope.provide(
        opened({ hand: () => silent, limits: { closeWithin: "20 millis" } }),
        scope,
      )
      yield* work(fast)
      const flushing = yield* Effect.forkScoped(fast.flush)
      yield* Deferred.await(given)
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(flushing).pipe(Effect.timeout("2 seconds"))
      const lost = Metric.withAttributes(counterOf(metrics.spansDropped), { reason: "exit" })
      assert.strictEqual((yield* Metric.value(lost)).count, 4)
      assert.deepStrictEqual(yield* counts, { exported: 0, refused: 0 })
    }).pipe(own),
  )

  it.live(
    "are counted as dropped when the other thread, or its collector, does not take them",
    () =>
      Effect.gen(function* () {
        const answer = yield* Deferred.make<void, SpansRefused>()
        const fast = yield* opened({ hand: () => Deferred.await(answer) })
        yield* work(fast)
        assert.deepStrictEqual(yield* counts, { exported: 0, refused: 0 })
        yield* Deferred.fail(answer, new SpansRefused({ message: "the thread ended" }))
        yield* fast.flush
        assert.deepStrictEqual(yield* counts, { exported: 0, refused: 4 })
        const refusing = yield* makeOtlpReceiver(400)
        const exporting = yield* opened({ url: refusing.endpoint })
        yield* Effect.flip(exporting.take([]))
      }).pipe(own),
  )
})

/** Two threads of which the fast one hands its spans to the other; no share of traces is wanted. */
const lanes = Effect.gen(function* () {
  const collector = yield* makeOtlpReceiver()
  const sampling = { share: 0, byParent: true }
  let fast: ServiceTracer["Service"] | undefined
  const background = yield* opened({
    url: collector.endpoint,
    sampling,
    askElsewhere: (spanId) => fast!.want(spanId),
  })
  fast = yield* opened({
    sampling,
    hand: (spans) => background.take(structuredClone(spans)),
    askElsewhere: background.want,
  })
  return { background, collector, fast }
})

type Lane = ServiceTracer["Service"]

/** Work that ends and leaves its traceparent, as an event's row carries it to the other lane. */
const sentBy = (lane: Lane, name: string, parent: string | null = null) =>
  Effect.currentSpan.pipe(
    Effect.map(traceparentOf),
    Effect.withSpan(`send ${name}`),
    Effect.tap(Effect.withSpan(Effect.void, `aside ${name}`)),
    Effect.withSpan(name, { parent: spanOf(parent)! }),
    lane.within("ranking"),
  )

const failing = (lane: Lane, parent: string) =>
  Effect.ignore(
    Effect.fail("no row").pipe(
      Effect.withSpan("apply", { parent: spanOf(parent)! }),
      lane.within("fast-path"),
    ),
  )

const leftOf = Effect.fnUntraced(function* ({
  background,
  collector,
  fast,
}: Effect.Success<typeof lanes>) {
  yield* fast.flush
  yield* background.flush
  return collector.spans.map(({ name }) => name).toSorted()
})

describe("an error in one thread takes along its ancestors", () => {
  it.live("that ended in the thread with the exporter", () =>
    Effect.gen(function* () {
      const both = yield* lanes
      yield* failing(both.fast, yield* sentBy(both.background, "judge"))
      assert.deepStrictEqual(yield* leftOf(both), ["apply", "judge", "send judge"])
    }).pipe(own),
  )

  it.live("that ended in the thread without one", () =>
    Effect.gen(function* () {
      const both = yield* lanes
      yield* failing(both.background, yield* sentBy(both.fast, "poll"))
      assert.deepStrictEqual(yield* leftOf(both), ["apply", "poll", "send poll"])
    }).pipe(own),
  )

  it.live("to and fro, and those that end after it", () =>
    Effect.gen(function* () {
      const both = yield* lanes
      yield* Effect.gen(function* () {
        const job = traceparentOf(yield* Effect.orDie(Effect.currentSpan))
        const polled = yield* sentBy(both.fast, "poll", job)
        const judged = yield* sentBy(both.background, "judge", polled)
        yield* failing(both.fast, judged)
      }).pipe(Effect.withSpan("job"), both.background.within("scheduler"))
      assert.deepStrictEqual(yield* leftOf(both), [
        "apply",
        "job",
        "judge",
        "poll",
        "send judge",
        "send poll",
      ])
    }).pipe(own),
  )
})
