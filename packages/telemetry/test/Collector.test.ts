/**
 * What a collector may do to the process that exports to it: nothing, and every span is accounted for:
 * made = exported + dropped, and exported is what the collector took.
 */
import { assert, describe, it } from "@effect/vitest"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Clock, Deferred, Effect, Exit, Layer, Metric, Scope } from "effect"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"

type Mood = "takes" | "refuses" | "hangs"

interface Posted {
  readonly resourceSpans: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<unknown> }>
  }>
}

const spansIn = (text: string): number =>
  (JSON.parse(text) as Posted).resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0)

/** A collector whose mood may change, and that may be stopped and started again on its port. */
const collector = Effect.gen(function* () {
  let mood: Mood = "takes"
  let taken = 0
  let port = 0
  let server: Server | null = null
  const stop = Effect.sync(() => {
    server?.closeAllConnections()
    server?.close()
    server = null
  })
  const start = Effect.gen(function* () {
    const listening = yield* Deferred.make<void>()
    server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        if (mood === "hangs") return
        if (mood === "takes") taken += spansIn(Buffer.concat(chunks).toString())
        response.writeHead(mood === "takes" ? 200 : 400).end("{}")
      })
    })
    server.listen(port, "127.0.0.1", () => Deferred.doneUnsafe(listening, Effect.void))
    yield* Deferred.await(listening)
    port = (server!.address() as AddressInfo).port
  })
  yield* Effect.addFinalizer(() => stop)
  yield* start
  return {
    start,
    stop,
    url: () => `http://127.0.0.1:${port}/v1/traces`,
    taken: () => taken,
    becomes: (to: Mood) => Effect.sync(() => (mood = to)),
  }
})

const dropped = Effect.map(
  Effect.forEach(["full", "refused", "exit"], (reason) =>
    Metric.value(Metric.withAttributes(counterOf(metrics.spansDropped), { reason })),
  ),
  (states) => states.reduce((sum, { count }) => sum + count, 0),
)
const exported = Effect.map(Metric.value(counterOf(metrics.spansExported)), ({ count }) => count)

const batch = 20

const opened = Effect.fnUntraced(function* (url: string) {
  const scope = yield* Scope.make()
  const layer = ServiceTracer.layerOtlp({
    url,
    limits: { capacity: 100, batchSize: batch, every: "10 seconds", closeWithin: "300 millis" },
  })
  const tracer = yield* Effect.provide(ServiceTracer, yield* Layer.buildWithScope(layer, scope))
  let made = 0
  /** Work with spans; answers the longest a single one of them took, ms. */
  const work = Effect.fnUntraced(function* (spans: number) {
    let longest = 0
    for (let n = 0; n < spans; n++) {
      const began = yield* Clock.monotonicTimeNanos
      yield* Effect.void.pipe(Effect.withSpan("step"), tracer.within("ingestion"))
      longest = Math.max(longest, Number((yield* Clock.monotonicTimeNanos) - began) / 1e6)
    }
    made += spans
    return longest
  })
  return { work, made: () => made, flush: tracer.flush, close: Scope.close(scope, Exit.void) }
})

const ownMetrics = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Metric.MetricRegistry, new Map())

/** Far above what a span costs on a busy machine, far below any wait for a collector. */
const unnoticedMs = 1000

describe("a collector", () => {
  it.live(
    "that refuses costs the spans of that time, counted exactly, and those after it arrive",
    () =>
      Effect.gen(function* () {
        const other = yield* collector
        const { close, flush, made, work } = yield* opened(other.url())
        yield* work(batch)
        yield* flush
        yield* other.becomes("refuses")
        yield* work(2 * batch)
        yield* flush
        yield* other.becomes("takes")
        yield* work(batch)
        yield* flush
        yield* close
        assert.strictEqual(other.taken(), 2 * batch)
        assert.strictEqual(yield* exported, 2 * batch)
        assert.strictEqual(yield* dropped, 2 * batch)
        assert.strictEqual(made(), 4 * batch)
      }).pipe(Effect.scoped, ownMetrics),
  )

  it.live("that takes no answer holds nobody up: what has no room is dropped and counted", () =>
    Effect.gen(function* () {
      const other = yield* collector
      yield* other.becomes("hangs")
      const { close, made, work } = yield* opened(other.url())
      assert.isBelow(yield* work(500), unnoticedMs)
      const began = yield* Clock.currentTimeMillis
      yield* close
      assert.isBelow((yield* Clock.currentTimeMillis) - began, 2000)
      assert.strictEqual((yield* exported) + (yield* dropped), made())
      assert.strictEqual(yield* exported, other.taken())
      assert.strictEqual(yield* dropped, 500)
    }).pipe(Effect.scoped, ownMetrics),
  )

  it.live(
    "that is stopped and started again takes what comes then; what it missed is counted",
    () =>
      Effect.gen(function* () {
        const other = yield* collector
        const { close, flush, made, work } = yield* opened(other.url())
        yield* work(batch)
        yield* flush
        yield* other.stop
        assert.isBelow(yield* work(300), unnoticedMs)
        yield* other.start
        yield* work(batch)
        yield* Effect.timeoutOption(flush, "5 seconds")
        yield* close
        assert.strictEqual((yield* exported) + (yield* dropped), made())
        assert.strictEqual(yield* exported, other.taken())
        assert.isAtLeast(other.taken(), batch)
        assert.isAtLeast(yield* dropped, 300 - 100)
      }).pipe(Effect.scoped, ownMetrics),
  )
})
