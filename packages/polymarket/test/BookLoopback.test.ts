import { assert, describe, it } from "@effect/vitest"
import { NodeHttpServer } from "@effect/platform-node"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Socket } from "effect/socket"
import { createServer } from "node:http"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { embeddedEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { bookRow, token } from "./Samples.ts"

describe("over a real connection", () => {
  it.live("a book is subscribed to, told as bytes or text, and handed out", () =>
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
          assert.strictEqual(request.url, "/ws/market")
          const socket = yield* request.upgrade
          const { write } = yield* socket.writer
          const pull = yield* Socket.readerString(socket)
          yield* Deferred.succeed(subscribed, (yield* pull)[0])
          yield* write("PONG")
          const snapshot = JSON.stringify([{ ...bookRow, event_type: "book" }])
          yield* write(new TextEncoder().encode(snapshot))
          return yield* Effect.forever(pull)
        }).pipe(
          Effect.scoped,
          Effect.catchTag(["SocketError", "HttpServerError"], () => Effect.void),
          Effect.as(HttpServerResponse.empty()),
        ),
      )
      const port = HttpServer.formatAddress(server.address).split(":").at(-1)
      const layer = BookFeed.layerSocket.pipe(
        Layer.provide(Layer.mock(ClobApi, {})),
        Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints(`http://127.0.0.1:${port}`))),
        Layer.provide(Socket.layerWebSocketConstructorGlobal),
      )
      const feed = yield* Effect.provide(BookFeed, layer)
      const told = yield* Effect.forkScoped(Stream.runCollect(Stream.take(feed.events, 1)), {
        startImmediately: true,
      })
      yield* Effect.forkScoped(feed.listening)
      yield* feed.follow([token])
      assert.include(yield* Deferred.await(subscribed), token)
      yield* Fiber.join(told)
      const seen = yield* feed.book(token)
      assert.strictEqual(seen?.book.asks[0]?.price, 520_000)
    }),
  )
})
