/**
 * How an attempt at a route is seen: one CLIENT span that names the host, a count by outcome, and
 * how long it took. Made once a route, because every request passes here.
 */
import { Clock, Effect, Metric } from "effect"
import {
  counterOf,
  externalPeers,
  histogramOf,
  metrics,
  peerAttributes,
  spans,
} from "@evaluator/telemetry/Names"
import type { Reason } from "./Answer.ts"
import type { Route } from "./Routes.ts"
import { labelOf } from "./Routes.ts"

const outcomes = "ok interrupted Throttled Unreachable Malformed Refused NotFound Stale".split(" ")

export const measuredRoute = (route: Route) => {
  const label = labelOf(route)
  const requests = counterOf(metrics.venueRequests)
  const counters = new Map(
    outcomes.map((outcome) => [
      outcome,
      Metric.withAttributes(requests, { route: label, outcome: outcome.toLowerCase() }),
    ]),
  )
  const throttles = Metric.withAttributes(counterOf(metrics.venueThrottled), { route: label })
  const duration = Metric.withAttributes(histogramOf(metrics.venueDuration), { route: label })
  const { method } = route
  const spanName = spans.call(method, label)
  const spanOptions = {
    kind: "client",
    captureStackTrace: false,
    attributes: {
      ...peerAttributes(externalPeers[route.host]),
      "http.request.method": method,
      "url.path": route.path,
    },
  } as const
  // Once a route: each call of the data-last form captures a stack, whatever the options say.
  const inSpan = Effect.withSpan(spanName, spanOptions)
  const counted = (outcome: string) => Metric.update(counters.get(outcome)!, 1)
  const failed = (reason: Reason) =>
    reason._tag === "Throttled"
      ? Effect.andThen(counted(reason._tag), Metric.update(throttles, 1))
      : counted(reason._tag)

  return <A, R>(attempt: Effect.Effect<A, Reason, R>) =>
    Clock.clockWith((clock) => {
      const startedNs = clock.monotonicTimeNanosUnsafe()
      const elapsedMs = () => Number(clock.monotonicTimeNanosUnsafe() - startedNs) / 1e6
      return attempt.pipe(
        inSpan,
        Effect.ensuring(Effect.suspend(() => Metric.update(duration, elapsedMs()))),
        Effect.tap(() => counted("ok")),
        Effect.tapError(failed),
        Effect.onInterrupt(() => counted("interrupted")),
      )
    })
}
