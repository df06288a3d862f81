/**
 * Which events are listed on which day, and how they end. Each day is a function of (seed, day);
 * a market's place in the list follows from the days before it, which never change.
 *
 * Days count from the epoch: day -1 is the one before it. Memory: about 2 kB a market, kept for
 * ever, since lists of closed markets reach back to the first day.
 */
import * as DateTime from "effect/DateTime"
import type { VenueEvent, VenueMarket } from "../World.ts"
import { Dice, hexDigits, mix } from "../Chance.ts"
import { domains, type Domain } from "./Domains.ts"
import { Path } from "./FairValue.ts"
import { DAY, HOUR, MINUTE, SECOND, type WorldConfig } from "./WorldConfig.ts"

/** A market of the seeded world with the truth about it. */
export interface SeededMarket extends VenueMarket {
  readonly seed: number
  readonly path: Path
  /** Which hypothesis of the path this market's outcome 0 is. */
  readonly hypothesis: number
  readonly closeMs: number
  readonly resolveMs: number
  /** Outcome that pays. */
  readonly winner: 0 | 1
  /** How much attention it gets; 1 is ordinary. */
  readonly popularity: number
  readonly quick: boolean
}

/** How long before the epoch (negative) or after it the evening's events close, seconds. */
const eveningSeconds = [-50, -20, 15, 30, 45, 70, 100, 150, 240, 400, 700, 1200]

interface Draft {
  readonly domain: Domain
  readonly listedMs: number
  readonly closeMs: number
  readonly resolveMs: number
  readonly quick: boolean
  readonly dice: Dice
}

export class Calendar {
  readonly markets: Array<SeededMarket> = []
  readonly events: Array<VenueEvent> = []
  readonly byCondition = new Map<string, SeededMarket>()
  readonly byToken = new Map<string, SeededMarket>()
  private readonly seed: number
  private readonly epochMs: number
  private readonly config: WorldConfig
  private nextDay: number

  constructor(seed: number, epochMs: number, config: WorldConfig) {
    this.seed = seed
    this.epochMs = epochMs
    this.config = config
    this.nextDay = -config.pastDays
  }

  /** Lists everything up to and including the day of a moment. */
  reach(ms: number): void {
    while (this.epochMs + this.nextDay * DAY <= ms) {
      for (const draft of this.drafts(this.nextDay)) this.list(draft)
      this.nextDay++
    }
  }

  private drafts(day: number): ReadonlyArray<Draft> {
    const startMs = this.epochMs + day * DAY
    const dice = new Dice(mix(this.seed, day, 1))
    const drafts: Array<Draft> = []
    const draft = (domain: Domain, listedMs: number, lifeMs: number, waitMs: number) => {
      const closeMs = listedMs + lifeMs
      const own = new Dice(mix(this.seed, day, 2, drafts.length))
      drafts.push({
        domain,
        listedMs,
        closeMs,
        resolveMs: closeMs + waitMs,
        quick: false,
        dice: own,
      })
    }
    const ordinary =
      Math.floor(this.config.eventsPerDay + dice.next()) + (day === -this.config.pastDays ? 12 : 0)
    for (let i = 0; i < ordinary; i++) {
      const domain = byWeight(dice)
      const [low, high] = domain.days
      const days = low * Math.exp(dice.next() * Math.log(high / low))
      draft(
        domain,
        startMs + wholeSeconds(dice.next() * DAY),
        wholeSeconds(days * DAY),
        wholeSeconds(dice.between(10 * MINUTE, 5 * HOUR)),
      )
    }
    if (day === -1 || day === -2) {
      for (const [i, closes] of eveningSeconds.entries()) {
        if (i % 2 !== -day - 1) continue
        const listedMs = startMs + wholeSeconds(dice.between(2 * HOUR, 16 * HOUR))
        const wait = closes < 0 ? 20 - closes + i * 15 : dice.integer(8, 40)
        const domain = domains[[1, 1, 2, 4][i % 4]!]!
        draft(domain, listedMs, this.epochMs + closes * SECOND - listedMs, wait * SECOND)
      }
    }
    const every = this.config.quickEventEveryMs
    if (every > 0 && day >= -1) {
      const first = day === -1 ? DAY - HOUR : 0
      for (let at = first, i = 0; at < DAY; at += every, i++) {
        const domain = domains[i % 3 === 2 ? 1 : 2]!
        drafts.push({
          domain,
          listedMs: startMs + at,
          closeMs: startMs + at + 4 * every,
          resolveMs: startMs + at + 4 * every + dice.integer(8, 30) * SECOND,
          quick: true,
          dice: new Dice(mix(this.seed, day, 3, i)),
        })
      }
    }
    return drafts.toSorted((a, b) => a.listedMs - b.listedMs)
  }

  private list(draft: Draft): void {
    const { domain, dice } = draft
    const number = this.events.length
    const race = !draft.quick && dice.next() < 0.3
    const count = race
      ? dice.integer(3, 6)
      : !draft.quick && dice.next() < 0.35
        ? dice.integer(2, 4)
        : 1
    const subjects = shuffled(domain.subjects, dice)
    const title = draft.quick
      ? `${subjects[0]!} up in the next ${Math.round((draft.closeMs - draft.listedMs) / MINUTE)} minutes?`
      : fill(dice.pick(race ? domain.races : domain.titles), subjects)
    const slug = `${slugged(title)}-${isoDay(draft.closeMs)}-${number}`
    const markets: Array<SeededMarket> = []
    const event: VenueEvent = {
      id: String(20_000 + number),
      slug,
      title,
      domain: domain.name,
      negRisk: race,
      negRiskMarketId: race ? `0x${hexDigits(62, this.seed, number, 5)}00` : "",
      markets,
    }
    const popularity = Math.exp(0.9 * dice.normal())
    const seed = mix(this.seed, number, 4)
    const path = (priors: ReadonlyArray<number>, truth: number, own: number) =>
      new Path({
        seed: own,
        fromMs: draft.listedMs,
        untilMs: draft.closeMs,
        priors,
        truth,
        quick: draft.quick,
      })
    const priors = racePriors(count, dice)
    const shared = race ? path(priors, drawn(priors, dice.next()), seed) : null
    for (let member = 0; member < count; member++) {
      const index = this.markets.length
      const prior = dice.between(0.15, 0.85)
      const own = shared ?? path([prior, 1 - prior], dice.next() < prior ? 0 : 1, mix(seed, member))
      const answer = subjects[member % subjects.length]!
      const hypothesis = race ? member : 0
      const market: SeededMarket = {
        index,
        id: String(500_000 + index),
        condition: `0x${hexDigits(64, this.seed, index, 11)}`,
        questionId: `0x${hexDigits(64, this.seed, index, 12)}`,
        question: race ? `${answer} — ${title}` : count > 1 ? `${title} (${answer} rules)` : title,
        slug: count > 1 ? `${slug}-${slugged(answer)}` : slug,
        event,
        outcomes: draft.quick ? ["Up", "Down"] : ["Yes", "No"],
        tokens: [21, 22].map((salt) =>
          BigInt(`0x${hexDigits(62, this.seed, index, salt)}`).toString(),
        ),
        tick: race && priors[member]! < 0.12 ? 0.001 : 0.01,
        minimumSize: 5,
        fee: domain.fee,
        delaySeconds: domain.delaySeconds,
        listedMs: draft.listedMs,
        endMs: draft.closeMs,
        described: count > 1 ? { groupItemTitle: answer } : {},
        seed: mix(seed, member, 6),
        path: own,
        hypothesis,
        closeMs: draft.closeMs,
        resolveMs: draft.resolveMs,
        winner: own.facts.truth === hypothesis ? 0 : 1,
        popularity: popularity * Math.exp(0.4 * dice.normal()),
        quick: draft.quick,
      }
      markets.push(market)
      this.markets.push(market)
      this.byCondition.set(market.condition, market)
      for (const token of market.tokens) this.byToken.set(token, market)
    }
    this.events.push(event)
  }
}

const wholeSeconds = (ms: number): number => Math.round(ms / SECOND) * SECOND

const byWeight = (dice: Dice): Domain => {
  const at = drawn(
    domains.map((domain) => domain.weight),
    dice.next(),
  )
  return domains[at]!
}

/** The index whose slice of the (not necessarily normal) weights holds a point of [0, 1). */
const drawn = (weights: ReadonlyArray<number>, point: number): number => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let left = point * total
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!
    if (left < 0) return i
  }
  return weights.length - 1
}

const racePriors = (count: number, dice: Dice): ReadonlyArray<number> => {
  const raw = Array.from({ length: count }, () => Math.exp(1.1 * dice.normal()))
  const total = raw.reduce((sum, value) => sum + value, 0)
  return raw.map((value) => Math.max(0.01, value / total))
}

const shuffled = <A>(items: ReadonlyArray<A>, dice: Dice): ReadonlyArray<A> =>
  items
    .map((item) => [dice.next(), item] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, item]) => item)

const fill = (title: string, subjects: ReadonlyArray<string>): string =>
  title.replace("#", subjects[0]!).replace("@", subjects[1]!)

const slugged = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")

const isoDay = (ms: number): string => DateTime.formatIso(DateTime.makeUnsafe(ms)).slice(0, 10)
