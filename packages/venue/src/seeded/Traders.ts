/**
 * The traders of a world, drawn from the behaviours. A trader's pace is a rate of looks at the
 * venue before the epoch, and a share of the live pace after it.
 */
import { behaviours, type Behaviour } from "./Behaviours.ts"
import { Dice, hexDigits, mix } from "../Chance.ts"
import { domains } from "./Domains.ts"
import { DAY, HOUR, SECOND, type WorldConfig } from "./WorldConfig.ts"

export interface Trader {
  readonly index: number
  readonly seed: number
  readonly wallet: string
  readonly pseudonym: string
  readonly behaviour: Behaviour
  /** Names of the topics it keeps to; `null` = all. */
  readonly domains: ReadonlySet<string> | null
  /** Looks a millisecond per unit of popularity of the markets it follows, before and after the epoch. */
  readonly pastRate: number
  readonly liveRate: number
  readonly clarity: number
  readonly leadMs: number
  readonly usdc: number
  readonly fromMs: number
  /** Stops for good; `Infinity` = never. */
  readonly untilMs: number
}

/** Looks that end in a trade, and trades that follow from one, on average over the behaviours. */
const tradesPerLook = 0.8

export const makeTraders = (
  seed: number,
  epochMs: number,
  config: WorldConfig,
): ReadonlyArray<Trader> => {
  const weights = behaviours.reduce((sum, b) => sum + b.traders * b.liveWeight, 0)
  const livePerWeight = config.liveTradesPerSecond / SECOND / tradesPerLook / weights
  const traders: Array<Trader> = []
  for (const behaviour of behaviours) {
    for (let i = 0; i < behaviour.traders; i++) {
      const index = traders.length
      const own = mix(seed, index, 101)
      const dice = new Dice(own)
      const kept = new Set<string>()
      while (kept.size < behaviour.domains) kept.add(dice.pick(domains.slice(0, 6)).name)
      const attention = attentionOf(kept.size === 0 ? null : kept, config) * behaviour.participation
      const stopped = dice.between(...behaviour.stoppedDays)
      traders.push({
        index,
        seed: own,
        wallet: `0x${hexDigits(40, seed, index, 102)}`,
        pseudonym: `${dice.pick(firstNames)}-${dice.pick(lastNames)}`,
        behaviour,
        domains: kept.size === 0 ? null : kept,
        pastRate: dice.between(...behaviour.looksPerDay) / DAY / attention,
        liveRate: (livePerWeight * behaviour.liveWeight * dice.between(0.6, 1.4)) / attention,
        clarity: dice.between(...behaviour.clarity),
        leadMs: dice.between(...behaviour.leadHours) * HOUR,
        usdc: logBetween(dice, ...behaviour.usdc),
        fromMs: epochMs - dice.between(...behaviour.sinceDays) * DAY,
        untilMs: stopped > 0 ? epochMs - stopped * DAY : Number.POSITIVE_INFINITY,
      })
    }
  }
  return traders
}

/** Popularity of all markets of some topics that are open at an average moment. */
const attentionOf = (kept: ReadonlySet<string> | null, config: WorldConfig): number => {
  const marketsPerEvent = 2.5
  const popularity = 1.6
  let open = 0
  for (const domain of domains) {
    if (kept !== null && !kept.has(domain.name)) continue
    const [low, high] = domain.days
    open += config.eventsPerDay * domain.weight * ((high - low) / Math.log(high / low))
  }
  return Math.max(1, open * marketsPerEvent * popularity)
}

const logBetween = (dice: Dice, low: number, high: number): number =>
  low * Math.exp(dice.next() * Math.log(high / low))

const firstNames = [
  "Quiet",
  "Amber",
  "Brisk",
  "Curious",
  "Distant",
  "Early",
  "Frugal",
  "Gentle",
  "Hidden",
  "Idle",
  "Keen",
  "Lucid",
  "Merry",
  "Noble",
  "Odd",
  "Plain",
  "Rapid",
  "Solemn",
  "Tidy",
  "Vivid",
]
const lastNames = [
  "Heron",
  "Badger",
  "Cipher",
  "Dune",
  "Ember",
  "Finch",
  "Gale",
  "Harbor",
  "Islet",
  "Juniper",
  "Kestrel",
  "Lantern",
  "Meadow",
  "Newt",
  "Otter",
  "Pebble",
  "Quarry",
  "Raven",
  "Sparrow",
  "Thistle",
]
