/**
 * The tracer of a lane, and what the two lanes have to say to each other about spans.
 *
 * On threads of their own the fast lane hands its finished spans to the background lane, which has the
 * exporter. Either lane asks the other for ancestors of an error that it does not hold itself.
 */
import { type ConfigProvider, Effect, Layer } from "effect"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import type { ProcessIdentity } from "@evaluator/telemetry/LogicalService"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"

const spansRequest = "spans"
const spanWanted = "span wanted"

/** Whether the lane's spans go out through the other lane, or the other lane's through this one. */
export type ThroughLane = "out" | "in" | "neither"

const served = (through: ThroughLane) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const link = yield* LaneLink
      const { take, want } = yield* ServiceTracer
      yield* link.serve(spanWanted, (spanId) => want(spanId as string))
      if (through === "in") yield* link.serve(spansRequest, take)
    }),
  )

/** By the standard variables of the environment, or of another provider. */
export const layer = (
  link: LaneLink["Service"],
  through: ThroughLane,
  identity: Partial<ProcessIdentity>,
  provider?: ConfigProvider.ConfigProvider,
) =>
  served(through).pipe(
    Layer.provide(Layer.succeed(LaneLink, link)),
    Layer.provideMerge(
      ServiceTracer.layerFromEnvironment(identity, provider, {
        askElsewhere: (spanId) => link.tell(spanWanted, spanId),
        ...(through === "out" && { hand: (spans) => link.ask(spansRequest, spans) }),
      }),
    ),
  )
