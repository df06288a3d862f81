/**
 * Proof `venue-day`: whole days of the embedded venue with the real one's documented limits, once with
 * rows that nobody can read, once with its cache (packages/testkit/src/VenueDay.ts): no request over a
 * limit, no fill of a followed wallet missed, and quarantine holds exactly the unreadable rows.
 */
import { Effect, References } from "effect"
import { eagerRules, venueDay } from "@evaluator/testkit/VenueDay"
import type { Proof } from "./Proof.ts"

const firstSeed = 7
const seeds = 1

export const proof: Proof = {
  name: "venue-day",
  about:
    "A virtual day of the service's own settings against the documented limits: none is passed, no fill of a followed wallet missed, quarantine holds the unreadable rows and nothing else.",
  run: async ({ count, days = 1, once }) => {
    for (let seed = firstSeed; seed < firstSeed + (count ?? seeds); seed++) {
      for (const cdn of [false, true]) {
        const length = days === 1 ? "" : `, ${days} days`
        await once(`seed ${seed}, ${cdn ? "cache" : "unreadable rows"}${length}`, () =>
          Effect.runPromise(
            venueDay({
              world: { seed, pastDays: 60, wallets: 60, eventsPerDay: 3, liveTradesPerSecond: 2 },
              days,
              environment: eagerRules,
              cdn,
            }).pipe(
              Effect.provideService(References.MinimumLogLevel, "Error"),
              Effect.map(({ faults, fullest, ...figures }) => {
                const missing = figures.leaderFills === 0 ? ["nobody's fills were watched"] : []
                const found = [...faults, ...missing]
                return {
                  held: found.length === 0,
                  faults: found,
                  row: {
                    seed,
                    cache: cdn ? "yes" : "no",
                    requests: figures.requests,
                    refused: figures.refused,
                    "fullest limit": `${Math.round(100 * fullest)} %`,
                    followed: figures.followed,
                    "leader fills": figures.leaderFills,
                    "unreadable rows": figures.garbage,
                  },
                }
              }),
            ),
          ),
        )
      }
    }
  },
}
