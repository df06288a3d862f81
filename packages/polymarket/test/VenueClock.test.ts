import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric, Schema } from "effect"
import { CacheAge, mostRemembered } from "@evaluator/polymarket/CacheAge"
import { VenueClock } from "@evaluator/polymarket/VenueClock"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { gaugeOf, metrics } from "@evaluator/telemetry/Names"
import { fakeVenue, json } from "./FakeVenue.ts"

const clock = Effect.provide(VenueClock, VenueClock.layer)

const second = 1_790_000_000_000
const dated = (ms: number) => new Date(ms).toUTCString()

const Trip = Schema.Struct({
  outMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 900 })),
  backMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 900 })),
  restMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 })),
})

describe("the venue's clock", () => {
  it.effect("is unknown before an answer, and after one whose date cannot be read", () =>
    Effect.gen(function* () {
      const { note, offset } = yield* clock
      assert.isNull(yield* offset)
      yield* note({ date: "soon", sentMs: 0, receivedMs: 1 })
      assert.isNull(yield* offset)
    }),
  )

  it.effect.prop(
    "lies within the error told, whatever the way of the answers took",
    [
      Schema.Int.check(Schema.isBetween({ minimum: -100_000, maximum: 100_000 })),
      Schema.NonEmptyArray(Trip),
    ],
    ([trueOffsetMs, trips]) =>
      Effect.gen(function* () {
        const { note, offset } = yield* clock
        let nowMs = second
        for (const { outMs, backMs, restMs } of trips.slice(0, 80)) {
          const sentMs = nowMs
          const venueMs = sentMs + outMs + trueOffsetMs
          nowMs = sentMs + outMs + backMs
          yield* note({ date: dated(venueMs), sentMs, receivedMs: nowMs })
          const measured = yield* offset
          assert.isNotNull(measured)
          const apart = Math.abs((measured?.offsetMs ?? 0) - trueOffsetMs)
          assert.isAtMost(apart, (measured?.errorMs ?? 0) + 1)
          nowMs += restMs
        }
      }),
  )

  it.effect("is measured ever closer, and anew when it was set", () =>
    Effect.gen(function* () {
      const { note, offset } = yield* clock
      for (let n = 0; n < 100; n++) {
        const sentMs = second + n * 1017
        yield* note({ date: dated(sentMs + 250), sentMs, receivedMs: sentMs + 20 })
      }
      const measured = yield* offset
      assert.isAtMost(measured?.errorMs ?? Infinity, 40)
      const sentMs = second + 200_000
      yield* note({ date: dated(sentMs + 3_600_000), sentMs, receivedMs: sentMs + 20 })
      assert.isAtLeast((yield* offset)?.offsetMs ?? 0, 3_599_000)
    }),
  )

  it.effect("is read off every fresh answer and off no copy", () =>
    Effect.gen(function* () {
      const { layer } = fakeVenue((_, nth) =>
        json({ data: [] }, { headers: { date: dated(nth * 10_000), age: nth === 2 ? "60" : "0" } }),
      )
      yield* Effect.gen(function* () {
        const http = yield* VenueHttp
        const { offset } = yield* VenueClock
        yield* http.get("activity", [])
        assert.isAtLeast((yield* offset)?.offsetMs ?? 0, 10_000)
        yield* http.get("activity", [])
        assert.isAtMost((yield* offset)?.offsetMs ?? Infinity, 11_000)
        const shown = yield* Metric.value(gaugeOf(metrics.venueClockOffset))
        assert.strictEqual(shown.value, (yield* offset)?.offsetMs)
      }).pipe(Effect.provide(layer))
    }),
  )
})

describe("the age of an answer", () => {
  it("is what the cache says, or for how long its trace id is known", () => {
    const age = new CacheAge()
    assert.strictEqual(age.of({ age: "120" }, 0), 120_000)
    assert.strictEqual(age.of({ age: "soon" }, 0), 0)
    assert.strictEqual(age.of({ "x-trace-id": "a" }, 1000), 0)
    assert.strictEqual(age.of({ "x-trace-id": "a" }, 31_000), 30_000)
    assert.strictEqual(age.of({ "x-trace-id": "b", age: "5" }, 31_000), 5000)
  })

  it("forgets the oldest trace ids and no others", () => {
    const age = new CacheAge()
    for (let n = 0; n <= mostRemembered; n++) age.of({ "x-trace-id": String(n) }, n)
    assert.strictEqual(age.of({ "x-trace-id": "1" }, 10_001), 10_000)
    assert.strictEqual(age.of({ "x-trace-id": "0" }, 20_000), 0)
  })
})
