import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Metric } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import { EventLog } from "@evaluator/runtime/EventLog"
import type { Job } from "@evaluator/runtime/Job"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"
import { blemishesOf, serviceGraph } from "@evaluator/testkit/ServiceGraph"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 30 })

const job = (lasts: Duration.Input): Job => ({
  name: "score-things",
  about: "Scores.",
  service: "scoring",
  every: "1 hour",
  atBoot: true,
  on: ["WalletsScored"],
  timeout: "20 minutes",
  run: Effect.as(Effect.sleep(lasts), {}),
})

/** The spans of a life of the lane, with the ids of the traces that the runs' rows name. */
const spansOf = Effect.fnUntraced(function* <A, E>(
  lasts: Duration.Input,
  body: (supervisor: Supervisor["Service"]) => Effect.Effect<A, E, EventLog>,
) {
  const receiver = yield* makeOtlpReceiver()
  const file = join(yield* temporaryDirectory, "lane.db")
  const tracing = ServiceTracer.layerOtlp({ url: `${receiver.endpoint}/v1/traces` })
  const lane = yield* openLane(file, LaneLink.inlinePair()[0], tracing)
  const traces = yield* Effect.gen(function* () {
    const supervisor = yield* Supervisor
    yield* supervisor.register(job(lasts))
    yield* settle
    yield* TestClock.adjust(lasts)
    yield* settle
    yield* body(supervisor)
    yield* settle
    yield* TestClock.adjust(lasts)
    yield* settle
    yield* (yield* ServiceTracer).flush
    const sql = yield* SqlClient.SqlClient
    return yield* sql<{ trace_id: string }>`SELECT trace_id FROM job_runs ORDER BY id`
  }).pipe(inLane(lane))
  return { spans: receiver.spans, traces: traces.map(({ trace_id }) => trace_id) }
})

const ownMetrics = Effect.provideService(Metric.MetricRegistry, new Map())
const scheduled = "scheduler -> scoring (messaging_system)"

describe("who had a job run", () => {
  it.effect(
    "is the scheduler for the start and for slots, in the trace that the run's row names",
    () =>
      Effect.gen(function* () {
        const { spans, traces } = yield* spansOf("1 second", () => TestClock.adjust("1 hour"))
        const graph = serviceGraph(spans, 60_000)
        assert.deepStrictEqual(graph, { edges: { [scheduled]: 2 }, lost: 0 })
        assert.deepStrictEqual(blemishesOf(graph), [])
        const runs = spans.filter(({ name }) => name === "job score-things")
        assert.deepStrictEqual(
          runs.map(({ traceId }) => traceId),
          traces,
        )
        assert.isTrue(runs.every(({ service }) => service === "scoring"))
      }).pipe(ownMetrics),
  )

  it.effect("is the command for a run by hand", () =>
    Effect.gen(function* () {
      const { spans } = yield* spansOf("1 millis", (supervisor) =>
        Effect.forkChild(supervisor.runNow("score-things", "by hand")),
      )
      assert.deepStrictEqual(serviceGraph(spans, 60_000), {
        edges: { [scheduled]: 1, "cli -> scoring (messaging_system)": 1 },
        lost: 0,
      })
    }).pipe(ownMetrics),
  )

  it.effect("is nobody for an event: the run is a root", () =>
    Effect.gen(function* () {
      const { spans } = yield* spansOf("1 millis", () =>
        Effect.flatMap(EventLog, (log) =>
          log.append([{ type: "WalletsScored", payload: { wallets: 1, windowDays: 7 } }]),
        ),
      )
      assert.deepStrictEqual(serviceGraph(spans, 60_000), { edges: { [scheduled]: 1 }, lost: 0 })
      const roots = spans.filter(
        ({ name, parentSpanId }) => name === "job score-things" && parentSpanId === undefined,
      )
      assert.strictEqual(roots.length, 1)
    }).pipe(ownMetrics),
  )

  it.effect("is drawn once for a run longer than a backend waits, by the peer it names", () =>
    Effect.gen(function* () {
      const { spans } = yield* spansOf("2 minutes", () => Effect.void)
      const graph = serviceGraph(spans, 60_000)
      assert.deepStrictEqual(graph.edges, { "scheduler -> scoring (virtual_node)": 1 })
      assert.deepStrictEqual(blemishesOf(graph), [])
    }).pipe(ownMetrics),
  )
})
