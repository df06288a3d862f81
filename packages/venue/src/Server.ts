/**
 * The venue on a loopback port: HTTP for the API, a WebSocket at `/stream` for the trades.
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
import { createServer } from "node:http"
import type { VenueApi } from "./Api.ts"
import { frameOf, payloadsIn, readClientFrame } from "./TradeStream.ts"
import type { World } from "./World.ts"

/** How often a connection looks for new trades. */
const lookEvery = "250 millis"
/** How far back a connection catches up. */
const mostBehindMs = 60_000

export interface VenueServer {
  readonly port: number
}

/** Serves until the scope closes; port 0 takes any free one. */
export const serve = Effect.fn("VenueServer.serve")(function* (
  api: VenueApi,
  options: { readonly port: number },
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
    if (url.pathname === "/stream") {
      return yield* stream(api.world, `venue-${++connections}`, Deferred.await(closing))
    }
    const body = request.method === "POST" ? yield* request.text : ""
    const nowMs = yield* Clock.currentTimeMillis
    const { method } = request
    const answer = api.handle({ method, path: url.pathname, query: url.searchParams, body }, nowMs)
    const { status, headers } = answer
    const contentType = headers["content-type"] ?? "application/json"
    return HttpServerResponse.text(answer.body, { status, headers, contentType })
  })
  yield* server.serve(app).pipe(Scope.provide(scope))
  return { port: "port" in server.address ? server.address.port : options.port }
})

/** One subscriber, until it leaves. */
const stream = Effect.fnUntraced(
  function* (world: World, connectionId: string, closing: Effect.Effect<void>) {
    const request = yield* HttpServerRequest.HttpServerRequest
    const socket = yield* request.upgrade
    const pull = yield* Socket.readerString(socket)
    const writer = yield* socket.writer
    let sentMs: number | null = null
    const listen = Effect.gen(function* () {
      for (const text of yield* pull) {
        const frame = readClientFrame(text)
        if (frame.kind === "refused") yield* writer.write(frame.answer)
        if (frame.kind === "subscribed") sentMs ??= yield* Clock.currentTimeMillis
      }
    })
    const tell = Effect.gen(function* () {
      yield* Effect.sleep(lookEvery)
      if (sentMs === null) return
      const nowMs = yield* Clock.currentTimeMillis
      const payloads = payloadsIn(world, Math.max(sentMs, nowMs - mostBehindMs), nowMs)
      sentMs = nowMs
      const [first, ...rest] = payloads.map(({ payload }) => frameOf(payload, connectionId, nowMs))
      if (first !== undefined) yield* writer.writeAll([first, ...rest])
    })
    const talk = Effect.raceFirst(Effect.forever(listen), Effect.forever(tell))
    yield* Effect.raceFirst(talk, closing)
    return HttpServerResponse.empty()
  },
  Effect.catchTag("SocketError", () => Effect.succeed(HttpServerResponse.empty())),
  Effect.scoped,
)
