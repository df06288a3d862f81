/**
 * The events and markets of a world in listing order, with the truth about them. Each day is a
 * function of (parameters, day); a market's place in the list follows from the days before it, which
 * never change.
 *
 * Memory: about 3 kB a market, kept for ever, since lists of closed markets reach back to the first
 * day.
 */
import * as DateTime from "effect/DateTime"
import { Dice, hexDigits, mix, normalShare, unit } from "../Chance.ts"
import type { VenueEvent, VenueMarket } from "../World.ts"
import type { WorldParameters } from "../WorldParameters.ts"
import { draftsOf, type Draft } from "./Drafts.ts"
import { DAY, MINUTE } from "./Durations.ts"
import type { Ending } from "./Endings.ts"
import { bridge, Path, type PathFacts } from "./FairValue.ts"

/** A market of the seeded world with the truth about it. */
export interface SeededMarket extends VenueMarket {
  readonly seed: number
  readonly path: Path
  /** Which hypothesis of the path this market's outcome 0 is. */
  readonly hypothesis: number
  readonly closeMs: number
  readonly resolveMs: number
  /** Outcome that came true; it pays, unless the market was split or voided. */
  readonly winner: 0 | 1
  /** Thousandths of a USDC a share, by outcome. */
  readonly payouts: readonly [number, number]
  readonly ending: Ending["kind"]
  /** Dense number of its event. */
  readonly eventIndex: number
  /** How much attention it gets; 1 is ordinary. */
  readonly popularity: number
  readonly quick: boolean
}

export class Calendar {
  readonly markets: Array<SeededMarket> = []
  readonly events: Array<VenueEvent> = []
  readonly byCondition = new Map<string, SeededMarket>()
  readonly byToken = new Map<string, SeededMarket>()
  private readonly parameters: WorldParameters
  private nextDay: number

  constructor(parameters: WorldParameters) {
    this.parameters = parameters
    this.nextDay = -parameters.pastDays
  }

  /** Lists everything up to and including the day of a moment. */
  reach(ms: number): void {
    while (this.parameters.epochMs + this.nextDay * DAY <= ms) {
      for (const draft of draftsOf(this.parameters, this.nextDay)) this.list(draft)
      this.nextDay++
    }
  }

  private list(draft: Draft): void {
    const { domain, dice, ending } = draft
    const { seed: worldSeed } = this.parameters
    const number = this.events.length
    const roomy = this.parameters.marketsPerEvent[1] >= 3
    const race = !draft.quick && dice.next() < this.parameters.raceShare && roomy
    const count = draft.quick ? 1 : this.size(race, dice)
    const subjects = shuffled(domain.subjects, dice)
    const title = draft.quick
      ? `${subjects[0]!} up in the next ${Math.round((draft.closeMs - draft.listedMs) / MINUTE)} minutes?`
      : fill(dice.pick(race ? domain.races : domain.titles), subjects)
    const slug = `${slugged(title)}-${isoDay(draft.plannedMs)}-${number}`
    const markets: Array<SeededMarket> = []
    const event: VenueEvent = {
      id: String(20_000 + number),
      slug,
      title,
      domain: domain.name,
      negRisk: race,
      negRiskMarketId: race ? `0x${hexDigits(62, worldSeed, number, 5)}00` : "",
      markets,
    }
    const newer = unit(worldSeed, number, 14) < this.parameters.newerShare
    const popularity = Math.exp(0.9 * dice.normal())
    const seed = mix(worldSeed, number, 4)
    const paths = race ? [racePath(this.facts(draft), count, seed)] : this.paths(draft, count, seed)
    const halves = !race && (ending.kind === "split" || ending.kind === "voided")
    for (let member = 0; member < count; member++) {
      const index = this.markets.length
      const path = paths[race ? 0 : member]!
      const hypothesis = race ? member : 0
      const winner = path.facts.truth === hypothesis ? 0 : 1
      const answer = answerOf(subjects, member)
      const market: SeededMarket = {
        index,
        id: String(500_000 + index),
        condition: newer
          ? `0x01${hexDigits(60, worldSeed, index, 11)}00`
          : `0x${hexDigits(64, worldSeed, index, 11)}`,
        newer,
        questionId: `0x${hexDigits(64, worldSeed, index, 12)}`,
        question: race ? `${answer} — ${title}` : count > 1 ? `${title} (${answer} rules)` : title,
        slug: count > 1 ? `${slug}-${slugged(answer)}` : slug,
        event,
        outcomes: draft.quick ? ["Up", "Down"] : ["Yes", "No"],
        tokens: [21, 22].map((salt) =>
          BigInt(`0x${hexDigits(62, worldSeed, index, salt)}`).toString(),
        ),
        tick: race && path.facts.priors[member]! < 0.12 ? 0.001 : 0.01,
        minimumSize: 5,
        fee: domain.fee,
        delaySeconds: domain.delaySeconds,
        listedMs: draft.listedMs,
        endMs: draft.plannedMs - ending.overtimeMs,
        described: count > 1 ? { groupItemTitle: answer } : {},
        seed: mix(seed, member, 6),
        path,
        hypothesis,
        closeMs: draft.closeMs,
        resolveMs: draft.resolveMs,
        winner,
        payouts: halves ? [500, 500] : winner === 0 ? [1000, 0] : [0, 1000],
        ending: ending.kind,
        eventIndex: number,
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

  /** Markets of an event: half of the events have the fewest, a race three or more where it may. */
  private size(race: boolean, dice: Dice): number {
    const [low, high] = this.parameters.marketsPerEvent
    const fewest = race ? Math.min(high, Math.max(3, low)) : low
    const spread = (high + 1) / fewest
    return Math.floor(fewest * spread ** (dice.next() ** 2))
  }

  private facts(draft: Draft) {
    const { bias, priceError } = this.parameters
    const { listedMs: fromMs, plannedMs: untilMs, quick } = draft
    return { fromMs, untilMs, quick, bias, priceError }
  }

  /**
   * One path a market. What decides them has one factor in common (a Gaussian copula), and so has
   * the noise on the way there.
   */
  private paths(draft: Draft, count: number, seed: number): ReadonlyArray<Path> {
    const { correlation } = this.parameters
    const shared = new Dice(mix(seed, 7))
    const factor = shared.normal()
    const common =
      count > 1 && correlation > 0 ? { common: { noise: bridge(shared), correlation } } : {}
    return Array.from({ length: count }, (_, member) => {
      const dice = new Dice(mix(seed, member, 8))
      const prior = dice.between(0.15, 0.85)
      const latent = Math.sqrt(correlation) * factor + Math.sqrt(1 - correlation) * dice.normal()
      return new Path({
        ...this.facts(draft),
        ...common,
        seed: mix(seed, member),
        priors: [prior, 1 - prior],
        truth: normalShare(latent) < prior ? 0 : 1,
      })
    })
  }
}

const racePath = (
  facts: Omit<PathFacts, "seed" | "priors" | "truth">,
  count: number,
  seed: number,
): Path => {
  const dice = new Dice(mix(seed, 9))
  const raw = Array.from({ length: count }, () => Math.exp(1.1 * dice.normal()))
  const total = raw.reduce((sum, value) => sum + value, 0)
  const priors = raw.map((value) => value / total)
  let left = dice.next()
  const truth = priors.findIndex((prior) => (left -= prior) < 0)
  return new Path({ ...facts, seed, priors, truth: truth === -1 ? count - 1 : truth })
}

const answerOf = (subjects: ReadonlyArray<string>, member: number): string => {
  const subject = subjects[member % subjects.length]!
  return member < subjects.length
    ? subject
    : `${subject} ${1 + Math.floor(member / subjects.length)}`
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
