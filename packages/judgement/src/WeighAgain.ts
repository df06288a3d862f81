/**
 * One wallet weighed again in the terms of a judgement that was made: by its prices, spread of edges,
 * dependence, cost and groups, and by the wallet's own rows. The same rows give the same numbers.
 */
import { type Belief, beliefOf } from "./Belief.ts"
import { betsOf, type PricedBets, pricedBy } from "./Bets.ts"
import { type Copying, copyingOf, costsOf } from "./Copying.ts"
import { weightsOf } from "./Dependence.ts"
import { type EdgeLikelihood, likelihoodOf } from "./EdgeLikelihood.ts"
import type { PopulationModel } from "./Judgement.ts"
import type { Markets } from "./Markets.ts"
import { type Reasons, reasonsOf } from "./Reasons.ts"
import type { JudgementSettings } from "./Settings.ts"
import type { WalletRecord } from "./WalletRecord.ts"

export interface WeighedAgain {
  readonly belief: Belief
  readonly copying: Copying
  readonly likelihood: EdgeLikelihood
  readonly reasons: Reasons
}

/** `first` stands for the group of wallets that `own` acts together with; `own` itself when it acts alone. */
export const weighAgain = (
  own: WalletRecord,
  first: WalletRecord,
  markets: Markets,
  { clusters, cost, prices, prior, rho }: PopulationModel,
  settings: JudgementSettings,
): WeighedAgain => {
  const ranks = markets.eventRanks()
  const priced = (record: WalletRecord) => pricedBy(betsOf(record, markets, ranks), prices)
  const said = (bets: PricedBets) => likelihoodOf(bets, weightsOf(bets, markets, rho))
  const bets = priced(own)
  const { ratios, withoutBest } = said(priced(first))
  const likelihood = { ...said(bets), ratios, withoutBest }
  const copying = copyingOf(bets, own.copies, costsOf(own.copies, prices), prices, cost)
  const belief = beliefOf(Float64Array.from(prior.shares), likelihood, copying)
  const cluster = clusters.find(({ members }) => members.includes(own.wallet)) ?? null
  const candidate = { evidence: own, likelihood, copying, belief, cluster }
  return { belief, copying, likelihood, reasons: reasonsOf(candidate, settings) }
}
