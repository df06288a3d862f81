import { assert, describe, it } from "@effect/vitest"
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace-base"
import { Effect, Layer } from "effect"
import type { HttpHandlers } from "@evaluator/app/http/HttpHandlers"
import { escapeHtml, funnelPage } from "@evaluator/app/http/FunnelPage"
import { type HttpOptions, serve as serveWith } from "@evaluator/app/http/HttpSurface"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { status } from "../StatusSample.ts"

const fake = (overrides: Partial<HttpHandlers> = {}): HttpHandlers => ({
  liveness: Effect.succeed({ alive: true, parts: [] }),
  readiness: Effect.succeed({ ready: true, parts: [], degraded: ["the venue is down"] }),
  metrics: Effect.succeed("# TYPE up gauge\nup 1\n"),
  status: Effect.succeed(status),
  ...overrides,
})

const serve = (options: HttpOptions, handlers: HttpHandlers) =>
  Effect.provide(
    ServiceTracer.use((tracer) => serveWith(options, handlers, tracer)),
    ServiceTracer.layer,
  )

const get = (port: number, path: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      text: await response.text(),
    }
  })

const onFreePort = { host: "127.0.0.1", port: 0 }

describe("the HTTP surface", () => {
  it.live("answers health, metrics, state and page on a free port", () =>
    Effect.gen(function* () {
      const { port } = yield* serve(onFreePort, fake())
      assert.isAbove(port, 0)
      assert.strictEqual((yield* get(port, "/livez")).status, 200)
      const ready = yield* get(port, "/readyz")
      assert.strictEqual(ready.status, 200)
      assert.deepStrictEqual(JSON.parse(ready.text).degraded, ["the venue is down"])
      const metrics = yield* get(port, "/metrics")
      assert.match(metrics.type ?? "", /^text\/plain; version=0.0.4/)
      assert.strictEqual(metrics.text, "# TYPE up gauge\nup 1\n")
      assert.deepStrictEqual(JSON.parse((yield* get(port, "/api/status")).text), status)
      const page = yield* get(port, "/")
      assert.match(page.type ?? "", /^text\/html/)
      assert.include(page.text, "9,000")
      assert.strictEqual((yield* get(port, "/nothing")).status, 404)
    }),
  )

  it.live("makes a span of what an operator reads, and none of what machines ask for", () =>
    Effect.gen(function* () {
      const exporter = new InMemorySpanExporter()
      const context = yield* Layer.build(ServiceTracer.layerOtlp({ exporter }))
      const tracer = yield* Effect.provideContext(ServiceTracer, context)
      const { port } = yield* serveWith(onFreePort, fake(), tracer)
      const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`
      for (const path of ["/livez", "/readyz", "/metrics", "/api/status", "/", "/nothing"]) {
        yield* get(port, path, { traceparent })
      }
      yield* tracer.flush
      const seen = exporter.getFinishedSpans()
      assert.deepStrictEqual(
        seen.map((span) => [span.resource.attributes["service.name"], span.name, span.kind]),
        [
          ["http", "GET /api/status", 1],
          ["http", "GET /", 1],
        ],
      )
      for (const span of seen) {
        assert.strictEqual(span.attributes["peer.service"], "operator")
        assert.isUndefined(span.parentSpanContext)
        assert.notStrictEqual(span.spanContext().traceId, "1".repeat(32))
      }
    }),
  )

  it.live("says 503, with the parts, when a lane does not beat or copies cannot be decided", () =>
    Effect.gen(function* () {
      const parts = [{ name: "paper", ok: false, says: "silent for 6 s" }]
      const { port } = yield* serve(
        onFreePort,
        fake({
          liveness: Effect.succeed({ alive: false, parts }),
          readiness: Effect.succeed({ ready: false, parts, degraded: [] }),
        }),
      )
      for (const path of ["/livez", "/readyz"]) {
        const answer = yield* get(port, path)
        assert.strictEqual(answer.status, 503)
        assert.deepStrictEqual(JSON.parse(answer.text).parts, parts)
      }
    }),
  )

  it.live("answers 500 and goes on when a handler dies", () =>
    Effect.gen(function* () {
      const { port } = yield* serve(onFreePort, fake({ metrics: Effect.die("broken") }))
      assert.strictEqual((yield* get(port, "/metrics")).status, 500)
      assert.strictEqual((yield* get(port, "/livez")).status, 200)
    }),
  )

  it.live("fails the start with the port's number when it is taken", () =>
    Effect.gen(function* () {
      const { port } = yield* serve(onFreePort, fake())
      const error = yield* serve({ host: "127.0.0.1", port }, fake()).pipe(Effect.flip)
      assert.strictEqual(error._tag, "PortNotOpened")
      assert.include(error.message, `port ${port} of 127.0.0.1 is taken`)
    }),
  )
})

describe("the page", () => {
  it("shows text as text, whatever is in it", () => {
    assert.strictEqual(escapeHtml(`<b a="1">&'`), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;")
    const page = funnelPage({ ...status, venue: "<script>alert(1)</script>" })
    assert.notInclude(page, "<script>")
  })

  it("says so loudly when the ledger does not balance", () => {
    const page = funnelPage({ ...status, ledger: { ...status.ledger, balanced: false } })
    assert.include(page, "DOES NOT BALANCE")
  })
})
