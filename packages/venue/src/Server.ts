/**
 * The venue on a loopback port: HTTP for the API, WebSockets at `/stream` for the trades and at
 * `/ws/market` for the order books.
 *
 * Runs on the `Clock`. A connection that cannot keep up for longer than a minute misses trades, as
 * on the real stream; it holds at most what one minute brings.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"
import type { VenueApi } from "./Api.ts"
import type { FaultPlan } from "./faults/FaultPlan.ts"
import type { SocketSession } from "./SocketSession.ts"
import { isSocketPath, openSession } from "./Sockets.ts"

/** A connection looks for something to tell when there is something, and no more seldom than this. */
const lookEveryMs = 250
/** Time for the first half of a body that is cut to be on its way. */
const breakAfter = "20 millis"

export interface VenueServer {
  readonly port: number
}

/** Serves until the scope closes; port 0 takes any free one. */
export const serve = Effect.fn("VenueServer.serve")(function* (
  api: VenueApi,
  options: {
    readonly port: number
    /** What goes wrong on the sockets; the faults of the API are the API's. */
    readonly plan?: FaultPlan
  },
): Effect.fn.Return<VenueServer, HttpServerError.ServeError, Scope.Scope> {
  const nodeServer = createServer()
  const closing = yield* Deferred.make<void>()
  // The socket server waits for its clients before anything else of its scope is closed, so its
  // scope is ours to close, after the subscribers have been told to leave.
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer((exit) =>
    Effect.gen(function* () {
      yield* Deferred.succeed(closing, undefined)
      nodeServer.closeAllConnections()
      yield* Scope.close(scope, exit)
    }),
  )
  const server = yield* NodeHttpServer.make(() => nodeServer, {
    port: options.port,
    host: "127.0.0.1",
    gracefulShutdownTimeout: "500 millis",
  }).pipe(Scope.provide(scope))
  let connections = 0
  const app = Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const url = new URL(request.url, "http://venue")
    if (isSocketPath(url.pathname)) {
      const source = { world: api.world, plan: options.plan ?? null }
      const session = openSession(source, url.pathname, `venue-${++connections}`)
      return yield* subscriber(session, Deferred.await(closing))
    }
    const body = request.method === "POST" ? yield* request.text : ""
    const nowMs = yield* Clock.currentTimeMillis
    const { method } = request
    const answer = api.handle({ method, path: url.pathname, query: url.searchParams, body }, nowMs)
    const { status, headers } = answer
    const contentType = headers["content-type"] ?? "application/json"
    if (answer.stallMs !== undefined) yield* Effect.sleep(answer.stallMs)
    if (answer.cut === true) {
      const broken = Stream.concat(
        Stream.sync(() => Buffer.from(answer.body, "utf8")),
        Stream.fromEffect(Effect.delay(Effect.fail("the connection breaks here"), breakAfter)),
      )
      return HttpServerResponse.stream(broken, { status, headers, contentType })
    }
    return HttpServerResponse.text(answer.body, { status, headers, contentType })
  })
  yield* server.serve(app).pipe(Scope.provide(scope))
  return { port: "port" in server.address ? server.address.port : options.port }
})

const untilNext = (session: SocketSession, nowMs: number): number =>
  Math.min(lookEveryMs, Math.max(1, (session.nextMs(nowMs) ?? Number.POSITIVE_INFINITY) - nowMs))

/** One subscriber, until it leaves or is hung up on. */
const subscriber = Effect.fnUntraced(
  function* (session: SocketSession, closing: Effect.Effect<void>) {
    const request = yield* HttpServerRequest.HttpServerRequest
    const socket = yield* request.upgrade
    const pull = yield* Socket.readerString(socket)
    const writer = yield* socket.writer
    const listen = Effect.gen(function* () {
      for (const text of yield* pull) {
        const nowMs = yield* Clock.currentTimeMillis
        const [first, ...rest] = session.hear(text, nowMs)
        if (first !== undefined) yield* writer.writeAll([first, ...rest])
      }
    })
    const tell = Effect.gen(function* () {
      for (;;) {
        yield* Effect.sleep(untilNext(session, yield* Clock.currentTimeMillis))
        const nowMs = yield* Clock.currentTimeMillis
        if (session.hangsUp(nowMs)) return
        const [first, ...rest] = session.due(nowMs)
        if (first !== undefined) yield* writer.writeAll([first, ...rest])
      }
    })
    const talk = Effect.raceFirst(Effect.forever(listen), tell)
    yield* Effect.raceFirst(talk, closing)
    return HttpServerResponse.empty()
  },
  Effect.catchTag("SocketError", () => Effect.succeed(HttpServerResponse.empty())),
  Effect.scoped,
)
