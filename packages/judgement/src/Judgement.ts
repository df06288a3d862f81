/**
 * What is said of a wallet, and of the population it was judged against.
 */

export type Verdict = "FOLLOW" | "WATCH" | "AVOID"

/** `text` is for a reader; `metric` is what was measured and `threshold` what it was held against. */
export interface Reason {
  readonly code: string
  readonly metric: number
  readonly threshold: number
  readonly text: string
}

/** A mean and the 80 % interval around it. */
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
