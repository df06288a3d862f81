/**
 * A wallet's evidence by column, as it was visible at the moment of judgement: some thirty bytes a
 * purchase, so that all rows of all wallets fit in memory together.
 */
import type { CopyEvidence, Entry, WalletEvidence } from "./Evidence.ts"
import type { Markets } from "./Markets.ts"

/** Purchases in any order; a market may come more than once. */
export interface Purchases {
  readonly market: Uint32Array
  readonly outcome: Uint16Array
  readonly atMs: Float64Array
  readonly price: Float64Array
  /** NaN: not known at the moment of judgement. */
  readonly payout: Float64Array
}

/** Settled copies, in the order in which they were given. */
export interface SettledCopies {
  readonly event: Uint32Array
  /** Profit per dollar. */
  readonly rate: Float64Array
  readonly slippage: Float64Array
  /** What a share cost us, and the middle at the leader's purchase; NaN: not known. */
  readonly aShare: Float64Array
  readonly middle: Float64Array
}

export interface WalletRecord {
  readonly wallet: string
  readonly purchases: Purchases
  readonly copies: SettledCopies
  readonly exclusions: ReadonlyArray<string>
  readonly completeShare: number
}

/** What of the rows was visible by then. */
export const recordOf = (
  { wallet, entries, copies, exclusions, completeShare }: WalletEvidence,
  asOfMs: number,
  markets: Markets,
): WalletRecord => ({
  wallet,
  purchases: purchasesOf(
    entries.filter(({ atMs }) => atMs <= asOfMs),
    asOfMs,
    markets,
  ),
  copies: settledOf(
    copies.filter(({ settledAtMs, costMicro }) => settledAtMs <= asOfMs && costMicro > 0),
    markets,
  ),
  exclusions,
  completeShare,
})

const purchasesOf = (
  entries: ReadonlyArray<Entry>,
  asOfMs: number,
  markets: Markets,
): Purchases => ({
  market: Uint32Array.from(entries, ({ condition, event, exclusive }) =>
    markets.idOf(condition, event, exclusive === true),
  ),
  outcome: Uint16Array.from(entries, ({ outcomeIndex }) => outcomeIndex),
  atMs: Float64Array.from(entries, ({ atMs }) => atMs),
  price: Float64Array.from(entries, ({ price }) => price),
  payout: Float64Array.from(entries, ({ payout, resolvedAtMs }) =>
    payout !== null && resolvedAtMs !== null && resolvedAtMs <= asOfMs ? payout : Number.NaN,
  ),
})

const settledOf = (copies: ReadonlyArray<CopyEvidence>, markets: Markets): SettledCopies => ({
  event: Uint32Array.from(copies, ({ event }) => markets.eventIdOf(event)),
  rate: Float64Array.from(copies, ({ costMicro, pnlMicro }) => pnlMicro / costMicro),
  slippage: Float64Array.from(copies, ({ slippage }) => slippage),
  aShare: Float64Array.from(copies, ({ outlay }) => outlay?.aShare ?? Number.NaN),
  middle: Float64Array.from(copies, ({ outlay }) => outlay?.middle ?? Number.NaN),
})
