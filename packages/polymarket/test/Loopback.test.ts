import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Result, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { Socket } from "effect/socket"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { NodeHttpServer } from "@effect/platform-node"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Budget } from "@evaluator/polymarket/Budget"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { embeddedEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { olderTradeRow } from "./Samples.ts"

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const serving = (handler: Handler) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly base: string; readonly close: () => void }>((resume) => {
      const server = createServer(handler).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ base: `http://127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )

/** One call of a route over the real transport. */
const asked = Effect.fnUntraced(function* (handler: Handler) {
  const { base } = yield* serving(handler)
  const layer = VenueHttp.layer.pipe(
    Layer.provide(Budget.layer({ lane: "fast" })),
    Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints(base))),
    Layer.provide(FetchHttpClient.layer),
  )
  return yield* VenueHttp.use((http) => http.get("book", [["token_id", "5"]])).pipe(
    Effect.result,
    Effect.provide(layer),
  )
})

describe("over a real connection", () => {
  it.live("a compressed answer is read", () =>
    Effect.gen(function* () {
      const answer = yield* asked((request, response) => {
        assert.strictEqual(request.url, "/clob/book?token_id=5")
        assert.match(request.headers["user-agent"] ?? "", /^trader-evaluator/)
        response.setHeader("content-encoding", "gzip").end(gzipSync('{"hello":"world"}'))
      })
      assert.deepStrictEqual(Result.getOrThrow(answer).json, { hello: "world" })
    }),
  )

  it.live("half a body is tried again", () =>
    Effect.gen(function* () {
      let calls = 0
      const answer = yield* asked((_, response) => {
        calls += 1
        if (calls > 1) return void response.end("{}")
        response.setHeader("content-length", "100").write('{"hello":', () => response.destroy())
      })
      assert.deepStrictEqual(Result.getOrThrow(answer).json, {})
      assert.strictEqual(calls, 2)
    }),
  )

  it.live("a redirect is not followed", () =>
    Effect.gen(function* () {
      let elsewhere = 0
      const answer = yield* asked((request, response) => {
        if (request.url === "/elsewhere") elsewhere += 1
        response.writeHead(302, { location: "/elsewhere" }).end()
      })
      const error = Result.isFailure(answer) ? answer.failure.reason : assert.fail("it succeeded")
      assert.strictEqual(error._tag, "Refused")
      assert.strictEqual(elsewhere, 0)
    }),
  )

  it.live("the trade stream is subscribed to and heard", () =>
    Effect.gen(function* () {
      const subscribed = yield* Deferred.make<string>()
      const server = yield* NodeHttpServer.make(() => createServer(), {
        port: 0,
        host: "127.0.0.1",
        gracefulShutdownTimeout: "1 millis",
      })
      yield* server.serve(
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const socket = yield* request.upgrade
          const { write } = yield* socket.writer
          const pull = yield* Socket.readerString(socket)
          yield* Deferred.succeed(subscribed, (yield* pull)[0])
          yield* write("")
          yield* write(
            JSON.stringify({ topic: "activity", type: "trades", payload: olderTradeRow }),
          )
          return yield* Effect.forever(pull)
        }).pipe(
          Effect.scoped,
          Effect.catchTag(["SocketError", "HttpServerError"], () => Effect.void),
          Effect.as(HttpServerResponse.empty()),
        ),
      )
      const port = HttpServer.formatAddress(server.address).split(":").at(-1)
      const feed = TradeFeed.layerSocket.pipe(
        Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints(`http://127.0.0.1:${port}`))),
        Layer.provide(Socket.layerWebSocketConstructorGlobal),
      )
      const { fills } = yield* Effect.provide(TradeFeed, feed)
      const heard = yield* Stream.runCollect(Stream.take(fills, 1))
      assert.strictEqual(heard[0]?.size, 12_500_000)
      assert.include(yield* Deferred.await(subscribed), '"action":"subscribe"')
    }),
  )
})
