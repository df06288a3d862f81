/**
 * What is said of a wallet, and of the population it was judged against.
 */
import type { Cluster } from "./Clusters.ts"
import type { PriceModel } from "./PriceModel.ts"

export type Verdict = "FOLLOW" | "WATCH" | "AVOID"

/** `text` is for a reader; `metric` is what was measured and `threshold` what it was held against. */
export interface Reason {
  readonly code: string
  readonly metric: number
  readonly threshold: number
  readonly text: string
}

/** A mean and the shortest interval that holds 80 %. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

export interface Judged {
  readonly wallet: string
  readonly verdict: Verdict
  /** Probability that copying the wallet does not pay, given everything seen. */
  readonly localFdr: number
  /** How much more often its purchases win than their prices say, price units. */
  readonly edge: Interval
  /** Profit of our copies per dollar spent, over the next 30 days. */
  readonly copyProfit: Interval
  readonly sample: { readonly events: number; readonly entries: number; readonly copies: number }
  readonly reasonsFor: ReadonlyArray<Reason>
  readonly reasonsAgainst: ReadonlyArray<Reason>
}

/** FOLLOW beside as many wallets at random, by realised profit per dollar of our settled copies. */
export interface RandomControl {
  readonly followed: number | null
  readonly mean: number
  /** 80 % of the draws lie between. */
  readonly low: number
  readonly high: number
  readonly draws: number
}

/** What the same method follows when outcomes are drawn anew by the prices: luck alone. */
export interface ShuffledControl {
  readonly rounds: number
  /** FOLLOW of each round. */
  readonly followed: ReadonlyArray<number>
  /** The smallest `localFdr` of each round among those who may be followed; null: there are none. */
  readonly best: ReadonlyArray<number | null>
}

export interface PopulationModel {
  readonly wallets: number
  /** Groups of wallets that act together. */
  readonly clusters: ReadonlyArray<Cluster>
  readonly prior: { readonly edges: ReadonlyArray<number>; readonly shares: ReadonlyArray<number> }
  readonly prices: PriceModel
  /** Correlation of the surprises of an event's markets. */
  readonly rho: number
  /** What copies cost above the calibrated price, on average, price units. */
  readonly cost: number
  readonly controls: { readonly random: RandomControl; readonly shuffled: ShuffledControl }
}

export interface Judgement {
  readonly asOfMs: number
  /** In the order of the names. */
  readonly wallets: ReadonlyArray<Judged>
  readonly population: PopulationModel
}
