/**
 * A wallet's bets: of each market the first purchase, and only where the payout was known at the
 * moment of judgement. Later purchases in the same market say next to nothing new about skill, and
 * counted as if they did they ruin every error rate.
 */
import type { Markets } from "./Markets.ts"
import { calibrated, type PriceModel } from "./PriceModel.ts"
import type { WalletRecord } from "./WalletRecord.ts"

/** By column; an event's bets are next to each other, in the order of purchase. */
export interface WalletBets {
  readonly wallet: string
  /** Purchases seen by then, resolved or not. */
  readonly entries: number
  /** Bets of event n go from `starts[n]` up to `starts[n + 1]`; events by name. */
  readonly starts: Uint32Array
  readonly market: Uint32Array
  readonly outcome: Uint16Array
  readonly atMs: Float64Array
  readonly price: Float64Array
  readonly payout: Float64Array
}

export interface PricedBets extends WalletBets {
  /** What the calibrated price promises, by bet. */
  readonly promised: Float64Array
}

export const eventsIn = ({ starts }: Pick<WalletBets, "starts">): number => starts.length - 1

/** Prices nearer to 0 or 1 are no bets on anything a wallet could know better. */
export const nearest = 0.005

/** `ranks`: the order of events, {@link Markets.eventRanks}. */
export const betsOf = (
  { wallet, purchases }: WalletRecord,
  { conditions, eventOf }: Markets,
  ranks: Uint32Array,
): WalletBets => {
  const { atMs, market, outcome, payout, price } = purchases
  /** A total order, so that the order in which rows were read does not matter. */
  const before = (a: number, b: number): number => {
    if (atMs[a] !== atMs[b]) return atMs[a]! - atMs[b]!
    if (market[a] !== market[b]) return conditions[market[a]!]! < conditions[market[b]!]! ? -1 : 1
    return outcome[a] !== outcome[b] ? outcome[a]! - outcome[b]! : price[a]! - price[b]!
  }
  const first = new Map<number, number>()
  for (let i = 0; i < market.length; i++) {
    const known = first.get(market[i]!)
    if (known === undefined || before(i, known) < 0) first.set(market[i]!, i)
  }
  const rankOf = (i: number): number => ranks[eventOf[market[i]!]!]!
  const order = [...first.values()]
    .filter((i) => !Number.isNaN(payout[i]!) && price[i]! > nearest && price[i]! < 1 - nearest)
    .toSorted((a, b) => rankOf(a) - rankOf(b) || before(a, b))
  const starts = [0]
  for (let n = 1; n < order.length; n++) {
    if (rankOf(order[n]!) !== rankOf(order[n - 1]!)) starts.push(n)
  }
  if (order.length > 0) starts.push(order.length)
  return {
    wallet,
    entries: market.length,
    starts: Uint32Array.from(starts),
    market: Uint32Array.from(order, (i) => market[i]!),
    outcome: Uint16Array.from(order, (i) => outcome[i]!),
    atMs: Float64Array.from(order, (i) => atMs[i]!),
    price: Float64Array.from(order, (i) => price[i]!),
    payout: Float64Array.from(order, (i) => payout[i]!),
  }
}

export const pricedBy = (own: WalletBets, prices: PriceModel): PricedBets => ({
  ...own,
  promised: own.price.map((price) => calibrated(prices, price)),
})
