import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Scope } from "effect"
import * as Server from "../src/Server.ts"
import * as SeededWorld from "../src/seeded/SeededWorld.ts"
import type { TradePayload } from "../src/TradeStream.ts"
import { Api, smallWorld, type WireBody } from "./Worlds.ts"

interface Frame {
  readonly topic: string
  readonly type: string
  readonly timestamp: number
  readonly connection_id: string
  readonly payload: TradePayload
}

/** A frame of the stream, or the socket's end. */
const openStream = (
  port: number,
  hear: (text: string) => void,
  ended: () => void,
  path = "/stream",
) =>
  Effect.acquireRelease(
    Effect.callback<WebSocket>((resume) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
      socket.addEventListener("message", (event) => hear(String(event.data)))
      socket.addEventListener("close", ended)
      socket.addEventListener("open", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.close()),
  )

const subscription = (topic: string) =>
  JSON.stringify({ action: "subscribe", subscriptions: [{ topic, type: "trades" }] })

describe("the venue on a port", () => {
  it.live("answers over HTTP with status, headers and body, and takes POST", () =>
    Effect.gen(function* () {
      const { port } = yield* Server.serve(Api.make(smallWorld()), { port: 0 })
      assert.isAbove(port, 0)
      const get = (path: string, init?: RequestInit) =>
        Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`, init))
      const time = yield* get("/clob/time")
      assert.match(yield* Effect.promise(() => time.text()), /^\d{10}$/)
      assert.match(time.headers.get("content-type")!, /text\/plain/)
      const refused = yield* get("/data/v2/activity")
      assert.deepEqual([refused.status, refused.headers.has("x-trace-id")], [400, true])
      const books = yield* get("/clob/books", { method: "POST", body: '[{"token_id":"1"}]' })
      assert.deepEqual(yield* Effect.promise(() => books.json()), [])
      const repeated = yield* get("/gamma/markets/keyset?condition_ids=0x1&condition_ids=0x2")
      assert.deepEqual(((yield* Effect.promise(() => repeated.json())) as WireBody).markets, [])
    }),
  )

  it.live(
    "pushes trades to subscribers as they become visible, and lets them go when it closes",
    () =>
      Effect.gen(function* () {
        const nowMs = yield* Clock.currentTimeMillis
        const world = SeededWorld.make({
          seed: 3,
          epochMs: nowMs - 60_000,
          pastDays: 10,
        })
        const scope = yield* Scope.make()
        const { port } = yield* Server.serve(Api.make(world), { port: 0 }).pipe(
          Scope.provide(scope),
        )
        const frames: Array<Frame> = []
        const enough = yield* Deferred.make<void>()
        const ended = yield* Deferred.make<void>()
        const hear = (text: string) => {
          frames.push(JSON.parse(text))
          if (frames.length === 5) Deferred.doneUnsafe(enough, Effect.void)
        }
        const socket = yield* openStream(port, hear, () => Deferred.doneUnsafe(ended, Effect.void))
        socket.send("PING")
        socket.send(subscription("activity"))
        yield* Deferred.await(enough).pipe(Effect.timeout("10 seconds"))
        for (const { topic, type, timestamp, payload, connection_id } of frames) {
          assert.deepEqual([topic, type, connection_id], ["activity", "trades", "venue-1"])
          assert.match(payload.proxyWallet, /^0x[0-9a-f]{40}$/)
          assert.isAtLeast(timestamp, payload.timestamp * 1000 + 1000)
          const row = world
            .tradesVisibleIn(payload.timestamp * 1000, timestamp)
            .find((trade) => trade.transaction === payload.transactionHash)
          assert.deepEqual(
            [row?.side, row?.price, row?.size],
            [payload.side, payload.price, payload.size],
          )
        }
        const hashes = frames.map(({ payload }) => payload.transactionHash)
        assert.strictEqual(new Set(hashes).size, hashes.length)
        yield* Scope.close(scope, Exit.void)
        yield* Deferred.await(ended).pipe(Effect.timeout("5 seconds"))
      }),
  )

  it.live("refuses a frame with an unknown topic as a whole", () =>
    Effect.gen(function* () {
      const { port } = yield* Server.serve(Api.make(smallWorld()), { port: 0 })
      const answer = yield* Deferred.make<string>()
      const socket = yield* openStream(
        port,
        (text) => Deferred.doneUnsafe(answer, Effect.succeed(text)),
        () => undefined,
      )
      socket.send(subscription("weather"))
      const text = yield* Deferred.await(answer).pipe(Effect.timeout("5 seconds"))
      assert.deepEqual(JSON.parse(text), {
        body: { message: "leger GetTopics error: weather not found" },
        statusCode: 401,
      })
    }),
  )

  it.live("tells books at /ws/market: a list of snapshots, then changes", () =>
    Effect.gen(function* () {
      const nowMs = yield* Clock.currentTimeMillis
      const world = SeededWorld.make({ seed: 3, epochMs: nowMs - 60_000, pastDays: 10 })
      const { port } = yield* Server.serve(Api.make(world), { port: 0 })
      const open = world.markets(nowMs).filter((m) => world.state(m, nowMs).status === "open")
      const frames: Array<string> = []
      const enough = yield* Deferred.make<void>()
      const hear = (text: string) => {
        frames.push(text)
        if (text.includes("price_change")) Deferred.doneUnsafe(enough, Effect.void)
      }
      const socket = yield* openStream(port, hear, () => undefined, "/ws/market")
      const assets_ids = open.flatMap((market) => market.tokens)
      socket.send("PING")
      socket.send(JSON.stringify({ assets_ids, type: "market" }))
      yield* Deferred.await(enough).pipe(Effect.timeout("10 seconds"))
      assert.strictEqual(frames[0], "PONG")
      const books = JSON.parse(frames[1]!) as ReadonlyArray<{ readonly event_type: string }>
      assert.isAbove(books.length, 10)
      assert.isTrue(books.every(({ event_type }) => event_type === "book"))
    }),
  )

  it.live("breaks the connection in the middle of a body that is cut", () =>
    Effect.gen(function* () {
      const api = Api.make(smallWorld())
      const cut = (request: Api.VenueRequest, nowMs: number) => {
        const answer = api.handle(request, nowMs)
        return { ...answer, body: answer.body.slice(0, 40), cut: true }
      }
      const { port } = yield* Server.serve({ ...api, handle: cut }, { port: 0 })
      const response = yield* Effect.promise(() =>
        fetch(`http://127.0.0.1:${port}/data/v2/trades?limit=5`),
      )
      assert.strictEqual(response.status, 200)
      const body = yield* Effect.exit(Effect.tryPromise(() => response.text()))
      assert.isTrue(Exit.isFailure(body))
    }),
  )
})
