/**
 * What a judgement is made of: what a wallet bought and what became of it, what our own copies of it
 * earned, and why it might not be judged at all. Plain rows; whoever reads them from a store leaves
 * out what was not visible at the moment of judgement, and the judgement leaves it out once more.
 */

/** One purchase of an outcome token. */
export interface Entry {
  /** The unit of dependence: markets of one event are decided together. */
  readonly event: string
  readonly condition: string
  readonly outcomeIndex: number
  readonly atMs: number
  /** Best estimate of the middle price at the purchase, within (0, 1). */
  readonly price: number
  /** 0…1 a share at resolution; `null`: not resolved at the moment of judgement. */
  readonly payout: number | null
  readonly resolvedAtMs: number | null
  readonly costMicro: number
  /** Exactly one market of the event pays outcome 0 (neg-risk); absent: not known, taken as no. */
  readonly exclusive?: boolean
}

/** One settled copy of our own, in the wallet's own books (`solo`). */
export interface CopyEvidence {
  readonly event: string
  readonly condition: string
  readonly atMs: number
  readonly settledAtMs: number
  readonly costMicro: number
  /** After fees. */
  readonly pnlMicro: number
  /** Our price less the leader's, price units; above zero it cost us. */
  readonly slippage: number
  /**
   * What a share cost us, fees in and out included, and the middle price at the leader's purchase.
   * Absent: the leader's price is taken for fair but for an ordinary spread and fee.
   */
  readonly outlay?: { readonly aShare: number; readonly middle: number }
}

export interface WalletEvidence {
  readonly wallet: string
  readonly entries: ReadonlyArray<Entry>
  readonly copies: ReadonlyArray<CopyEvidence>
  /** Codes of exclusions that refuse. */
  readonly exclusions: ReadonlyArray<string>
  /** How much of its history we hold, 0…1. */
  readonly completeShare: number
}
