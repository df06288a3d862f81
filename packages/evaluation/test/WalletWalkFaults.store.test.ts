import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { TestClock } from "effect/testing"
import { feedsOf } from "@evaluator/evaluation/stores/WalletFeeds"
import { outageAttempts } from "@evaluator/polymarket/VenueBackoff"
import { FakeVenue } from "./support/FakeVenue.ts"
import { fill, walletNo } from "./support/Rows.ts"
import { fills, walk, wallet, watch } from "./support/WalkedWallet.ts"
import { countRows, withLane } from "./support/WithLane.ts"

const hour = 3_600_000

describe("a walk that meets faults", () => {
  it.effect("writes attempts and back-off on the row of a feed that fails", () => {
    const venue = new FakeVenue().addFills(fills(3))
    venue.fail = () => "unreachable"
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      for (let attempt = 0; attempt < 15; attempt++) yield* Effect.flip(walk())
      const [failing] = yield* feedsOf(wallet)
      assert.strictEqual(failing!.attempts, outageAttempts)
      // An outage is no reason to give up, nor to stay away for long.
      assert.isAtLeast(failing!.dueMs!, hour + 0.8 * 640_000)
      assert.isAtMost(failing!.dueMs!, hour + 1.2 * 640_000 + 1)
      venue.fail = () => null
      assert.strictEqual(yield* walk(), "complete")
      const [feed] = yield* feedsOf(wallet)
      assert.strictEqual(feed!.attempts, 0)
    }).pipe(Random.withSeed("back-off"), withLane(venue))
  })

  it.effect("forgets a cursor that the venue refuses and gives up after twelve refusals", () => {
    const venue = new FakeVenue().addFills(fills(2500))
    return Effect.gen(function* () {
      yield* TestClock.setTime(10 * hour)
      yield* watch()
      yield* walk({ pages: 1 })
      venue.fail = (request) => (request.endsWith("first") ? null : "refused")
      yield* Effect.flip(walk())
      const [feed] = yield* feedsOf(wallet)
      assert.isNull(feed!.walk)
      venue.fail = () => "refused"
      for (let attempt = 0; attempt < 12; attempt++) yield* Effect.flip(walk())
      const [dead] = yield* feedsOf(wallet)
      assert.isNull(dead!.dueMs)
      assert.strictEqual(yield* countRows("dead_letters"), 1)
    }).pipe(withLane(venue))
  })

  it.effect("refuses a page with rows of another wallet and stores nothing of it", () => {
    const venue = new FakeVenue()
    venue.activity.set(wallet, [
      { value: { kind: "fill", fill: fill({ wallet: walletNo(2) }) }, recorded: null },
    ])
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      const error = yield* Effect.flip(walk())
      assert.strictEqual(error.reason._tag, "Malformed")
      assert.strictEqual(yield* countRows("trades"), 0)
    }).pipe(withLane(venue))
  })
})
