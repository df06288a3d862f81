/**
 * A ledger walked through a lot book, for tests.
 */
import { type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { LotBook, type LotMarket } from "@evaluator/domain/wallet/Lots"

/** Market `m1`, `m2`, …; its tokens are `m1:0` and `m1:1`. Open without payouts. */
export const market = (n: number, payouts: ReadonlyArray<number> | null = null): LotMarket => ({
  condition: `m${n}`,
  domain: "Politics",
  tokens: [`m${n}:0`, `m${n}:1`],
  payouts,
})

/** Walks the entries in their order: the book after them, the lots closed, their profit in micro-USDC. */
export const run = (
  entries: ReadonlyArray<LedgerEntry>,
  markets: ReadonlyArray<LotMarket> = [market(1), market(2)],
) => {
  const book = new LotBook(new Map(markets.map((one) => [one.condition, one])))
  const closed = orderLedger(entries).flatMap((one) => book.apply(one))
  return { book, closed, pnl: closed.reduce((sum, lot) => sum + lot.proceeds - lot.cost, 0) }
}
