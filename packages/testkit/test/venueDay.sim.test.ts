/**
 * Minutes of the embedded venue with the real one's limits and unreadable rows.
 * `npm run prove -- venue-day` does whole days.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, References } from "effect"
import { eagerRules, venueDay } from "@evaluator/testkit/VenueDay"

describe("minutes of a venue with limits and unreadable rows", () => {
  it.live(
    "no limit is passed, no fill of a followed wallet missed, and quarantine holds the unreadable rows",
    () =>
      Effect.gen(function* () {
        const day = yield* venueDay({
          world: { seed: 7, pastDays: 50, wallets: 24, eventsPerDay: 3, liveTradesPerSecond: 4 },
          days: 0.003,
          environment: eagerRules,
          cdn: false,
        }).pipe(Effect.provideService(References.MinimumLogLevel, "Error"))
        assert.deepStrictEqual(day.faults, [])
        assert.isAbove(day.followed, 0)
        assert.isAbove(day.leaderFills, 100)
        assert.isAbove(day.garbage, 20)
        assert.isAbove(day.fullest, 0.4)
      }),
    120_000,
  )
})
