import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import { consuming, producing } from "@evaluator/telemetry/Messaging"
import { externalPeers, peerAttributes } from "@evaluator/telemetry/Names"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"
import { blemishesOf, type GraphSpan, serviceGraph } from "@evaluator/testkit/ServiceGraph"

/** Tempo's `wait` in config/tempo.yaml, and what it is by default. */
const configuredWait = 60_000
const defaultWait = 10_000

/** Two starts of the process, one after the other, that export to one collector. */
const twoStarts = Effect.fnUntraced(function* (
  first: (tracer: ServiceTracer["Service"]) => Effect.Effect<string>,
  second: (tracer: ServiceTracer["Service"], traceparent: string) => Effect.Effect<void>,
) {
  const receiver = yield* makeOtlpReceiver()
  const start = Effect.fnUntraced(function* <A>(
    instanceId: string,
    work: (tracer: ServiceTracer["Service"]) => Effect.Effect<A>,
  ) {
    const scope = yield* Scope.make()
    const layer = ServiceTracer.layerOtlp({
      url: `${receiver.endpoint}/v1/traces`,
      identity: { instanceId },
    })
    const tracer = yield* Layer.buildWithScope(Layer.fresh(layer), scope).pipe(
      Effect.flatMap((context) => Effect.provide(ServiceTracer, context)),
    )
    const done = yield* work(tracer)
    yield* tracer.flush
    yield* Scope.close(scope, Exit.void)
    return done
  })
  const traceparent = yield* start("boot-1", first)
  yield* start("boot-2", (tracer) => second(tracer, traceparent))
  return receiver.spans
})

const ownMetrics = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Metric.MetricRegistry, new Map())

const send = (tracer: ServiceTracer["Service"]) => ({
  fills: (group?: string, repeats?: string) =>
    producing(
      { destination: "fills", consumer: "paper-saga", group, repeats },
      Effect.succeed,
    ).pipe(tracer.within("fast-path")),
})

const take = (
  tracer: ServiceTracer["Service"],
  traceparent: string,
  more: { readonly coalesced?: ReadonlyArray<string>; readonly work?: Effect.Effect<void> } = {},
) =>
  (more.work ?? Effect.void).pipe(
    consuming({ destination: "fills", traceparent, coalesced: more.coalesced }),
    tracer.within("paper-saga"),
  )

const none = () => Effect.void

describe("the service graph of exported spans", () => {
  it.effect("fan-out draws an edge a subscriber, a retry one more", () =>
    Effect.gen(function* () {
      const spans = yield* twoStarts(
        Effect.fnUntraced(function* (tracer) {
          for (const [group, consumer] of [
            ["a", "scoring"],
            ["b", "ranking"],
            ["c", "discovery"],
          ] as const) {
            const traceparent = yield* producing(
              { destination: "TradesIngested", consumer, group },
              Effect.succeed,
            ).pipe(tracer.within("ingestion"))
            yield* Effect.void.pipe(
              consuming({ destination: "TradesIngested", traceparent, group }),
              tracer.within(consumer),
            )
          }
          const once = yield* send(tracer).fills()
          yield* take(tracer, once)
          const again = yield* send(tracer).fills(undefined, once)
          yield* take(tracer, again)
          return again
        }),
        none,
      )
      const graph = serviceGraph(spans, configuredWait)
      assert.deepStrictEqual(graph, {
        edges: {
          "ingestion -> scoring (messaging_system)": 1,
          "ingestion -> ranking (messaging_system)": 1,
          "ingestion -> discovery (messaging_system)": 1,
          "fast-path -> paper-saga (messaging_system)": 2,
        },
        lost: 0,
      })
      assert.deepStrictEqual(blemishesOf(graph), [])
    }).pipe(ownMetrics),
  )

  it.effect("a job of 40 s pairs within the configured wait and keeps its edge beyond it", () =>
    Effect.gen(function* () {
      const spans = yield* twoStarts(
        Effect.fnUntraced(function* (tracer) {
          const traceparent = yield* send(tracer).fills()
          yield* take(tracer, traceparent, { work: TestClock.adjust("40 seconds") })
          return traceparent
        }),
        none,
      )
      assert.deepStrictEqual(serviceGraph(spans, configuredWait).edges, {
        "fast-path -> paper-saga (messaging_system)": 1,
      })
      assert.deepStrictEqual(serviceGraph(spans, defaultWait).edges, {
        "fast-path -> paper-saga (virtual_node)": 1,
      })
    }).pipe(ownMetrics),
  )

  it.effect("a restart between sending and taking keeps the pair: the row carries it", () =>
    Effect.gen(function* () {
      const spans = yield* twoStarts(
        (tracer) => send(tracer).fills(),
        (tracer, traceparent) => take(tracer, traceparent),
      )
      assert.strictEqual(new Set(spans.map((span) => span.resource["service.instance.id"])).size, 2)
      assert.deepStrictEqual(serviceGraph(spans, configuredWait).edges, {
        "fast-path -> paper-saga (messaging_system)": 1,
      })
    }).pipe(ownMetrics),
  )

  it.effect("of three coalesced into one, each keeps an edge and none makes a strange node", () =>
    Effect.gen(function* () {
      const spans = yield* twoStarts(
        Effect.fnUntraced(function* (tracer) {
          const first = yield* send(tracer).fills()
          const second = yield* send(tracer).fills()
          const newest = yield* send(tracer).fills()
          yield* take(tracer, newest, { coalesced: [first, second] })
          return newest
        }),
        none,
      )
      const graph = serviceGraph(spans, configuredWait)
      assert.deepStrictEqual(graph.edges, {
        "fast-path -> paper-saga (messaging_system)": 1,
        "fast-path -> paper-saga (virtual_node)": 2,
      })
      assert.deepStrictEqual(blemishesOf(graph), [])
    }).pipe(ownMetrics),
  )

  it.effect("the venue and SQLite are nodes; work without a sender makes none", () =>
    Effect.gen(function* () {
      const spans = yield* twoStarts(
        Effect.fnUntraced(function* (tracer) {
          const call = (peer: string, more: Readonly<Record<string, string>> = {}) =>
            Effect.void.pipe(
              Effect.withSpan("call", {
                kind: "client",
                attributes: { ...peerAttributes(peer), ...more },
              }),
            )
          yield* Effect.all([
            call(externalPeers.data),
            call(externalPeers.sqlite, { "db.system.name": "sqlite" }),
          ]).pipe(Effect.withSpan("job walk-history"), tracer.within("ingestion"))
          yield* take(tracer, "no traceparent at all")
          return ""
        }),
        none,
      )
      assert.deepStrictEqual(serviceGraph(spans, configuredWait), {
        edges: {
          "ingestion -> polymarket-data (virtual_node)": 1,
          "ingestion -> sqlite (database)": 1,
        },
        lost: 0,
      })
    }).pipe(ownMetrics),
  )
})

describe("the model of the graph", () => {
  const span = (more: Partial<GraphSpan>): GraphSpan => ({
    service: "scoring",
    traceId: "t",
    spanId: "s",
    parentSpanId: undefined,
    kind: 5,
    attributes: {},
    resource: {},
    endMs: 0,
    ...more,
  })

  it("shows what the rules of Messaging avoid", () => {
    const user = serviceGraph([span({})], configuredWait)
    assert.deepStrictEqual(blemishesOf(user), ["user -> scoring (virtual_node)"])
    const producer = span({ kind: 4 })
    const loop = serviceGraph([producer, span({ parentSpanId: "s", spanId: "c" })], configuredWait)
    assert.deepStrictEqual(blemishesOf(loop), ["scoring -> scoring (messaging_system)"])
    const twice = serviceGraph(
      ["a", "b"].reduce<ReadonlyArray<GraphSpan>>(
        (all, service) => [...all, span({ service, parentSpanId: "s", spanId: service, endMs: 1 })],
        [producer],
      ),
      configuredWait,
    )
    assert.deepStrictEqual(twice, {
      edges: { "scoring -> a (messaging_system)": 1 },
      lost: 1,
    })
    const database = serviceGraph(
      [span({ kind: 4, attributes: { "db.system": "sqlite", "peer.service": "ranking" } })],
      configuredWait,
    )
    assert.deepStrictEqual(database.edges, { "scoring -> ranking (database)": 1 })
  })
})
