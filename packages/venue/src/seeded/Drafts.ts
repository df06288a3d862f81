/**
 * Which events are listed on which day, and when they close and resolve: a function of (parameters,
 * day). Days count from the epoch: day -1 is the one before it.
 *
 * Around the epoch there are extra events that close within minutes of it, and quick ones from an
 * hour before it on, so that a world is lively when it is first looked at.
 */
import { Dice, mix } from "../Chance.ts"
import type { WorldParameters } from "../WorldParameters.ts"
import { domains, type Domain } from "./Domains.ts"
import { DAY, HOUR, MINUTE, SECOND } from "./Durations.ts"
import { endingOf, plain, type Ending } from "./Endings.ts"

export interface Draft {
  readonly domain: Domain
  readonly listedMs: number
  /** When the outcome is known: the close, unless the event is called off before. */
  readonly plannedMs: number
  readonly closeMs: number
  readonly resolveMs: number
  readonly quick: boolean
  readonly ending: Ending
  readonly dice: Dice
}

/** How long before the epoch (negative) or after it the evening's events close, seconds. */
const eveningSeconds = [-50, -20, 15, 30, 45, 70, 100, 150, 240, 400, 700, 1200]

/** In listing order. */
export const draftsOf = (parameters: WorldParameters, day: number): ReadonlyArray<Draft> => {
  const dice = new Dice(mix(parameters.seed, day, 1))
  const startMs = parameters.epochMs + day * DAY
  const drafts = ordinary(parameters, day, startMs, dice)
  if (parameters.quickEventEveryMs > 0) {
    if (day === -1 || day === -2) drafts.push(...evening(parameters, day, startMs, dice))
    if (day >= -1) drafts.push(...quick(parameters, day, startMs, dice))
  }
  return drafts.toSorted((a, b) => a.listedMs - b.listedMs)
}

/** Days of events that are open already on the first day. */
const initialDays = 6

const ordinary = (
  parameters: WorldParameters,
  day: number,
  startMs: number,
  dice: Dice,
): Array<Draft> => {
  const { seed, eventsPerDay, endings } = parameters
  const initial = day === -parameters.pastDays ? Math.round(initialDays * eventsPerDay) : 0
  const count = Math.floor(eventsPerDay + dice.next()) + initial
  return Array.from({ length: count }, (_, i): Draft => {
    const domain = byWeight(dice)
    const [low, high] = domain.days
    const days = low * Math.exp(dice.next() * Math.log(high / low))
    const listedMs = startMs + wholeSeconds(dice.next() * DAY)
    const waitMs = wholeSeconds(dice.between(10 * MINUTE, 5 * HOUR))
    const own = new Dice(mix(seed, day, 2, i))
    const ending = endingOf(endings, own)
    const lifeMs = wholeSeconds(days * DAY)
    const closeMs = listedMs + wholeSeconds(lifeMs * ending.lifeShare)
    return {
      domain,
      listedMs,
      plannedMs: listedMs + lifeMs,
      closeMs,
      resolveMs: closeMs + waitMs + ending.waitMs,
      quick: false,
      ending,
      dice: own,
    }
  })
}

const evening = (
  { seed, epochMs }: WorldParameters,
  day: number,
  startMs: number,
  dice: Dice,
): ReadonlyArray<Draft> =>
  eveningSeconds.flatMap((closes, i) => {
    if (i % 2 !== -day - 1) return []
    const listedMs = startMs + wholeSeconds(dice.between(2 * HOUR, 16 * HOUR))
    const wait = closes < 0 ? 20 - closes + i * 15 : dice.integer(8, 40)
    const closeMs = epochMs + closes * SECOND
    return [
      {
        domain: domains[[1, 1, 2, 4][i % 4]!]!,
        listedMs,
        plannedMs: closeMs,
        closeMs,
        resolveMs: closeMs + wait * SECOND,
        quick: false,
        ending: plain,
        dice: new Dice(mix(seed, day, 4, i)),
      },
    ]
  })

const quick = (
  { seed, quickEventEveryMs: every }: WorldParameters,
  day: number,
  startMs: number,
  dice: Dice,
): ReadonlyArray<Draft> => {
  const drafts: Array<Draft> = []
  const first = day === -1 ? DAY - HOUR : 0
  for (let at = first, i = 0; at < DAY; at += every, i++) {
    const closeMs = startMs + at + 4 * every
    drafts.push({
      domain: domains[i % 3 === 2 ? 1 : 2]!,
      listedMs: startMs + at,
      plannedMs: closeMs,
      closeMs,
      resolveMs: closeMs + dice.integer(8, 30) * SECOND,
      quick: true,
      ending: plain,
      dice: new Dice(mix(seed, day, 3, i)),
    })
  }
  return drafts
}

const wholeSeconds = (ms: number): number => Math.round(ms / SECOND) * SECOND

const byWeight = (dice: Dice): Domain => {
  const total = domains.reduce((sum, { weight }) => sum + weight, 0)
  let left = dice.next() * total
  for (const domain of domains) {
    left -= domain.weight
    if (left < 0) return domain
  }
  return domains.at(-1)!
}
