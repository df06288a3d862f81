import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { BodyRecorder } from "@evaluator/polymarket/BodyRecorder"
import type { RejectedRow } from "@evaluator/polymarket/Page"
import { RejectedRows } from "@evaluator/polymarket/RejectedRow"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { VenueEndpoints, polymarketEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { movableClock } from "@evaluator/testkit/MovableClock"
import { fakeSockets } from "./FakeSocket.ts"
import { olderTradeRow, tradeRow } from "./Samples.ts"

const frame = (size: number) => ({
  topic: "activity",
  type: "trades",
  payload: { ...olderTradeRow, size },
})

/** Listens to fake sockets and collects the sizes heard. */
const listeningTo = Effect.fnUntraced(function* () {
  const { sockets, layer: constructor } = fakeSockets()
  const sizes: Array<number> = []
  const rejected: Array<RejectedRow> = []
  const recorded: Array<string> = []
  const layer = TradeFeed.layerSocket.pipe(
    Layer.provide(VenueEndpoints.layerOf(polymarketEndpoints)),
    Layer.provide(constructor),
  )
  const { fills } = yield* Effect.provide(TradeFeed, layer)
  const fiber = yield* Stream.runForEach(fills, (fill) =>
    Effect.sync(() => sizes.push(fill.size)),
  ).pipe(
    Effect.provideService(RejectedRows, (rows) => Effect.sync(() => void rejected.push(...rows))),
    Effect.provideService(BodyRecorder, ({ body, request }) =>
      Effect.sync(() => void recorded.push(`${request} ${body}`)),
    ),
    Effect.forkScoped,
  )
  yield* TestClock.adjust(0)
  return {
    sockets,
    sizes,
    rejected,
    recorded,
    fiber,
    at: (nth: number) => sockets[nth] ?? assert.fail("no socket"),
  }
})

describe("the trade stream", () => {
  it.effect("subscribes, announces fills, and pings every five seconds", () =>
    Effect.gen(function* () {
      const { at, recorded, sizes } = yield* listeningTo()
      assert.include(at(0).sent[0] ?? "", '"topic":"activity"')
      at(0).say(frame(1))
      at(0).say("")
      at(0).say(frame(2))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(sizes, [1_000_000, 2_000_000])
      assert.deepStrictEqual(at(0).sent.slice(1), ["PING", "PING"])
      assert.deepStrictEqual(
        recorded,
        [JSON.stringify(frame(1)), "", JSON.stringify(frame(2))].map(
          (text) => `STREAM activity/trades ${text}`,
        ),
      )
    }),
  )

  it.effect("goes on after frames that cannot be read, and tells them word for word", () =>
    Effect.gen(function* () {
      const { at, rejected, sizes, sockets } = yield* listeningTo()
      for (const bad of ["{", "[]", '{"statusCode":401}', JSON.stringify(frame(-1))]) at(0).say(bad)
      at(0).say(frame(3))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(sizes, [3_000_000])
      assert.strictEqual(sockets.length, 1)
      assert.deepStrictEqual(
        rejected.map((row) => row.body),
        ['"{"', '{"statusCode":401}', JSON.stringify({ ...olderTradeRow, size: -1 })],
      )
      assert.isTrue(rejected.every((row) => row.request === "STREAM activity/trades"))
    }),
  )

  it.effect("that is silent for fifteen seconds is opened again", () =>
    Effect.gen(function* () {
      const { at, sizes, sockets } = yield* listeningTo()
      at(0).say(frame(1))
      yield* TestClock.adjust("14 seconds")
      assert.strictEqual(sockets.length, 1)
      yield* TestClock.adjust("1100 millis")
      assert.strictEqual(sockets.length, 2)
      assert.isTrue(at(0).closed)
      at(1).say(frame(2))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(sizes, [1_000_000, 2_000_000])
    }),
  )

  for (const [when, byMs] of [
    ["", 0],
    [", also when the clock was set back an hour", -3_600_000],
  ] as const) {
    it.effect(`that only blinks for a minute is opened again too${when}`, () =>
      Effect.gen(function* () {
        const { movable, setWall } = yield* movableClock
        const { at, sockets } = yield* listeningTo().pipe(
          Effect.provideService(Clock.Clock, movable),
        )
        for (let second = 0; second < 59; second += 1) {
          if (second === 30) setWall(byMs)
          at(0).say("")
          yield* TestClock.adjust("1 second")
        }
        assert.strictEqual(sockets.length, 1)
        at(0).say("")
        yield* TestClock.adjust("1 second")
        at(0).say("")
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(sockets.length, 2)
      }),
    )
  }

  it.effect("that is closed is opened again, ever more patiently while nothing is heard", () =>
    Effect.gen(function* () {
      const { at, sockets } = yield* listeningTo()
      const opened: Array<number> = []
      for (let second = 0; second < 200; second++) {
        if (sockets.length > opened.length) {
          opened.push(second)
          at(sockets.length - 1).emit("close", { code: 1006 })
        }
        yield* TestClock.adjust("1 second")
      }
      assert.isAtLeast(opened.length, 7)
      assert.isAtMost(opened.length, 13)
      assert.isAtLeast(opened.at(-1)! - opened.at(-2)!, 23)
    }),
  )

  it.effect("closes its socket with its listener", () =>
    Effect.gen(function* () {
      const { at, fiber } = yield* listeningTo()
      yield* Fiber.interrupt(fiber)
      assert.isTrue(at(0).closed)
    }),
  )
})

describe("a feed in process", () => {
  it.effect("decodes text, frames and bare rows alike, and skips what cannot be read", () =>
    Effect.gen(function* () {
      const raw = Stream.make(
        JSON.stringify(frame(1)),
        frame(2),
        { ...tradeRow, size: 3 },
        "{",
        null,
      )
      const { fills } = yield* Effect.provide(TradeFeed, TradeFeed.layerOf(raw))
      const heard = yield* Stream.runCollect(fills)
      assert.deepStrictEqual(
        heard.map((fill) => fill.size as number),
        [1_000_000, 2_000_000, 3_000_000],
      )
    }),
  )

  it.effect("may never say anything", () =>
    Effect.gen(function* () {
      const { fills } = yield* Effect.provide(TradeFeed, TradeFeed.layerSilent)
      const fiber = yield* Effect.forkScoped(Stream.runCollect(fills))
      yield* TestClock.adjust("1 day")
      assert.isUndefined(fiber.pollUnsafe())
    }),
  )
})
