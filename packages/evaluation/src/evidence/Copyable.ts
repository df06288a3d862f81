/**
 * How well a wallet can be copied, from our own copies of it: what we paid beside what it paid, how
 * much the market would have held, how often a copy came about at all.
 *
 * Slippage is in millionths of a dollar a share, against us when positive. Capacity is what the book
 * held within our price limit when our order arrived: the money that could have followed at once.
 * Promises: pure; null where there is nothing to say.
 */
import { ONE } from "@evaluator/domain/money/Micro"
import { median } from "./Habits.ts"

/** Outcomes that say our feeds failed, not that the copy was refused. */
export const feedGapOutcomes: ReadonlyArray<string> = [
  "SKIPPED_STALE_FEED",
  "SKIPPED_DETECTION_LAG",
  "SKIPPED_NO_BOOK",
  "SKIPPED_OVERLOAD",
  "SKIPPED_MARKET_UNKNOWN",
]

/** One solo copy as reported, settled or not. Money in micro-USDC. */
export interface CopyRow {
  readonly outcome: string
  readonly cost: number
  readonly met: {
    readonly side: "BUY" | "SELL"
    readonly leaderPrice: number
    readonly size: number
    readonly fee: number
    readonly depth: number
  } | null
  readonly pnl: number | null
}

export interface Copyable {
  /** Leader fills we were to copy. */
  readonly fills: number
  readonly copied: number
  /** copied ÷ fills. */
  readonly fidelity: number | null
  /** Why the others were not, most frequent first. */
  readonly missed: Readonly<Record<string, number>>
  /** Mean over our filled purchases. */
  readonly slippage: number | null
  /** Fees over what the purchases cost. */
  readonly feeShare: number | null
  readonly capacityMedian: number | null
  /** A quarter of the copies had less room than this. */
  readonly capacityLow: number | null
  readonly settled: number
  readonly settledCost: number
  readonly settledPnl: number
}

/** Our price less the leader's, against us when positive; null when we did not fill. */
export const slippageOf = ({ cost, met }: CopyRow): number | null => {
  if (met === null || met.size <= 0) return null
  const gross = met.side === "BUY" ? cost - met.fee : met.fee - cost
  const ours = (gross * ONE) / met.size
  return met.side === "BUY" ? ours - met.leaderPrice : met.leaderPrice - ours
}

export const copyableOf = (rows: ReadonlyArray<CopyRow>): Copyable => {
  const copied = rows.filter((row) => row.outcome === "COPIED")
  const purchases = copied.filter((row) => row.met?.side === "BUY")
  const slips = purchases.flatMap((row) => slippageOf(row) ?? [])
  const cost = purchases.reduce((sum, row) => sum + row.cost, 0)
  const fees = purchases.reduce((sum, row) => sum + row.met!.fee, 0)
  const depths = purchases.map((row) => row.met!.depth).toSorted((a, b) => a - b)
  const settled = copied.filter((row) => row.pnl !== null)
  const missed = new Map<string, number>()
  for (const { outcome } of rows) {
    if (outcome !== "COPIED") missed.set(outcome, (missed.get(outcome) ?? 0) + 1)
  }
  return {
    fills: rows.length,
    copied: copied.length,
    fidelity: rows.length === 0 ? null : copied.length / rows.length,
    missed: Object.fromEntries([...missed].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    slippage: slips.length === 0 ? null : slips.reduce((sum, slip) => sum + slip, 0) / slips.length,
    feeShare: cost === 0 ? null : fees / cost,
    capacityMedian: median(depths),
    capacityLow: depths.length === 0 ? null : depths[Math.floor((depths.length - 1) / 4)]!,
    settled: settled.length,
    settledCost: settled.reduce((sum, row) => sum + row.cost, 0),
    settledPnl: settled.reduce((sum, row) => sum + row.pnl!, 0),
  }
}
