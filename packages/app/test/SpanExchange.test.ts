import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Metric } from "effect"
import * as SpanExchange from "@evaluator/app/SpanExchange"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { spanOf, traceparentOf } from "@evaluator/telemetry/Messaging"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"

const lanes = Effect.fnUntraced(function* (live: boolean) {
  const collector = yield* makeOtlpReceiver()
  const provider = ConfigProvider.fromUnknown({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_TRACES_SAMPLER: "always_off",
  })
  const [here, there] = LaneLink.inlinePair()
  const tracerOf = (link: LaneLink["Service"], through: SpanExchange.ThroughLane) =>
    Effect.flatMap(Layer.build(SpanExchange.layer(link, through, {}, provider)), (context) =>
      Effect.provideContext(ServiceTracer, context),
    )
  return {
    collector,
    background: yield* tracerOf(here, live ? "in" : "neither"),
    fast: yield* tracerOf(there, live ? "out" : "neither"),
  }
})

describe("an error of one lane", () => {
  for (const live of [true, false]) {
    it.live(
      `goes out with what the other lane holds of its ancestors, ${live ? "on two threads" : "in virtual time"}`,
      () =>
        Effect.gen(function* () {
          const { background, collector, fast } = yield* lanes(live)
          for (const [sender, receiver] of [
            [background, fast],
            [fast, background],
          ] as const) {
            const sent = yield* Effect.currentSpan.pipe(
              Effect.map(traceparentOf),
              Effect.withSpan("send"),
              sender.within("ranking"),
            )
            yield* Effect.ignore(
              Effect.fail("no row").pipe(
                Effect.withSpan("apply", { parent: spanOf(sent)! }),
                receiver.within("fast-path"),
              ),
            )
          }
          yield* fast.flush
          yield* background.flush
          assert.sameMembers(
            collector.spans.map(({ name }) => name),
            ["send", "apply", "send", "apply"],
          )
        }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map())),
    )
  }
})
