/**
 * Frames that the embedded venue cuts are told, each one, by the feed that heard them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer } from "effect"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { portInProcess } from "@evaluator/polymarket/BookPort"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import type { RejectedRow } from "@evaluator/polymarket/Page"
import { RejectedRows } from "@evaluator/polymarket/RejectedRow"
import { tokenOf } from "@evaluator/polymarket/wire/Scalar"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { simulate } from "@evaluator/venue/Simulation"

const startMs = 1_790_000_000_000

describe("books of a venue that cuts frames", () => {
  it("tell every frame that was cut, and go on", async () => {
    const venue = simulate({
      parameters: { seed: 5, epochMs: startMs, pastDays: 10 },
      faults: { intensity: "many", kinds: ["garbledFrame"] },
    })
    const open = venue.world
      .markets(startMs)
      .filter((market) => venue.world.state(market, startMs).status === "open")
    const tokens = open.flatMap((market) => tokenOf(market.tokens[0] ?? "") ?? []).slice(0, 6)
    const rejected: Array<RejectedRow> = []
    const program = Effect.gen(function* () {
      const feed = yield* BookFeed
      yield* feed.listening.pipe(
        Effect.provideService(RejectedRows, (rows) => Effect.sync(() => rejected.push(...rows))),
        Effect.forkChild,
      )
      yield* feed.follow(tokens)
      yield* Effect.sleep("15 minutes")
      const books = yield* Effect.forEach(tokens, (token) => feed.book(token))
      return books.filter((book) => book !== null).length
    }).pipe(
      Effect.provide(
        BookFeed.layerOf(portInProcess(venue.books)).pipe(Layer.provide(Layer.mock(ClobApi, {}))),
      ),
    )
    const exit = await new VirtualTime(startMs).run(program)
    if (Exit.isFailure(exit)) return assert.fail(Cause.pretty(exit.cause))
    assert.isAbove(exit.value, 3)
    assert.isAbove(rejected.length, 5)
    assert.strictEqual(rejected.length, venue.plan.served.garbledFrame)
    for (const { reason, request } of rejected) {
      assert.strictEqual(`${request}: ${reason}`, "STREAM ws/market: a frame that is no JSON")
    }
  })
})
