/**
 * How traders of one kind behave, as a value: what they know, how fast, how long they hold and how
 * they size. It never mentions a measure anybody might judge them by; `standing` says what they
 * truly are and never leaves the venue.
 *
 * Ranges are `[low, high]`; each trader (each group, where traders act together) draws its own value
 * evenly from them, sizes evenly in logarithms.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** `[low, high]` with low ≤ high, both within bounds. */
export const rangeWithin = (minimum: number, maximum: number) =>
  Schema.Tuple([Schema.Finite, Schema.Finite]).check(
    Schema.makeFilter(([low, high]) =>
      low <= high && low >= minimum && high <= maximum
        ? undefined
        : `a range [low, high] between ${minimum} and ${maximum}`,
    ),
  )

const most = 1_000_000
const numberWithin = (minimum: number, maximum: number) =>
  Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
const wholeWithin = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const share = numberWithin(0, 1)
const or = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

export const Behaviour = Schema.Struct({
  name: Schema.NonEmptyString,
  /** The truth: earns more than prices promise by knowing, does not, or is no example to follow. */
  standing: or(Schema.Literals(["skilled", "unskilled", "adverse"]), "unskilled"),
  traders: or(wholeWithin(0, 20_000), 1),
  /** So many traders act together: the same decisions, seconds apart. 1: each for itself. */
  group: or(wholeWithin(1, 50), 1),
  /** How many topics a trader keeps to; 0 = all. */
  domains: or(wholeWithin(0, 6), 0),
  /** Share of the events of those topics a trader ever looks at. */
  participation: or(share, 0.35),
  /** How often a trader looks for a trade, a day, before the epoch. */
  looksPerDay: or(rangeWithin(0, 10_000), [0.3, 1.4]),
  /** How much of the live pace a trader takes, relative to the others. */
  liveWeight: or(numberWithin(0, 1000), 1),
  /**
   * `value`: the side that is cheap against the trader's belief. `band`: whatever falls into the
   * band. `draw`: a side once a market, which wins with the fair probability plus `edge`.
   * `momentum`: what has risen over the last `leadHours`.
   */
  choice: or(Schema.Literals(["value", "band", "draw", "momentum"]), "value"),
  /** For `draw`: how much more often its purchases win than a fair price says; 0 is a coin. */
  edge: or(rangeWithin(-0.5, 0.5), [0, 0]),
  /** For `value`: share of the coming move of the fair value the trader sees, and how far ahead. */
  clarity: or(rangeWithin(0, 1), [0, 0]),
  leadHours: or(rangeWithin(0, 10_000), [0, 0]),
  /** Standard deviation of the error of a trader's belief. */
  blur: or(numberWithin(0, 1), 0.16),
  /** Trades only when the price is better than the belief by this. */
  minimumEdge: or(numberWithin(-1, 1), 0.02),
  /** Prices of an outcome at which a trader buys it. */
  band: or(rangeWithin(0, 1), [0.04, 0.96]),
  /** Sticks to the outcome it first bought in a market. */
  loyal: or(Schema.Boolean, false),
  holdHours: or(rangeWithin(0, 10_000), [2, 90]),
  /** Chance that a purchase is held to the end. */
  holdsToEnd: or(share, 0.45),
  /** Chance that a look sells something held instead. */
  trims: or(share, 0.15),
  usdc: or(rangeWithin(0.01, most), [10, 300]),
  /** Spread of single sizes around a trader's own, in log units. */
  sizeSpread: or(numberWithin(0, 5), 0.9),
  /** Purchases that follow one look, seconds apart. */
  burst: or(rangeWithin(1, 100), [1, 1]),
  /** Acts on news moments only, this many seconds after one; `null`: looks at any time. */
  newsSeconds: or(Schema.NullOr(rangeWithin(0, 86_400)), null),
  /** Rests orders on both sides and takes the spread. */
  quotes: or(Schema.Boolean, false),
  /** Prices of an outcome between which it quotes. */
  quotesWithin: or(rangeWithin(0, 1), [0, 1]),
  /** Trades back and forth with the other member of its group of two. */
  washes: or(Schema.Boolean, false),
  /** Once knows how an event ends, and bets as on nothing else. */
  lucky: or(Schema.Boolean, false),
  /** First active this many days before the epoch, last active that many days before it (0 = still). */
  sinceDays: or(rangeWithin(0, 10_000), [50, 180]),
  stoppedDays: or(rangeWithin(0, 10_000), [0, 0]),
}).check(
  Schema.makeFilter(({ group, traders, washes }) => {
    if (!washes) return undefined
    if (group !== 2) return { path: ["group"], issue: "2 for those who wash" }
    return traders % 2 === 0
      ? undefined
      : { path: ["traders"], issue: "an even number of those who wash" }
  }),
)

export type Behaviour = typeof Behaviour.Type
