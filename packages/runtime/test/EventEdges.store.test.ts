import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import * as Bridge from "@evaluator/runtime/Bridge"
import { EventLog } from "@evaluator/runtime/EventLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import type { LogicalService } from "@evaluator/telemetry/LogicalService"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"
import { blemishesOf, serviceGraph } from "@evaluator/testkit/ServiceGraph"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const settle = Effect.repeat(TestClock.adjust("1 second"), { times: 20 })
const scored = (wallets: number): EventDraft => ({
  type: "WalletsScored",
  payload: { wallets, windowDays: 7 },
})

/** A far lane that keeps the log; near ones open with a subscriber that fails as often as it is told. */
const lanes = Effect.gen(function* () {
  const dir = yield* temporaryDirectory
  const receiver = yield* makeOtlpReceiver()
  const tracing = yield* Layer.build(
    ServiceTracer.layerOtlp({ url: `${receiver.endpoint}/v1/traces` }),
  )
  const tracer = yield* Effect.provide(ServiceTracer, tracing)
  const traced = Effect.provideService(ServiceTracer, tracer)
  const [near, far] = LaneLink.inlinePair()
  const farLane = yield* openLane(join(dir, "far.db"), far)
  yield* Bridge.serveLog("far").pipe(traced, inLane(farLane))
  /** An event of a job in the far lane. */
  const append = (event: EventDraft) =>
    Effect.flatMap(EventLog, (log) => log.append([event])).pipe(
      Effect.withSpan("job score-wallets", { root: true }),
      tracer.within("ranking"),
      inLane(farLane),
    )
  const subscribe = Effect.fnUntraced(function* (
    subscriber: string,
    consumer: LogicalService,
    failures = 0,
  ) {
    const scope = yield* Scope.make()
    const lane = yield* openLane(join(dir, "near.db"), near).pipe(Scope.provide(scope))
    let left = failures
    yield* Bridge.subscribe({
      subscriber,
      consumer,
      logName: "far",
      handle: () => Effect.suspend(() => (left-- > 0 ? Effect.fail("not yet") : Effect.void)),
      rewound: Effect.void,
    }).pipe(traced, inLane(lane), Scope.provide(scope))
    yield* settle
    return { end: Scope.close(scope, Exit.void) }
  })
  return { append, subscribe, receiver, flush: tracer.flush }
})

const ownMetrics = Effect.provideService(Metric.MetricRegistry, new Map())

describe("events that cross lanes", () => {
  it.effect("draw an edge a delivery, in the trace of the job that appended them", () =>
    Effect.gen(function* () {
      const { append, flush, receiver, subscribe } = yield* lanes
      yield* subscribe("near", "fast-path")
      yield* append(scored(1))
      yield* append(scored(2))
      // Nobody's news: about a run, not about the world.
      yield* append({ type: "JobStarted", payload: { job: "score-wallets", cause: "slot" } })
      yield* settle
      yield* flush
      const graph = serviceGraph(receiver.spans, 60_000)
      assert.deepStrictEqual(graph, {
        edges: { "ranking -> fast-path (messaging_system)": 2 },
        lost: 0,
      })
      assert.deepStrictEqual(blemishesOf(graph), [])
      const byId = new Map(receiver.spans.map((span) => [span.spanId, span]))
      for (const span of receiver.spans.filter(({ kind }) => kind === 5)) {
        const sent = byId.get(span.parentSpanId ?? "")
        assert.strictEqual(sent?.kind, 4)
        assert.strictEqual(byId.get(sent?.parentSpanId ?? "")?.name, "job score-wallets")
      }
    }).pipe(ownMetrics),
  )

  it.effect("are sent anew for each try of a handler that fails", () =>
    Effect.gen(function* () {
      const { append, flush, receiver, subscribe } = yield* lanes
      yield* subscribe("near", "fast-path", 2)
      yield* append(scored(1))
      yield* settle
      yield* flush
      const graph = serviceGraph(receiver.spans, 60_000)
      assert.deepStrictEqual(graph, {
        edges: { "ranking -> fast-path (messaging_system)": 3 },
        lost: 0,
      })
    }).pipe(ownMetrics),
  )

  it.effect("that waited for a restart of the subscriber keep their trace", () =>
    Effect.gen(function* () {
      const { append, flush, receiver, subscribe } = yield* lanes
      yield* (yield* subscribe("near", "fast-path")).end
      yield* append(scored(1))
      yield* settle
      yield* subscribe("near", "fast-path")
      yield* flush
      assert.deepStrictEqual(serviceGraph(receiver.spans, 60_000).edges, {
        "ranking -> fast-path (messaging_system)": 1,
      })
      assert.strictEqual(new Set(receiver.spans.map(({ traceId }) => traceId)).size, 1)
    }).pipe(ownMetrics),
  )
})
