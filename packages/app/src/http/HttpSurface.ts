/**
 * The service's HTTP surface: health, metrics, state and a page. Read-only, loopback by default.
 *
 * Promises: `/livez` answers 200 while both lanes beat, `/readyz` 200 while copies can be decided
 * (what is merely worse is listed as degraded), both 503 otherwise, always with the parts. A port
 * that cannot be opened fails the start with {@link PortNotOpened} and its number.
 * What an operator reads, `/` and `/api/status`, is a SERVER span of the service `http`; what machines
 * ask for every few seconds makes none, and no caller's trace is taken up.
 * Does not: authenticate; whoever binds another host than loopback puts something in front of it.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Schema, type Scope } from "effect"
import { HttpMiddleware, HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { contentType } from "@evaluator/telemetry/MetricsPage"
import { operatorPeer, peerAttributes, spans } from "@evaluator/telemetry/Names"
import type { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { funnelPage } from "./FunnelPage.ts"
import type { HttpHandlers } from "./HttpHandlers.ts"

/** The port is taken, or may not be opened. */
export class PortNotOpened extends Schema.TaggedError<PortNotOpened>()("PortNotOpened", {
  host: Schema.String,
  port: Schema.Int,
  why: Schema.String,
}) {
  override get message(): string {
    return `port ${this.port} of ${this.host} ${this.why}; set EVALUATOR_HTTP_PORT to another one, or to 0 for any that is free`
  }
}

export interface HttpOptions {
  readonly host: string
  /** 0: a free one is found. */
  readonly port: number
}

const always = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}

const json = (value: unknown, status = 200) =>
  HttpServerResponse.jsonUnsafe(value, { status, headers: always })

const traced =
  (tracer: ServiceTracer["Service"], route: string) =>
  <A, E, R>(answer: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    !tracer.exporting
      ? answer
      : answer.pipe(
          Effect.withSpan(spans.call("GET", route), {
            root: true,
            kind: "server",
            attributes: { ...peerAttributes(operatorPeer), "http.request.method": "GET" },
          }),
          tracer.within("http"),
        )

const routes = (handlers: HttpHandlers, tracer: ServiceTracer["Service"]) =>
  Layer.mergeAll(
    HttpRouter.add(
      "GET",
      "/livez",
      Effect.map(handlers.liveness, (live) => json(live, live.alive ? 200 : 503)),
    ),
    HttpRouter.add(
      "GET",
      "/readyz",
      Effect.map(handlers.readiness, (ready) => json(ready, ready.ready ? 200 : 503)),
    ),
    HttpRouter.add(
      "GET",
      "/metrics",
      Effect.map(handlers.metrics, (text) =>
        HttpServerResponse.text(text, { contentType, headers: always }),
      ),
    ),
    HttpRouter.add(
      "GET",
      "/api/status",
      Effect.map(handlers.status, (status) => json(status)).pipe(traced(tracer, "/api/status")),
    ),
    HttpRouter.add(
      "GET",
      "/",
      Effect.map(handlers.status, (status) =>
        HttpServerResponse.text(funnelPage(status), {
          contentType: "text/html; charset=utf-8",
          headers: always,
        }),
      ).pipe(traced(tracer, "/")),
    ),
    HttpRouter.add("GET", "*", json({ error: "nothing is here", routes: served }, 404)),
  )

const served = ["/", "/livez", "/readyz", "/metrics", "/api/status"]

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "EADDRINUSE") return "is taken by another process"
  if (code === "EACCES") return "may not be opened by this user"
  return `could not be opened (${cause instanceof Error ? cause.message : String(cause)})`
}

/** Serves for as long as the scope lives; answers the port it listens on. */
export const serve = Effect.fnUntraced(function* (
  options: HttpOptions,
  handlers: HttpHandlers,
  tracer: ServiceTracer["Service"],
): Effect.fn.Return<{ readonly port: number }, PortNotOpened, Scope.Scope> {
  const { host, port } = options
  const server = yield* NodeHttpServer.make(createServer, {
    host,
    port,
    gracefulShutdownTimeout: "1 second",
  }).pipe(Effect.mapError(({ cause }) => new PortNotOpened({ host, port, why: reasonOf(cause) })))
  const app = yield* HttpRouter.toHttpEffect(routes(handlers, tracer))
  yield* HttpServer.serveEffect(app).pipe(
    Effect.provideService(HttpServer.HttpServer, server),
    Effect.provideService(HttpMiddleware.TracerDisabledWhen, () => true),
  )
  const { address } = server
  return { port: "port" in address ? address.port : port }
})
