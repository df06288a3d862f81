/**
 * How traders behave, as data. A behaviour says what somebody knows, how fast, how long they hold
 * and how they size; it never mentions a measure anybody might judge them by.
 *
 * Ranges are `[low, high]`; each trader draws its own value evenly from them.
 */

type Range = readonly [number, number]

export interface Behaviour {
  readonly name: string
  readonly traders: number
  /** How many topics a trader keeps to; 0 = all. */
  readonly domains: number
  /** Share of the markets of those topics a trader ever looks at. */
  readonly participation: number
  /** How often a trader looks for a trade, a day, before the epoch. */
  readonly looksPerDay: Range
  /** How much of the live pace a trader takes, relative to the others. */
  readonly liveWeight: number
  /** Share of the coming move of the fair value the trader sees, and how far ahead, hours. */
  readonly clarity: Range
  readonly leadHours: Range
  /** Standard deviation of the error of a trader's belief. */
  readonly blur: number
  /** Trades only when the price is better than the belief by this. */
  readonly minimumEdge: number
  /** Prices of an outcome at which a trader buys it. */
  readonly band: Range
  /** `value`: the side with the better edge. `band`: whatever falls into the band. */
  readonly choice: "value" | "band"
  /** Sticks to the outcome it first bought in a market. */
  readonly loyal: boolean
  readonly holdHours: Range
  /** Chance that a purchase is held to the end. */
  readonly holdsToEnd: number
  /** Chance that a look sells something held instead. */
  readonly trims: number
  readonly usdc: Range
  /** Spread of single sizes around a trader's own, in log units. */
  readonly sizeSpread: number
  /** Purchases that follow one look, seconds apart. */
  readonly burst: Range
  /** Acts on news moments only, this many seconds after one; `null`: looks at any time. */
  readonly newsSeconds: Range | null
  /** Rests orders on both sides and takes the spread. */
  readonly quotes: boolean
  /** Once in a great while knows the outcome and bets it all. */
  readonly lucky: boolean
  /** First active this many days before the epoch, last active that many days before it (0 = still). */
  readonly sinceDays: Range
  readonly stoppedDays: Range
}

const ordinary: Behaviour = {
  name: "noise",
  traders: 60,
  domains: 0,
  participation: 0.35,
  looksPerDay: [0.3, 1.4],
  liveWeight: 1,
  clarity: [0, 0],
  leadHours: [0, 0],
  blur: 0.16,
  minimumEdge: 0.02,
  band: [0.04, 0.96],
  choice: "value",
  loyal: false,
  holdHours: [2, 90],
  holdsToEnd: 0.45,
  trims: 0.15,
  usdc: [10, 300],
  sizeSpread: 0.9,
  burst: [1, 1],
  newsSeconds: null,
  quotes: false,
  lucky: false,
  sinceDays: [50, 180],
  stoppedDays: [0, 0],
}

const informed: Behaviour = {
  ...ordinary,
  name: "informed in one topic",
  traders: 26,
  domains: 1,
  participation: 0.7,
  looksPerDay: [3, 5.5],
  liveWeight: 4,
  clarity: [0.2, 0.5],
  leadHours: [14, 60],
  blur: 0.05,
  minimumEdge: 0.03,
  band: [0.1, 0.9],
  holdHours: [8, 72],
  holdsToEnd: 0.3,
  trims: 0.2,
  usdc: [60, 900],
  sizeSpread: 0.35,
  sinceDays: [80, 178],
}

export const behaviours: ReadonlyArray<Behaviour> = [
  informed,
  {
    ...informed,
    name: "informed in many topics",
    traders: 18,
    domains: 0,
    participation: 0.5,
    looksPerDay: [4, 6.5],
    clarity: [0.2, 0.42],
    usdc: [80, 1200],
    holdsToEnd: 0.4,
  },
  {
    ...informed,
    name: "patient",
    traders: 14,
    domains: 2,
    participation: 0.3,
    looksPerDay: [0.8, 1.4],
    liveWeight: 1.5,
    clarity: [0.12, 0.3],
    leadHours: [90, 400],
    loyal: true,
    blur: 0.13,
    holdsToEnd: 1,
    trims: 0,
    usdc: [150, 1500],
    sizeSpread: 0.3,
  },
  {
    ...informed,
    name: "patient and steady",
    traders: 14,
    domains: 2,
    participation: 0.5,
    looksPerDay: [3.2, 4.5],
    liveWeight: 3,
    leadHours: [60, 240],
    holdHours: [60, 240],
    holdsToEnd: 0.75,
    loyal: true,
    blur: 0.13,
    trims: 0,
    usdc: [100, 800],
    sizeSpread: 0.4,
    clarity: [0.1, 0.28],
  },
  {
    ...ordinary,
    name: "first at the news",
    traders: 14,
    participation: 0.05,
    looksPerDay: [0, 0],
    liveWeight: 0,
    blur: 0.01,
    minimumEdge: 0.01,
    holdHours: [0.1, 3],
    holdsToEnd: 0.05,
    usdc: [100, 1500],
    burst: [2, 5],
    newsSeconds: [2, 15],
  },
  {
    ...ordinary,
    name: "two-sided quoting",
    traders: 8,
    domains: 2,
    participation: 0.5,
    looksPerDay: [6, 11],
    liveWeight: 5,
    usdc: [60, 250],
    sizeSpread: 0.2,
    quotes: true,
  },
  {
    ...ordinary,
    name: "favourites only",
    traders: 14,
    band: [0.78, 0.97],
    choice: "band",
    looksPerDay: [1.5, 4],
    holdsToEnd: 0.9,
    usdc: [100, 1200],
    sizeSpread: 0.5,
  },
  {
    ...ordinary,
    name: "longshots only",
    traders: 14,
    band: [0.02, 0.14],
    choice: "band",
    looksPerDay: [1.5, 4],
    holdsToEnd: 0.9,
    usdc: [5, 60],
  },
  {
    ...ordinary,
    name: "micro machine",
    traders: 6,
    domains: 1,
    participation: 0.9,
    looksPerDay: [90, 130],
    liveWeight: 4,
    blur: 0.05,
    minimumEdge: -1,
    holdHours: [0.05, 0.6],
    holdsToEnd: 0.05,
    trims: 0.3,
    usdc: [2, 5],
    sizeSpread: 0.15,
    sinceDays: [3, 9],
  },
  {
    ...informed,
    name: "informed newcomer",
    traders: 10,
    sinceDays: [6, 40],
  },
  { ...ordinary, name: "newcomer", traders: 12, looksPerDay: [0.5, 2], sinceDays: [2, 40] },
  { ...ordinary, name: "gone", traders: 10, sinceDays: [120, 180], stoppedDays: [50, 100] },
  { ...ordinary, name: "occasional", traders: 20, looksPerDay: [0.02, 0.07], liveWeight: 0.05 },
  {
    ...ordinary,
    name: "one lucky event",
    traders: 6,
    participation: 0.2,
    looksPerDay: [0.15, 0.3],
    liveWeight: 0.2,
    usdc: [10, 40],
    lucky: true,
  },
  ordinary,
]
