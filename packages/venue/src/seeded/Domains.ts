/**
 * The topics of the venue: how their questions read, what they cost, how fast they settle.
 * Fee rates are the real venue's per category. `weight` is a topic's share of new events.
 */
import type { Fee } from "../World.ts"

export interface Domain {
  readonly name: string
  readonly tag: number
  readonly weight: number
  readonly fee: Fee | null
  /** Typical life of a market, days. */
  readonly days: readonly [number, number]
  readonly delaySeconds: number
  /** Event titles; `#` is a subject, `@` a second one. */
  readonly titles: ReadonlyArray<string>
  /** Events in which exactly one of several answers wins; the answers are subjects. */
  readonly races: ReadonlyArray<string>
  readonly subjects: ReadonlyArray<string>
}

const fee = (type: string, rate: number, rebate: number): Fee => ({
  type,
  rate,
  exponent: 1,
  rebate,
})

export const domains: ReadonlyArray<Domain> = [
  {
    name: "Politics",
    tag: 2,
    weight: 0.22,
    fee: fee("politics_fees", 0.04, 0.25),
    days: [3, 30],
    delaySeconds: 0,
    titles: ["Will # win the confidence vote?", "Will # sign the budget bill?", "Will # resign?"],
    races: ["Who will lead the coalition?", "Winner of the regional election?"],
    subjects: ["Alder", "Brandt", "Castell", "Dufour", "Ekholm", "Ferreira", "Grigore", "Hollis"],
  },
  {
    name: "Sports",
    tag: 1,
    weight: 0.26,
    fee: fee("sports_fees_v3", 0.05, 0.15),
    days: [1, 4],
    delaySeconds: 1,
    titles: ["Will # beat @?", "# vs. @: over 2.5 goals?", "Will # lead @ at half-time?"],
    races: ["Winner of the open final round?", "Top scorer of the match week?"],
    subjects: [
      "Harriers",
      "Mariners",
      "Rovers",
      "Comets",
      "Falcons",
      "Lancers",
      "Pioneers",
      "Tigers",
    ],
  },
  {
    name: "Crypto",
    tag: 21,
    weight: 0.16,
    fee: fee("crypto_fees_v2", 0.07, 0.2),
    days: [1, 7],
    delaySeconds: 0,
    titles: ["Will # close above its weekly high?", "Will # outperform @ this week?"],
    races: ["Best performing coin of the week?"],
    subjects: ["Bitcoin", "Ethereum", "Solana", "Dogecoin", "Litecoin", "Cardano", "Monero"],
  },
  {
    name: "Economics",
    tag: 100328,
    weight: 0.13,
    fee: fee("economics_fees", 0.05, 0.25),
    days: [4, 28],
    delaySeconds: 0,
    titles: ["Will # inflation come in above forecast?", "Will the # central bank cut rates?"],
    races: ["Which central bank moves first?"],
    subjects: ["Norwegian", "Swiss", "Canadian", "Japanese", "Polish", "Chilean", "Czech"],
  },
  {
    name: "Culture",
    tag: 596,
    weight: 0.11,
    fee: fee("culture_fees", 0.05, 0.25),
    days: [3, 20],
    delaySeconds: 0,
    titles: ["Will # open at number one?", "Will # outsell @?"],
    races: ["Winner of the festival's main prize?"],
    subjects: [
      "Glass Harbour",
      "The Long Field",
      "Saltwater",
      "Meridian",
      "Night Bus",
      "Paper Moon",
    ],
  },
  {
    name: "Tech",
    tag: 1401,
    weight: 0.07,
    fee: fee("tech_fees", 0.04, 0.25),
    days: [3, 24],
    delaySeconds: 0,
    titles: ["Will # ship on time?", "Will # announce a new model this month?"],
    races: ["Which lab tops the leaderboard?"],
    subjects: ["Northlight", "Quanta", "Heliograph", "Basalt", "Lumen", "Orrery"],
  },
  {
    name: "Geopolitics",
    tag: 100265,
    weight: 0.05,
    fee: null,
    days: [5, 30],
    delaySeconds: 0,
    titles: ["Will # and @ sign a treaty?", "Will # join the summit?"],
    races: ["Host of the next round of talks?"],
    subjects: ["Varna", "Tunis", "Oslo", "Muscat", "Quito", "Lagos"],
  },
]
