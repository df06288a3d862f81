import { assert, describe, it } from "@effect/vitest"
import type { Tracer } from "effect"
import { Clock, Effect, Fiber, Metric, Tracer as Tracing } from "effect"
import { TestClock } from "effect/testing"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { maxBodyBytes } from "@evaluator/polymarket/ResponseBody"
import type { RouteName } from "@evaluator/polymarket/Routes"
import type { Query } from "@evaluator/polymarket/VenueHttp"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import type { Asked, Reply } from "./FakeVenue.ts"
import { fakeVenue, json } from "./FakeVenue.ts"

/** Calls a route of a venue that replies so; time passes until the call has ended. */
const called = (
  reply: (asked: Asked, nth: number) => Reply,
  route: RouteName = "activity",
  query: Query = [],
) =>
  Effect.gen(function* () {
    const { asked, layer } = fakeVenue(reply)
    const fiber = yield* VenueHttp.use((http) => http.get(route, query)).pipe(
      Effect.result,
      Effect.flatMap((result) =>
        Effect.map(Clock.currentTimeMillis, (endedMs) => ({ result, endedMs, asked })),
      ),
      Effect.provide(layer),
      Effect.forkScoped,
    )
    for (let second = 0; second < 240 && fiber.pollUnsafe() === undefined; second++) {
      yield* TestClock.adjust("500 millis")
      yield* Effect.yieldNow
    }
    return yield* Fiber.join(fiber)
  })

const failure = (run: Effect.Success<ReturnType<typeof called>>) =>
  run.result._tag === "Failure" ? run.result.failure : assert.fail("it succeeded")

const first = (reply: Reply, then: () => Reply) => (_: Asked, nth: number) =>
  nth === 1 ? reply : then()

const good = () => json({ data: [] })

describe("a request that names its thing in the path, or posts", () => {
  it.effect("carries it there, escaped, and says so in its text", () =>
    Effect.gen(function* () {
      const { asked, layer } = fakeVenue(good)
      yield* Effect.gen(function* () {
        const http = yield* VenueHttp
        const answer = yield* http.get("clobMarket", [], { segment: "0x/a" })
        assert.strictEqual(answer.request, "GET /clob/clob-markets/0x/a")
        const posted = yield* http.get("books", [], { body: [{ token_id: "1" }] })
        assert.strictEqual(posted.request, "POST /clob/books")
      }).pipe(Effect.provide(layer))
      assert.strictEqual(asked[0]?.url.pathname, "/clob-markets/0x%2Fa")
      assert.strictEqual(asked[1]?.method, "POST")
      assert.strictEqual(asked[1]?.body, '[{"token_id":"1"}]')
    }),
  )
})

describe("a copy older than the caller can use", () => {
  it.effect("is Stale at once: the same address would bring the same copy", () =>
    Effect.gen(function* () {
      const { asked, layer } = fakeVenue(() => json({}, { headers: { age: "61" } }))
      const ask = (maxAgeMs: number) =>
        VenueHttp.use((http) => http.get("activity", [], { maxAgeMs })).pipe(
          Effect.result,
          Effect.provide(layer),
        )
      const stale = yield* ask(60_000)
      assert.strictEqual(stale._tag === "Failure" && stale.failure.reason._tag, "Stale")
      assert.lengthOf(asked, 1)
      const good = yield* ask(61_000)
      assert.strictEqual(good._tag === "Success" && good.success.ageMs, 61_000)
    }),
  )
})

describe("a request", () => {
  it.effect("goes to the host of its route, says who asks, and carries no trace", () =>
    Effect.gen(function* () {
      const run = yield* called(good, "trades", [
        ["user", "0xab"],
        ["condition", "a,b"],
      ])
      const { url, headers } = run.asked[0]!
      assert.strictEqual(url.origin + url.pathname, "http://data.test/base/v2/trades")
      assert.strictEqual(url.searchParams.get("condition"), "a,b")
      assert.strictEqual(headers["user-agent"], "test/1")
      assert.notProperty(headers, "traceparent")
      assert.notProperty(headers, "b3")
      assert.strictEqual(
        run.result._tag === "Success" && run.result.success.request,
        "GET /data/v2/trades?user=0xab&condition=a,b",
      )
    }).pipe(Effect.withSpan("a caller that is traced")),
  )

  it.effect("is one CLIENT span an attempt that names the peer", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracing.make({
        span: (options) => {
          const span = new Tracing.NativeSpan(options)
          spans.push(span)
          return span
        },
      })
      yield* called(first("refused", good)).pipe(Effect.withTracer(tracer))
      const clients = spans.filter((span) => span.kind === "client")
      assert.strictEqual(clients.length, 2)
      assert.strictEqual(clients[0]?.name, "GET data/v2/activity")
      assert.strictEqual(clients[0]?.attributes.get("peer.service"), "polymarket-data")
      assert.strictEqual(clients[1]?.attributes.get("http.response.status_code"), 200)
    }),
  )

  it.effect("is counted by route and outcome", () =>
    Effect.gen(function* () {
      yield* called(first(json({}, { status: 429 }), good))
      const count = (outcome: string) =>
        Metric.value(
          Metric.withAttributes(counterOf(metrics.venueRequests), {
            route: "data/v2/activity",
            outcome,
          }),
        ).pipe(Effect.map((state) => state.count))
      assert.strictEqual(yield* count("ok"), 1)
      assert.strictEqual(yield* count("throttled"), 1)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )
})

describe("an unreachable venue", () => {
  it.effect("is tried four times with growing pauses, then the error says so", () =>
    Effect.gen(function* () {
      const run = yield* called(() => "refused")
      const error = failure(run)
      assert.strictEqual(run.asked.length, 4)
      assert.strictEqual(error.reason._tag, "Unreachable")
      assert.match(error.message, /GET \/data\/v2\/activity/)
      // 250 + 500 + 1000 ms, a fifth more or less.
      assert.isAtLeast(run.endedMs, 1400)
      assert.isAtMost(run.endedMs, 2500)
    }),
  )

  it.effect("that comes back is not noticed by the caller", () =>
    Effect.gen(function* () {
      for (const bad of ["refused" as const, json({}, { status: 502 })]) {
        const run = yield* called(first(bad, good))
        assert.strictEqual(run.result._tag, "Success")
        assert.strictEqual(run.asked.length, 2)
      }
    }),
  )

  it.effect("that says nothing is given up after ten seconds an attempt", () =>
    Effect.gen(function* () {
      const run = yield* called(() => "silence")
      assert.match(failure(run).message, /no answer within 10s/)
      assert.strictEqual(run.asked.length, 4)
      assert.isAtLeast(run.endedMs, 40_000)
    }),
  )
})

describe("a throttle", () => {
  it.effect("is waited out as long as the venue asked for", () =>
    Effect.gen(function* () {
      const throttled = json({}, { status: 429, headers: { "retry-after": "7" } })
      const run = yield* called(first(throttled, good))
      assert.strictEqual(run.result._tag, "Success")
      assert.isAtLeast(run.endedMs, 7000)
      assert.isAtMost(run.endedMs, 8500)
    }),
  )

  it.effect("longer than half a minute goes back to the caller at once", () =>
    Effect.gen(function* () {
      const run = yield* called(() => json({}, { status: 429, headers: { "retry-after": "120" } }))
      const { reason } = failure(run)
      assert.strictEqual(reason._tag === "Throttled" && reason.retryAfterMs, 120_000)
      assert.strictEqual(run.asked.length, 1)
    }),
  )

  it.effect("hidden in a 200 is tried again three times and no more", () =>
    Effect.gen(function* () {
      const run = yield* called(() => json({ error: "Too Many Requests" }))
      assert.strictEqual(failure(run).reason._tag, "Throttled")
      assert.strictEqual(run.asked.length, 4)
    }),
  )
})

describe("an answer that cannot be used", () => {
  it.effect("because it is no JSON is asked for once more", () =>
    Effect.gen(function* () {
      const run = yield* called(() => new Response('{"data":[{"size":'))
      assert.strictEqual(failure(run).reason._tag, "Malformed")
      assert.strictEqual(run.asked.length, 2)
    }),
  )

  it.effect("because the venue refuses or does not know is final", () =>
    Effect.gen(function* () {
      for (const [status, tag] of [
        [400, "Refused"],
        [401, "Refused"],
        [302, "Refused"],
        [404, "NotFound"],
      ] as const) {
        const run = yield* called(() => json({ error: "no" }, { status }))
        assert.strictEqual(failure(run).reason._tag, tag)
        assert.strictEqual(run.asked.length, 1)
      }
    }),
  )

  it.effect("because it is too large is not read to its end", () =>
    Effect.gen(function* () {
      let served = 0
      const chunk = new Uint8Array(1024 * 1024).fill(32)
      const endless = () =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              served += 1
              controller.enqueue(chunk)
            },
          }),
        )
      const run = yield* called(endless)
      const { reason } = failure(run)
      assert.match(reason._tag === "Malformed" ? reason.message : "", /more than/)
      assert.isAtMost(served, (2 * maxBodyBytes) / chunk.byteLength + 8)
      const declared = { "content-length": String(maxBodyBytes + 1) }
      const announced = yield* called(() => new Response("{}", { headers: declared }))
      assert.strictEqual(failure(announced).reason._tag, "Malformed")
    }),
  )

  it.effect("because it has no body is Malformed or what its status says", () =>
    Effect.gen(function* () {
      const empty = yield* called(() => new Response(null, { status: 200 }))
      assert.strictEqual(failure(empty).reason._tag, "Malformed")
      const missing = yield* called(() => new Response(null, { status: 404 }))
      assert.strictEqual(failure(missing).reason._tag, "NotFound")
    }),
  )
})
