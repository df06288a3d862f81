/**
 * The traders of a world, drawn from the behaviours. A trader's pace is a rate of looks at the
 * venue before the epoch, and a share of the live pace after it. Members of a group share what is
 * drawn, except their own size.
 */
import { Dice, hexDigits, mix } from "../Chance.ts"
import type { WorldParameters } from "../WorldParameters.ts"
import type { Behaviour } from "./Behaviour.ts"
import { domains } from "./Domains.ts"
import { DAY, HOUR, SECOND } from "./Durations.ts"

export interface Trader {
  readonly index: number
  readonly seed: number
  /** The same for all who act together. */
  readonly groupSeed: number
  /** Place in the group. */
  readonly member: number
  /** How long after the first of the group this one acts. */
  readonly lagMs: number
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
  readonly edge: number
  readonly usdc: number
  readonly fromMs: number
  /** Stops for good; `Infinity` = never. */
  readonly untilMs: number
  /** For the lucky: it knows how the events end that are listed in this span, about one of them. */
  readonly luckyMs: readonly [from: number, until: number] | null
}

/** Looks that end in a trade, and trades that follow from one, on average over the behaviours. */
const tradesPerLook = 0.8
/** Those who act together do so within this. */
const longestLagMs = 30 * SECOND

export const makeTraders = (parameters: WorldParameters): ReadonlyArray<Trader> => {
  const { seed, epochMs, liveTradesPerSecond } = parameters
  const behaviours = scaled(parameters)
  const weights = behaviours.reduce((sum, b) => sum + b.traders * b.liveWeight, 0)
  const livePerWeight =
    liveTradesPerSecond === null
      ? null
      : liveTradesPerSecond / SECOND / tradesPerLook / Math.max(1, weights)
  const traders: Array<Trader> = []
  for (const [kind, behaviour] of behaviours.entries()) {
    for (let i = 0; i < behaviour.traders; i++) {
      const index = traders.length
      const own = mix(seed, index, 101)
      const member = i % behaviour.group
      const alone = behaviour.group === 1
      const groupSeed = alone ? own : mix(seed, kind, Math.floor(i / behaviour.group), 103)
      const dice = new Dice(groupSeed)
      const kept = new Set<string>()
      while (kept.size < behaviour.domains) kept.add(dice.pick(domains.slice(0, 6)).name)
      const attention =
        attentionOf(kept.size === 0 ? null : kept, parameters) *
        Math.max(0.001, behaviour.participation)
      const stopped = dice.between(...behaviour.stoppedDays)
      const firstName = dice.pick(firstNames)
      const lastName = dice.pick(lastNames)
      const pastRate = dice.between(...behaviour.looksPerDay) / DAY / attention
      const livePace = dice.between(0.6, 1.4)
      const personal = new Dice(mix(own, 104))
      const fromMs = epochMs - dice.between(...behaviour.sinceDays) * DAY
      const together = !alone && !behaviour.washes
      traders.push({
        index,
        seed: own,
        groupSeed,
        member,
        lagMs: together && member > 0 ? personal.between(2 * SECOND, longestLagMs) : 0,
        wallet: `0x${hexDigits(40, seed, index, 102)}`,
        pseudonym: alone
          ? `${firstName}-${lastName}`
          : `${personal.pick(firstNames)}-${personal.pick(lastNames)}`,
        behaviour,
        domains: kept.size === 0 ? null : kept,
        pastRate,
        liveRate:
          livePerWeight === null
            ? pastRate
            : (livePerWeight * behaviour.liveWeight * livePace) / attention,
        clarity: dice.between(...behaviour.clarity),
        leadMs: dice.between(...behaviour.leadHours) * HOUR,
        edge: dice.between(...behaviour.edge),
        usdc: logBetween(dice, ...behaviour.usdc) * (together ? personal.between(0.6, 1.4) : 1),
        fromMs,
        untilMs: stopped > 0 ? epochMs - stopped * DAY : Number.POSITIVE_INFINITY,
        luckyMs: behaviour.lucky ? luckySpan(parameters, behaviour, fromMs, personal) : null,
      })
    }
  }
  return traders
}

/** The behaviours with their traders scaled to the world's wallets; groups stay whole. */
const scaled = ({ behaviours, wallets }: WorldParameters): ReadonlyArray<Behaviour> => {
  if (wallets === null) return behaviours
  const total = behaviours.reduce((sum, { traders }) => sum + traders, 0)
  const counts = behaviours.map(({ traders, group }) => {
    const share = (traders * wallets) / Math.max(1, total)
    return group * Math.floor(share / group)
  })
  const left = () => wallets - counts.reduce((sum, count) => sum + count, 0)
  for (const [i, { traders, group }] of behaviours.entries()) {
    if (traders > 0 && group <= left()) counts[i]! += group
  }
  const singles = behaviours.findLastIndex(({ traders, group }) => traders > 0 && group === 1)
  if (singles >= 0) counts[singles]! += left()
  return behaviours.map((behaviour, i) => ({ ...behaviour, traders: counts[i]! }))
}

/** A span before the epoch in which a trader takes part in about one event. */
const luckySpan = (
  { epochMs, eventsPerDay }: WorldParameters,
  { participation }: Behaviour,
  fromMs: number,
  dice: Dice,
): readonly [number, number] => {
  const lengthMs = DAY / Math.max(0.02, eventsPerDay * participation)
  const lastMs = Math.max(fromMs, epochMs - lengthMs - 10 * DAY)
  const startMs = dice.between(fromMs, lastMs)
  return [startMs, startMs + lengthMs]
}

/** Popularity of all markets of some topics that are open at an average moment. */
const attentionOf = (kept: ReadonlySet<string> | null, parameters: WorldParameters): number => {
  const [low, high] = parameters.marketsPerEvent
  const marketsPerEvent = low + 0.16 * (high - low)
  const popularity = 1.6
  let open = 0
  for (const domain of domains) {
    if (kept !== null && !kept.has(domain.name)) continue
    const [shortest, longest] = domain.days
    const days = (longest - shortest) / Math.log(longest / shortest)
    open += parameters.eventsPerDay * domain.weight * days
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
