/**
 * A wallet's lots held against what it redeemed: a redemption is explained when its size is the net
 * holding of one outcome token, to half a percent.
 *
 * Everything but redemptions is walked through the lots first, so that the holdings are those of all
 * other rows alone.
 */
import { formatMicro } from "@evaluator/domain/money/Micro"
import { type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { LotBook } from "@evaluator/domain/wallet/Lots"
import type { WalletHistory } from "@evaluator/evaluation/stores/History"

/** The recorded wallet, how many markets must be explained at least, and of how many. */
export const recordedBounds = [
  [3, 367, 409],
  [5, 274, 323],
  [8, 42, 49],
  [9, 356, 358],
] as const

/** A redeemed market whose size no token's holding explains. Sizes in micro-shares. */
export interface Unexplained {
  readonly condition: string
  readonly redeemed: number
  readonly held: ReadonlyArray<number>
}

export interface Explained {
  /** Markets with a redemption. */
  readonly markets: number
  readonly explained: number
  /** By condition. */
  readonly exceptions: ReadonlyArray<Unexplained>
}

const tolerance = 0.005

const isRedemption = (entry: LedgerEntry) => entry.kind === "redeem"

export const explainRedemptions = (history: WalletHistory): Explained => {
  const book = new LotBook(history.markets)
  const ledger = orderLedger(history.entries)
  for (const entry of ledger) {
    if (entry.kind !== "redeem" && entry.kind !== "resolve") book.apply(entry)
  }
  const holdings = new Map<string, ReadonlyArray<number>>()
  for (const { condition, size } of book.open()) {
    holdings.set(condition, [...(holdings.get(condition) ?? []), size])
  }
  const redeemed = new Map<string, number>()
  for (const { condition, size } of ledger.filter(isRedemption)) {
    redeemed.set(condition, (redeemed.get(condition) ?? 0) + size)
  }
  const exceptions: Array<Unexplained> = []
  for (const [condition, size] of [...redeemed].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const held = holdings.get(condition) ?? []
    if (held.some((one) => Math.abs(one - size) <= tolerance * size)) continue
    exceptions.push({ condition, redeemed: size, held })
  }
  return { markets: redeemed.size, explained: redeemed.size - exceptions.length, exceptions }
}

/** An exception in words: what was redeemed, what was held, how far apart they are. */
export const saysOf = ({ condition, redeemed, held }: Unexplained): string => {
  const nearest = held.toSorted((a, b) => Math.abs(a - redeemed) - Math.abs(b - redeemed))[0]
  const sizes = held.map((size) => formatMicro(size)).join(" and ")
  const apart =
    nearest === undefined
      ? "no lot of it is recorded"
      : `${formatMicro(Math.abs(nearest - redeemed))} apart`
  return `${condition}: redeemed ${formatMicro(redeemed)} shares, held ${sizes || "none"}, ${apart}`
}
