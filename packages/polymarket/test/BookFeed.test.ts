import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer, Queue, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import type { BookEvent } from "@evaluator/polymarket/BookFeed"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { BodyRecorder } from "@evaluator/polymarket/BodyRecorder"
import { portInProcess } from "@evaluator/polymarket/BookPort"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import type { RejectedRow } from "@evaluator/polymarket/Page"
import { RejectedRows } from "@evaluator/polymarket/RejectedRow"
import { NotFound, PolymarketError, Unreachable } from "@evaluator/polymarket/PolymarketError"
import { polymarketEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { bookOf } from "@evaluator/polymarket/wire/BookRow"
import { movableClock } from "@evaluator/testkit/MovableClock"
import { fakeSockets } from "./FakeSocket.ts"
import { bookRow, condition, otherToken, token } from "./Samples.ts"

const snapshot = { ...bookRow, event_type: "book" }

const change = (
  price: string,
  size: string,
  best: { readonly bid?: string; readonly ask?: string } = {},
  side = "BUY",
) => ({
  event_type: "price_change",
  market: condition,
  timestamp: "1790000000456",
  price_changes: [
    {
      asset_id: token,
      price,
      size,
      side,
      hash: "ab".repeat(20),
      best_bid: best.bid ?? "0.51",
      best_ask: best.ask ?? "0.52",
    },
  ],
})

const fetchedBook: Book = {
  ...Result.getOrThrow(bookOf(bookRow)),
  atMs: 1_790_000_000_500,
  hash: "fetched",
}

type Fetch = (token: TokenId, nth: number) => Effect.Effect<Book, PolymarketError>

const failing = (reason: PolymarketError["reason"]) =>
  Effect.fail(new PolymarketError({ request: "GET /clob/book", reason }))

/** Follows tokens over fake sockets; what is fetched over HTTP comes from `fetch`. */
const following = Effect.fnUntraced(function* (
  tokens: ReadonlyArray<TokenId>,
  fetch: Fetch = () => failing(new NotFound({ message: "no book" })),
) {
  const { sockets, layer } = fakeSockets()
  const fetched: Array<TokenId> = []
  const clob = Layer.mock(ClobApi, {
    book: (asked) =>
      Effect.suspend(() => {
        fetched.push(asked)
        return fetch(asked, fetched.length)
      }),
  })
  const feed = yield* Effect.provide(
    BookFeed,
    BookFeed.layerSocket.pipe(
      Layer.provide(clob),
      Layer.provide(VenueEndpoints.layerOf(polymarketEndpoints)),
      Layer.provide(layer),
    ),
  )
  const events: Array<BookEvent> = []
  yield* Stream.runForEach(feed.events, (event) => Effect.sync(() => events.push(event))).pipe(
    Effect.forkScoped({ startImmediately: true }),
  )
  const rejected: Array<RejectedRow> = []
  const recorded: Array<string> = []
  const fiber = yield* feed.listening.pipe(
    Effect.provideService(RejectedRows, (rows) => Effect.sync(() => void rejected.push(...rows))),
    Effect.provideService(BodyRecorder, ({ body, request }) =>
      Effect.sync(() => void recorded.push(`${request} ${body}`)),
    ),
    Effect.forkScoped,
  )
  yield* feed.follow(tokens)
  yield* TestClock.adjust(0)
  const at = (nth: number) => sockets[nth] ?? assert.fail("no socket")
  const say = (nth: number, frame: unknown) =>
    Effect.andThen(
      Effect.sync(() => at(nth).say(frame)),
      TestClock.adjust(1),
    )
  return { feed, sockets, at, say, fetched, events, fiber, recorded, rejected }
})

describe("followed books", () => {
  it.effect("come as a list of snapshots and change level by level", () =>
    Effect.gen(function* () {
      const { feed, at, say } = yield* following([token])
      assert.deepStrictEqual(JSON.parse(at(0).sent[0] ?? ""), {
        assets_ids: [token],
        type: "market",
        custom_feature_enabled: true,
        initial_dump: true,
      })
      assert.isNull(yield* feed.book(token))
      yield* say(0, [snapshot])
      assert.strictEqual((yield* feed.book(token))?.book.bids[0]?.price, 510_000)
      yield* say(0, change("0.515", "7", { bid: "0.515" }))
      yield* say(0, change("0.51", "0", { bid: "0.515" }))
      const seen = yield* feed.book(token)
      assert.deepStrictEqual(seen?.book.bids as unknown, [
        { price: 515_000, size: 7_000_000 },
        { price: 10_000, size: 1_000_000_000 },
      ])
      assert.strictEqual(seen?.book.atMs, 1_790_000_000_456)
      assert.strictEqual(seen?.ageMs, 1)
    }),
  )

  it.effect("keep their tick until it changes, and say so", () =>
    Effect.gen(function* () {
      const { feed, say, events, fetched } = yield* following([token])
      yield* say(0, [snapshot])
      yield* say(0, {
        event_type: "tick_size_change",
        market: condition,
        asset_id: token,
        old_tick_size: "0.01",
        new_tick_size: "0.001",
        timestamp: "1790000000200",
      })
      const { tick_size: _, min_order_size: __, ...unsaid } = snapshot
      yield* say(0, { ...unsaid, timestamp: "1790000000300" })
      assert.strictEqual((yield* feed.book(token))?.book.tick, 1000)
      yield* say(0, { event_type: "market_resolved", market: condition, winning_asset_id: token })
      assert.deepStrictEqual(
        events.map((event) => event.kind),
        ["book", "book", "book", "lost", "resolved"],
      )
      assert.deepStrictEqual(fetched, [token])
      assert.isNull(yield* feed.book(token))
    }),
  )

  it.effect("that miss a change are fetched, and what was told meanwhile is laid over them", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { feed, say, fetched, events } = yield* following([token], () =>
        Effect.as(Deferred.await(gate), fetchedBook),
      )
      yield* say(0, [snapshot])
      // The best ask told is not the mirror's: something between was missed.
      yield* say(0, change("0.50", "3", { ask: "0.53" }))
      assert.isNull(yield* feed.book(token))
      assert.deepStrictEqual(fetched, [token])
      yield* say(0, { ...change("0.505", "9"), timestamp: "1790000000600" })
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust(1)
      const seen = yield* feed.book(token)
      assert.deepStrictEqual(
        seen?.book.bids.map((level) => level.price as number),
        [510_000, 505_000, 10_000],
      )
      assert.deepStrictEqual(
        events.map((event) => event.kind),
        ["book", "lost", "book"],
      )
    }),
  )

  it.effect("without a snapshot are fetched after five seconds, again while that fails", () =>
    Effect.gen(function* () {
      const { feed, fetched } = yield* following([token], (_, nth) =>
        nth < 3
          ? failing(new Unreachable({ status: 503, message: "down" }))
          : Effect.succeed(fetchedBook),
      )
      yield* TestClock.adjust("4 seconds")
      assert.lengthOf(fetched, 0)
      yield* TestClock.adjust("2 seconds")
      assert.lengthOf(fetched, 1)
      yield* TestClock.adjust("12 seconds")
      assert.lengthOf(fetched, 3)
      assert.strictEqual((yield* feed.book(token))?.book.hash, "fetched")
    }),
  )

  it.effect("that the venue does not have are not asked for again and again", () =>
    Effect.gen(function* () {
      const { feed, fetched, say } = yield* following([token])
      for (let second = 0; second < 30; second++) {
        yield* say(0, "PONG")
        yield* TestClock.adjust("1 second")
      }
      assert.lengthOf(fetched, 1)
      yield* say(0, [snapshot])
      assert.isNotNull(yield* feed.book(token))
    }),
  )

  it.effect("that disagree with every change are fetched at most once a second", () =>
    Effect.gen(function* () {
      const { fetched, say } = yield* following([token], () => Effect.succeed(fetchedBook))
      yield* say(0, [snapshot])
      for (let n = 0; n < 200; n++) {
        yield* say(0, { ...change("0.50", "3", { ask: "0.53" }), timestamp: "1790000000900" })
        yield* TestClock.adjust(49)
      }
      assert.isAtMost(fetched.length, 11)
      assert.isAtLeast(fetched.length, 9)
    }),
  )

  it.effect("that nothing is heard of are looked after: a closed market's book goes", () =>
    Effect.gen(function* () {
      const { feed, say, fetched } = yield* following([token])
      yield* say(0, [snapshot])
      // Another market keeps the connection talking.
      for (let second = 0; second < 58; second++) {
        yield* TestClock.adjust("1 second")
        yield* say(0, { event_type: "last_trade_price", asset_id: otherToken })
      }
      assert.lengthOf(fetched, 0)
      assert.isNotNull(yield* feed.book(token))
      yield* TestClock.adjust("2 seconds")
      yield* say(0, { event_type: "last_trade_price", asset_id: otherToken })
      yield* TestClock.adjust("1 second")
      assert.lengthOf(fetched, 1)
      assert.isNull(yield* feed.book(token))
    }),
  )

  it.effect("change with the tokens that are followed", () =>
    Effect.gen(function* () {
      const { feed, at, say } = yield* following([token])
      yield* say(0, [snapshot])
      yield* feed.follow([otherToken])
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(
        at(0)
          .sent.slice(1)
          .map((text) => JSON.parse(text)),
        [
          { operation: "subscribe", assets_ids: [otherToken], custom_feature_enabled: true },
          { operation: "unsubscribe", assets_ids: [token], custom_feature_enabled: true },
        ],
      )
      assert.isNull(yield* feed.book(token))
      yield* feed.follow([])
      yield* TestClock.adjust(0)
      assert.isTrue(at(0).closed)
    }),
  )
})

describe("the connection", () => {
  it.effect("is pinged, and its answers keep a quiet book young", () =>
    Effect.gen(function* () {
      const { feed, at, say } = yield* following([token])
      yield* say(0, [snapshot])
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(at(0).sent.at(-1), "PING")
      yield* say(0, "PONG")
      assert.isAtMost((yield* feed.book(token))?.ageMs ?? Infinity, 1)
    }),
  )

  it.effect("that is silent is opened again, and books wait for their new snapshot", () =>
    Effect.gen(function* () {
      const { feed, at, say, sockets } = yield* following([token])
      yield* say(0, [snapshot])
      yield* TestClock.adjust("11 seconds")
      assert.lengthOf(sockets, 1)
      yield* TestClock.adjust("1200 millis")
      assert.lengthOf(sockets, 2)
      assert.isTrue(at(0).closed)
      assert.isNull(yield* feed.book(token))
      yield* say(1, [snapshot])
      assert.isNotNull(yield* feed.book(token))
    }),
  )

  it.effect("goes on as before when the clock is set back an hour", () =>
    Effect.gen(function* () {
      const { movable, setWall } = yield* movableClock
      const { feed, fetched, say, sockets } = yield* following([token], () =>
        Effect.succeed(fetchedBook),
      ).pipe(Effect.provideService(Clock.Clock, movable))
      yield* say(0, [snapshot])
      for (const fetches of [1, 2]) {
        yield* say(0, { ...change("0.50", "3", { ask: "0.53" }), timestamp: "1790000000900" })
        assert.lengthOf(fetched, fetches)
        setWall(-3_600_000)
        yield* TestClock.adjust("3 seconds")
      }
      const seen = yield* Effect.provideService(feed.book(token), Clock.Clock, movable)
      assert.strictEqual(seen?.ageMs, 3001)
      yield* TestClock.adjust("11 seconds")
      assert.lengthOf(sockets, 2)
    }),
  )

  it.effect("that only answers pings for a minute is opened again too", () =>
    Effect.gen(function* () {
      const { sockets, say } = yield* following([token])
      yield* say(0, [snapshot])
      for (let second = 0; second < 59; second++) {
        yield* TestClock.adjust("1 second")
        yield* say(0, "PONG")
      }
      assert.lengthOf(sockets, 1)
      yield* TestClock.adjust("1 second")
      yield* say(0, "PONG")
      yield* TestClock.adjust("1 second")
      assert.lengthOf(sockets, 2)
    }),
  )

  it.effect("that is closed is opened again ever more patiently, and with its listener never", () =>
    Effect.gen(function* () {
      const { at, fiber, sockets } = yield* following([token])
      let opened = 0
      for (let second = 0; second < 200; second++) {
        if (sockets.length > opened) {
          opened = sockets.length
          at(opened - 1).emit("close", { code: 1006 })
        }
        yield* TestClock.adjust("1 second")
      }
      assert.isAtLeast(opened, 7)
      assert.isAtMost(opened, 13)
      yield* Fiber.interrupt(fiber)
      // The last second may have opened one that the loop did not look at any more.
      opened = sockets.length
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(sockets, opened)
    }),
  )

  it.effect("goes on after frames that cannot be read, and tells them word for word", () =>
    Effect.gen(function* () {
      const { feed, recorded, rejected, say, sockets } = yield* following([token])
      for (const bad of ["{", "NO NEW ASSETS", "[1]", '{"event_type":"book"}', "{}"]) {
        yield* say(0, bad)
      }
      yield* say(0, change("2", "1"))
      yield* say(0, [snapshot])
      assert.isNotNull(yield* feed.book(token))
      assert.lengthOf(sockets, 1)
      assert.deepStrictEqual(
        rejected.map(({ body }) => body),
        ['"{"', "1", '{"event_type":"book"}', "{}", JSON.stringify(change("2", "1"))],
      )
      assert.deepStrictEqual(recorded.slice(0, 2), [
        "STREAM ws/market {",
        "STREAM ws/market NO NEW ASSETS",
      ])
    }),
  )
})

describe("books in process", () => {
  it.effect("need no signs of life and are as young as the moment they are asked for", () =>
    Effect.gen(function* () {
      const frames = yield* Queue.unbounded<unknown>()
      const sent: Array<string> = []
      let connections = 0
      const port = portInProcess(
        Effect.sync(() => {
          connections += 1
          return {
            send: (frame: string) => Effect.sync(() => void sent.push(frame)),
            receive: Effect.map(Queue.take(frames), (frame) => (frame === null ? null : [frame])),
          }
        }),
      )
      const clob = Layer.mock(ClobApi, {})
      const feed = yield* Effect.provide(BookFeed, BookFeed.layerOf(port).pipe(Layer.provide(clob)))
      yield* Effect.forkScoped(feed.listening)
      yield* feed.follow([token])
      yield* Queue.offer(frames, [snapshot])
      yield* TestClock.adjust("1 day")
      const seen = yield* feed.book(token)
      assert.strictEqual(seen?.ageMs, 0)
      assert.lengthOf(sent, 1)
      assert.strictEqual(connections, 1)
      yield* Queue.offer(frames, null)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(connections, 2)
      assert.isNull(yield* feed.book(token))
    }),
  )
})
