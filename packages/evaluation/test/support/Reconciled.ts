/**
 * A wallet's profit and loss, told twice: by its lots, and by the money that its rows say went in and
 * out. What the two do not share is named.
 */
import { cost, price, proceeds, shares } from "@evaluator/domain/money/Micro"
import { orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { type CloseCause, LotBook } from "@evaluator/domain/wallet/Lots"
import type { WalletHistory } from "@evaluator/evaluation/stores/History"

/** Micro-USDC. */
export interface Reconciled {
  /** Paid for purchases and splits, by the rows. */
  readonly paid: number
  /** Got from sales and merges, by the rows. */
  readonly sold: number
  /** Got from redemptions, by the rows. */
  readonly redeemed: number
  /** Cost of all lots that were closed, and of those still open. */
  readonly closedCost: number
  readonly openCost: number
  /** What closed lots brought, by the way they were closed. */
  readonly brought: Readonly<Record<CloseCause, number>>
  /** Profit of the lots. */
  readonly profit: number
  /** Shares given up that no lot explains. */
  readonly unmatched: number
}

export const reconcile = (history: WalletHistory): Reconciled => {
  const book = new LotBook(history.markets)
  const brought = { sold: 0, merged: 0, redeemed: 0, resolved: 0 }
  let [paid, sold, redeemed, closedCost] = [0, 0, 0, 0]
  for (const entry of orderLedger(history.entries)) {
    if (entry.kind === "buy") paid += cost(shares(entry.size), price(entry.price))
    if (entry.kind === "split") paid += entry.size
    if (entry.kind === "sell") sold += proceeds(shares(entry.size), price(entry.price))
    if (entry.kind === "merge") sold += entry.size
    if (entry.kind === "redeem") redeemed += entry.usdc
    for (const lot of book.apply(entry)) {
      closedCost += lot.cost
      brought[lot.cause] += lot.proceeds
    }
  }
  const profit = brought.sold + brought.merged + brought.redeemed + brought.resolved - closedCost
  const { openCost, unmatched } = book
  return { paid, sold, redeemed, closedCost, openCost, brought, profit, unmatched }
}
