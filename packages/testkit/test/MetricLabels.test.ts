import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { labelFaults, mostValues } from "@evaluator/testkit/MetricLabels"

const counted = (label: string, value: string) =>
  Metric.update(Metric.withAttributes(counterOf(metrics.venueRequests), { [label]: value }), 1)

const own = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.provideService(test, Metric.MetricRegistry, new Map()))

describe("labels of metrics", () => {
  it.effect("that are declared, with words of ours for values, are sound", () =>
    Effect.gen(function* () {
      yield* counted("route", "data/v2/biggest-winners")
      yield* counted("outcome", "COPIED")
      assert.deepStrictEqual(yield* labelFaults, [])
    }).pipe(own),
  )

  it.effect("that name a thing, are not declared, or have too many values are told", () =>
    Effect.gen(function* () {
      yield* counted("outcome", `0x${"ab".repeat(20)}`)
      yield* counted("wallet", "known")
      for (let n = 0; n <= mostValues; n++) {
        yield* counted("route", `page-${String.fromCharCode(65 + (n % 26))}${n % 7}`)
      }
      const faults = (yield* labelFaults).toSorted()
      assert.lengthOf(faults, 3)
      assert.match(faults[0]!, /^outcome of evaluator_venue_requests_total has the value 0xabab/)
      assert.match(faults[1]!, /^route of .* has 41 values$/)
      assert.match(faults[2]!, /^wallet of .* is not declared$/)
    }).pipe(own),
  )
})
