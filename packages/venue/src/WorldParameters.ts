/**
 * Everything that makes a seeded world: decoded from JSON or from part of it, the rest by default.
 * The defaults are the world that `npm start` shows.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Behaviour, rangeWithin } from "./seeded/Behaviour.ts"
import { behaviours } from "./seeded/Behaviours.ts"
import { MINUTE } from "./seeded/Durations.ts"

const numberWithin = (minimum: number, maximum: number) =>
  Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
const wholeWithin = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const share = numberWithin(0, 1)
const or = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** Shares of the events (quick ones apart) that do not end the plain way. */
export const Endings = Schema.Struct({
  /** Resolved one to four days after the close. */
  late: or(share, 0.06),
  /** Challenged, resolved two to five days after the close. */
  disputed: or(share, 0.03),
  /** Pays half to each side. */
  split: or(share, 0.015),
  /** Called off before its end; pays half to each side. */
  voided: or(share, 0.01),
  /** Trades on past its stated end for up to a day. */
  overtime: or(share, 0.1),
}).check(
  Schema.makeFilter(({ late, disputed, split, voided }) =>
    late + disputed + split + voided <= 1 ? undefined : "shares that together are at most 1",
  ),
)

export const mostSeed = 4_294_967_295
export const mostWallets = 20_000

export const WorldParameters = Schema.Struct({
  seed: or(wholeWithin(0, mostSeed), 42),
  /** Where the past ends, ms since 1970; rounded down to a second. */
  epochMs: or(wholeWithin(0, 4_000_000_000_000), 1_795_600_000_000),
  /** Days of history before the epoch. */
  pastDays: or(wholeWithin(1, 1000), 180),
  /** Scales the behaviours to so many traders in all; `null`: as many as they say. */
  wallets: or(Schema.NullOr(wholeWithin(1, mostWallets)), null),
  /** Trades a second, venue-wide, from the epoch on (about); `null`: the past's pace goes on. */
  liveTradesPerSecond: or(Schema.NullOr(numberWithin(0, 100)), 8),
  /** New ordinary events a day. */
  eventsPerDay: or(numberWithin(0.1, 200), 2),
  /** Markets of an event; small ones are the most frequent. */
  marketsPerEvent: or(rangeWithin(1, 12), [1, 12]),
  /** Share of the events in which exactly one of several answers wins (neg-risk). */
  raceShare: or(share, 0.3),
  /** Share of the events whose markets are of the venue's newer protocol: other ids of conditions and tokens. */
  newerShare: or(share, 0),
  /** Between the outcomes of an event's markets, races apart: correlation of what decides them. */
  correlation: or(share, 0.25),
  /** Most that a price is off in a stable way: longshots too dear, favourites too cheap. */
  bias: or(numberWithin(0, 0.2), 0),
  /** Most that a price is off for some minutes, either way. */
  priceError: or(numberWithin(0, 0.2), 0.015),
  /** Every so often an event of less than an hour is listed, from an hour before the epoch on; 0 = never. */
  quickEventEveryMs: or(wholeWithin(0, 86_400_000), 10 * MINUTE),
  endings: or(Endings, {}),
  /** Times the ordinary number of shares in books. */
  depth: or(numberWithin(0.01, 100), 1),
  /** Trades kept in memory; older ones are made again when asked for. */
  keptRows: or(wholeWithin(100, 100_000_000), 3_000_000),
  behaviours: or(Schema.Array(Behaviour), behaviours),
}).check(
  Schema.makeFilter(({ behaviours, wallets }) => {
    const traders = behaviours.reduce((sum, one) => sum + one.traders, 0)
    return wallets !== null || traders <= mostWallets
      ? undefined
      : { path: ["behaviours"], issue: `at most ${mostWallets} traders in all, not ${traders}` }
  }),
)

export type WorldParameters = typeof WorldParameters.Type

/** What may be given in place of defaults. */
export type WorldChanges = typeof WorldParameters.Encoded

/** Fills in the defaults; throws on values out of range, which only a program can give. */
export const worldParameters: (changes: WorldChanges) => WorldParameters =
  Schema.decodeSync(WorldParameters)
