/**
 * The double-entry rules of paper money, as pure functions: which entries a transfer has, and how
 * shares leave their lots.
 *
 * The entries of a transfer sum to zero in USDC and in every outcome token. Accounts in USDC:
 * `capital` (what the owner put in, negative), `cash`, `reserved` (promised to orders on their way),
 * `positions` (open shares at what they cost before fees), `fees` (spent), `realised` (profit before
 * fees, negative when there is one). Accounts in a token: `held`, `promised` (to sales on their way)
 * and `venue`, the other side of every trade.
 */
import type { TokenId } from "../Id.ts"
import { scale } from "../money/Micro.ts"

export type Account =
  | "capital"
  | "cash"
  | "reserved"
  | "positions"
  | "fees"
  | "realised"
  | "held"
  | "promised"
  | "venue"

/** Accounts that may never be below zero. */
export const neverNegative: ReadonlySet<Account> = new Set<Account>([
  "cash",
  "reserved",
  "positions",
  "fees",
  "held",
  "promised",
])

/** `token` is null for USDC. Amounts are micro units. */
export interface Entry {
  readonly account: Account
  readonly token: TokenId | null
  readonly amount: number
}

const usd = (account: Account, amount: number): Entry => ({ account, token: null, amount })
const of = (token: TokenId, account: Account, amount: number): Entry => ({ account, token, amount })
const nonZero = (entries: ReadonlyArray<Entry>) => entries.filter((entry) => entry.amount !== 0)

/** The owner puts money in. */
export const fundEntries = (amount: number) => [usd("capital", -amount), usd("cash", amount)]

/** Cash is promised to a purchase; the negative amount takes the promise back. */
export const reserveCashEntries = (amount: number) => [
  usd("cash", -amount),
  usd("reserved", amount),
]

/** Shares are promised to a sale; the negative amount takes the promise back. */
export const promiseSharesEntries = (token: TokenId, size: number) => [
  of(token, "held", -size),
  of(token, "promised", size),
]

/** A purchase out of a reservation: what was not needed goes back to cash. */
export const purchaseEntries = (purchase: {
  readonly token: TokenId
  readonly reserved: number
  readonly size: number
  readonly gross: number
  readonly fee: number
}): ReadonlyArray<Entry> =>
  nonZero([
    usd("reserved", -purchase.reserved),
    usd("positions", purchase.gross),
    usd("fees", purchase.fee),
    usd("cash", purchase.reserved - purchase.gross - purchase.fee),
    of(purchase.token, "held", purchase.size),
    of(purchase.token, "venue", -purchase.size),
  ])

/** A sale out of promised shares: those not sold are held again. `basis` is what the sold ones cost. */
export const saleEntries = (sale: {
  readonly token: TokenId
  readonly promised: number
  readonly size: number
  readonly gross: number
  readonly fee: number
  readonly basis: number
}): ReadonlyArray<Entry> =>
  nonZero([
    of(sale.token, "promised", -sale.promised),
    of(sale.token, "held", sale.promised - sale.size),
    of(sale.token, "venue", sale.size),
    usd("cash", sale.gross - sale.fee),
    usd("fees", sale.fee),
    usd("positions", -sale.basis),
    usd("realised", sale.basis - sale.gross),
  ])

/** The venue pays out held shares at the resolution. */
export const payoutEntries = (payout: {
  readonly token: TokenId
  readonly size: number
  readonly amount: number
  readonly basis: number
}): ReadonlyArray<Entry> =>
  nonZero([
    of(payout.token, "held", -payout.size),
    of(payout.token, "venue", payout.size),
    usd("cash", payout.amount),
    usd("positions", -payout.basis),
    usd("realised", payout.basis - payout.amount),
  ])

/** A payout made earlier is corrected by `amount`, which may be negative. */
export const correctionEntries = (amount: number): ReadonlyArray<Entry> =>
  nonZero([usd("cash", amount), usd("realised", -amount)])

/**
 * Takes a whole purchase back: its open shares at what they cost with the fee paid for them, and what
 * its closings brought, `profit` before fees and `fees` in all.
 */
export const reversalEntries = (purchase: {
  readonly token: TokenId
  readonly openSize: number
  readonly openCost: number
  readonly openFee: number
  readonly profit: number
  readonly fees: number
}): ReadonlyArray<Entry> =>
  nonZero([
    of(purchase.token, "held", -purchase.openSize),
    of(purchase.token, "venue", purchase.openSize),
    usd("positions", -purchase.openCost),
    usd("fees", -purchase.openFee - purchase.fees),
    usd("cash", purchase.openCost + purchase.openFee - purchase.profit + purchase.fees),
    usd("realised", purchase.profit),
  ])

/** The currencies whose entries do not sum to zero; empty for a sound transfer. */
export const unbalanced = (entries: ReadonlyArray<Entry>): ReadonlyArray<TokenId | "USDC"> => {
  const sums = new Map<TokenId | "USDC", number>()
  for (const { token, amount } of entries) {
    const currency = token ?? "USDC"
    sums.set(currency, (sums.get(currency) ?? 0) + amount)
  }
  return [...sums].filter(([, total]) => total !== 0).map(([currency]) => currency)
}

/** What is left of a purchase: shares, what they cost, and the fee paid for them. */
export interface Lot {
  readonly id: number
  readonly openSize: number
  readonly openCost: number
  readonly openFee: number
}

/** Shares that leave a lot, with their part of its cost and fee and of the money they brought. */
export interface Closing {
  readonly lot: number
  readonly size: number
  readonly cost: number
  readonly buyFee: number
  readonly proceeds: number
  readonly saleFee: number
  /** `proceeds − saleFee − cost − buyFee`. */
  readonly pnl: number
  /** The lot is empty afterwards. */
  readonly last: boolean
}

/**
 * Takes `size` shares out of the lots, in the order given, and shares proceeds and fee out among
 * them by size; the last closing takes the remainder, so that nothing is lost to rounding. A lot's
 * last shares take what is left of its cost. `null` when the lots hold fewer shares.
 */
export const closeLots = (
  lots: ReadonlyArray<Lot>,
  sold: { readonly size: number; readonly proceeds: number; readonly fee: number },
): ReadonlyArray<Closing> | null => {
  const closings: Array<Closing> = []
  let left = sold.size
  let proceeds = sold.proceeds
  let fee = sold.fee
  for (const lot of lots) {
    if (left <= 0) break
    const size = Math.min(lot.openSize, left)
    if (size <= 0) continue
    const last = size === lot.openSize
    const cost = last ? lot.openCost : scale(lot.openCost, size, lot.openSize)
    const buyFee = last ? lot.openFee : scale(lot.openFee, size, lot.openSize)
    const itsProceeds = size === left ? proceeds : scale(sold.proceeds, size, sold.size)
    const itsFee = size === left ? fee : scale(sold.fee, size, sold.size)
    closings.push({
      lot: lot.id,
      size,
      cost,
      buyFee,
      proceeds: itsProceeds,
      saleFee: itsFee,
      pnl: itsProceeds - itsFee - cost - buyFee,
      last,
    })
    left -= size
    proceeds -= itsProceeds
    fee -= itsFee
  }
  return left > 0 ? null : closings
}
