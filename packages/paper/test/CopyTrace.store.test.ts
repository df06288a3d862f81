import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { TestClock } from "effect/testing"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"
import { blemishesOf, serviceGraph } from "@evaluator/testkit/ServiceGraph"
import {
  book,
  fill,
  follow,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  resolved,
  wallet,
} from "./PaperHarness.ts"

describe("the trace of a copy", () => {
  for (const share of [1, 0]) {
    it.effect(`is one from the leader's fill to the settled copy, at a share of ${share}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(noon)
        const receiver = yield* makeOtlpReceiver()
        const house = yield* openHouse({
          tracer: ServiceTracer.layerOtlp({
            url: `${receiver.endpoint}/v1/traces`,
            sampling: { share, byParent: true },
          }),
        })
        house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.5, 1000]] }))
        yield* introduce(house, [market(1)], [follow(wallet(1))])
        yield* house.tell([ingested([fill({ price: 0.5, n: 1 }), fill({ price: 0.5, n: 2 })])])
        yield* house.settle
        // Found once more by another way: nothing is sent a second time.
        yield* house.tell([ingested([fill({ price: 0.5, n: 1 })])])
        yield* house.settle
        yield* house.tell([resolved(1, [1, 0])])
        yield* house.settle
        yield* house.stop

        const settled = receiver.spans.filter(({ name }) => name === "copy settled")
        assert.strictEqual(settled.length, 2)
        for (const end of settled) {
          const trace = receiver.spans.filter(({ traceId }) => traceId === end.traceId)
          for (const step of ["send TradesIngested", "process TradesIngested"]) {
            assert.strictEqual(trace.filter(({ name }) => name === step).length, 1, step)
          }
          for (const step of ["send fills-to-copy", "process fills-to-copy", "copy settled"]) {
            assert.strictEqual(trace.filter(({ name }) => name === step).length, 2, step)
          }
          const ids = new Set(trace.map(({ spanId }) => spanId))
          const roots = trace.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ""))
          assert.deepStrictEqual(
            roots.map(({ name }) => name),
            ["send TradesIngested"],
          )
        }
        const graph = serviceGraph(receiver.spans, 60_000)
        assert.deepStrictEqual(blemishesOf(graph), [])
        assert.strictEqual(graph.lost, 0)
        assert.strictEqual(graph.edges["fast-path -> paper-saga (messaging_system)"], 2)
        assert.isUndefined(graph.edges["fast-path -> paper-saga (virtual_node)"])
        // Of what is not about fills nothing leaves the process when no share of it is wanted.
        const others = receiver.spans.filter(({ name }) => name === "send MarketListed")
        assert.strictEqual(others.length > 0, share === 1)
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
    )
  }
})
