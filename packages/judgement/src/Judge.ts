/**
 * Judges a population of wallets at a moment: who has an edge that our copies could earn, and how
 * sure that is.
 *
 * Prices are calibrated against the whole population, each wallet's bets become a likelihood over
 * edges with an event's markets counted for what they share, wallets that act together count once,
 * the spread of edges is estimated from all wallets, and each wallet's posterior is held against what
 * copying it costs. FOLLOW is the largest list, best first, whose mean probability of not paying is
 * within `falseDiscovery`. It is a posterior, so it means the same however often one looks.
 *
 * Pure: the same rows in any order give the same judgement; rows from after the moment change
 * nothing. Work comes in steps of some milliseconds ({@link judgeInSteps}).
 */
import { type Belief, beliefOf } from "./Belief.ts"
import { betsOf, type PricedBets, pricedBy } from "./Bets.ts"
import { type Cluster, clustersInSteps } from "./Clusters.ts"
import { type Copying, copyingOf, costsOf, populationCost } from "./Copying.ts"
import { randomControl, redraw } from "./Controls.ts"
import { PairCounts, weightsOf } from "./Dependence.ts"
import { edges, type EdgeLikelihood, likelihoodOf } from "./EdgeLikelihood.ts"
import type { WalletEvidence } from "./Evidence.ts"
import type { Judged, Judgement, ShuffledControl, Verdict } from "./Judgement.ts"
import { Markets } from "./Markets.ts"
import { mixtureInSteps } from "./Mixture.ts"
import { pricesInSteps } from "./PriceModel.ts"
import { type Candidate, reasonsOf } from "./Reasons.ts"
import type { JudgementSettings } from "./Settings.ts"
import { each, finished, type Steps } from "./Steps.ts"
import { recordOf, type WalletRecord } from "./WalletRecord.ts"

export const judge = (
  population: ReadonlyArray<WalletEvidence>,
  asOfMs: number,
  settings: JudgementSettings,
): Judgement => {
  const markets = new Markets()
  const records = population
    .toSorted((a, b) => (a.wallet < b.wallet ? -1 : 1))
    .map((evidence) => recordOf(evidence, asOfMs, markets))
  return finished(judgeInSteps(records, markets, asOfMs, settings))
}

/** The judgement in steps, of records in the order of their wallets' names. */
export function* judgeInSteps(
  population: ReadonlyArray<WalletRecord>,
  markets: Markets,
  asOfMs: number,
  settings: JudgementSettings,
): Steps<Judgement> {
  const ranks = markets.eventRanks()
  const unpriced = yield* each(population, (record) => betsOf(record, markets, ranks))
  const prices = yield* pricesInSteps(unpriced, markets.size)
  const bets = yield* each(unpriced, (own) => pricedBy(own, prices))
  const pairs = new PairCounts(markets)
  yield* each(bets, (own) => pairs.add(own))
  const rho = pairs.rho()
  yield
  const weights = yield* each(bets, (own) => weightsOf(own, markets, rho))
  const clusters = yield* clustersInSteps(population, settings.clusters)
  const groups = new Map(clusters.flatMap((one) => one.members.map((name) => [name, one] as const)))
  const costs = yield* each(population, ({ copies }) => costsOf(copies, prices))
  const cost = populationCost(costs)
  const copying = yield* each(bets, (own, i) =>
    copyingOf(own, population[i]!.copies, costs[i]!, prices, cost),
  )
  const terms: Terms = { bets, weights, copying, groups, settings }

  const weighed = yield* weigh(terms)
  const candidates = population.map((evidence, i): Candidate => ({
    evidence,
    likelihood: weighed.likelihoods[i]!,
    copying: copying[i]!,
    belief: weighed.beliefs[i]!,
    cluster: groups.get(evidence.wallet) ?? null,
  }))
  const reasons = yield* each(candidates, (one) => reasonsOf(one, settings))
  const followed = cut(
    candidates.filter((_, i) => reasons[i]!.mayBeFollowed),
    settings.falseDiscovery,
  )
  const wallets = candidates.map((one, i): Judged => {
    const { belief, likelihood, evidence } = one
    const { reasonsFor, reasonsAgainst } = reasons[i]!
    return {
      wallet: evidence.wallet,
      verdict: followed.has(evidence.wallet) ? "FOLLOW" : shortOf(one, settings),
      localFdr: belief.localFdr,
      edge: belief.edge,
      copyProfit: belief.copyProfit,
      sample: {
        events: likelihood.events,
        entries: likelihood.entries,
        copies: one.copying.copies,
      },
      reasonsFor,
      reasonsAgainst,
    }
  })

  const draw = (round: number) => redraw(markets, settings.seed, round, rho)
  const shuffled = yield* shuffledControl(candidates, terms, draw)
  return {
    asOfMs,
    wallets,
    population: {
      wallets: population.length,
      clusters,
      prior: { edges, shares: [...weighed.prior] },
      prices,
      rho,
      cost,
      controls: { random: randomControl(candidates, followed, settings), shuffled },
    },
  }
}

interface Terms {
  readonly bets: ReadonlyArray<PricedBets>
  readonly weights: ReadonlyArray<Float64Array>
  readonly copying: ReadonlyArray<Copying>
  readonly groups: ReadonlyMap<string, Cluster>
  readonly settings: JudgementSettings
}

/**
 * Likelihoods, the prior they give together, and beliefs. A group has its first wallet's evidence.
 * `payouts` are the real ones when not given.
 */
function* weigh(
  { bets, weights, copying, groups, settings }: Terms,
  payouts?: (own: PricedBets) => Float64Array,
) {
  const own = yield* each(bets, (one, i) => likelihoodOf(one, weights[i]!, payouts?.(one)))
  const byName = new Map(own.map((one) => [one.wallet, one]))
  const standsFor = (wallet: string): string => groups.get(wallet)?.first ?? wallet
  const alone = own.filter(({ wallet, events }) => standsFor(wallet) === wallet && events > 0)
  const prior = yield* mixtureInSteps(
    alone.map(({ ratios }) => ratios),
    settings.mixture,
  )
  const likelihoods = own.map((one): EdgeLikelihood => {
    const { ratios, withoutBest } = byName.get(standsFor(one.wallet))!
    return { ...one, ratios, withoutBest }
  })
  const beliefs = yield* each(likelihoods, (one, i): Belief => beliefOf(prior, one, copying[i]!))
  return { prior, likelihoods, beliefs }
}

/** The largest list, best first, whose mean `localFdr` is within the limit. */
const cut = (candidates: ReadonlyArray<Candidate>, limit: number): ReadonlySet<string> => {
  const ranked = candidates.toSorted(
    (a, b) =>
      a.belief.localFdr - b.belief.localFdr || (a.evidence.wallet < b.evidence.wallet ? -1 : 1),
  )
  let sum = 0
  const list = new Set<string>()
  for (const { belief, evidence } of ranked) {
    sum += belief.localFdr
    if (sum > limit * (list.size + 1)) break
    list.add(evidence.wallet)
  }
  return list
}

const shortOf = (
  { evidence, likelihood, belief }: Candidate,
  { avoidFrom, minimumEvents }: JudgementSettings,
): Verdict =>
  evidence.exclusions.length > 0 ||
  (belief.localFdr >= avoidFrom && likelihood.events >= minimumEvents)
    ? "AVOID"
    : "WATCH"

function* shuffledControl(
  candidates: ReadonlyArray<Candidate>,
  terms: Terms,
  draw: (round: number) => (own: PricedBets) => Float64Array,
): Steps<ShuffledControl> {
  const { copying, settings } = terms
  const followed: Array<number> = []
  const best: Array<number | null> = []
  for (let round = 0; round < settings.shuffledRounds; round++) {
    const { beliefs, likelihoods } = yield* weigh(terms, draw(round))
    const lucky = candidates
      .map((one, i): Candidate => ({
        ...one,
        copying: { ...copying[i]!, realised: null },
        belief: beliefs[i]!,
        likelihood: likelihoods[i]!,
      }))
      .filter((one) => reasonsOf(one, settings).mayBeFollowed)
    followed.push(cut(lucky, settings.falseDiscovery).size)
    best.push(lucky.length === 0 ? null : Math.min(...lucky.map(({ belief }) => belief.localFdr)))
    yield
  }
  return { rounds: settings.shuffledRounds, followed, best }
}
