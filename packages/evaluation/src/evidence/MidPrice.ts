/**
 * What a token was worth when a wallet bought it, as far as the tape tells.
 *
 * A purchase that takes an order pays the ask; half the spread of it is the price of haste, not lack
 * of skill. Other trades of the same market minutes away show both sides: what others bought at, and
 * what they sold at. The middle of the two is the mid price. Where nobody sold nearby, the least
 * spread there can be, one tick, stands for the unknown one.
 *
 * Promises: pure; what lies further than {@link nearMs} from the purchase says nothing; the answer is
 * never further than {@link furthest} from the price paid. Prices in millionths.
 */
import { ONE } from "@evaluator/domain/money/Micro"

/** Trades further away in time than this say nothing of the spread. */
export const nearMs = 600_000
/** At most so many others, and trades of theirs, are looked at. */
export const nearWallets = 30
export const nearRows = 50
/** A middle further from the price paid than this is another market's weather, not a spread. */
export const furthest = 30_000

/** Somebody else's trade, in prices of the token that was bought. */
export interface NearTrade {
  readonly price: number
  readonly side: "BUY" | "SELL"
  /** How far from the purchase in time, in either direction. */
  readonly apartMs: number
}

export interface MidPrice {
  readonly mid: number
  /** One standard deviation, half a spread at least. */
  readonly error: number
  /** Trades of others it rests on; 0 when the tick stood for the spread. */
  readonly from: number
}

/** A trade of the market's other token, as a trade of this one: who buys No sells Yes. */
export const asOtherToken = (trade: NearTrade): NearTrade => ({
  ...trade,
  price: ONE - trade.price,
  side: trade.side === "BUY" ? "SELL" : "BUY",
})

const weightOf = (trade: NearTrade): number => 1 - trade.apartMs / (nearMs + 1)

interface Sum {
  weight: number
  price: number
  square: number
}

const summed = (trades: ReadonlyArray<NearTrade>, own: number | null): Sum => {
  const sum: Sum =
    own === null ? { weight: 0, price: 0, square: 0 } : { weight: 1, price: own, square: own * own }
  for (const trade of trades) {
    const weight = weightOf(trade)
    sum.weight += weight
    sum.price += weight * trade.price
    sum.square += weight * trade.price * trade.price
  }
  return sum
}

const varianceOf = (sum: Sum): number =>
  Math.max(0, sum.square / sum.weight - (sum.price / sum.weight) ** 2)

export const midAtPurchase = (
  price: number,
  near: ReadonlyArray<NearTrade>,
  tick: number,
): MidPrice => {
  const told = near.filter((trade) => trade.apartMs <= nearMs)
  const sold = summed(
    told.filter((trade) => trade.side === "SELL"),
    null,
  )
  const least = Math.max(1, Math.round(tick / 2))
  if (sold.weight === 0) {
    return { mid: inside(price - least), error: least, from: 0 }
  }
  const bought = summed(
    told.filter((trade) => trade.side === "BUY"),
    price,
  )
  const ask = bought.price / bought.weight
  const bid = sold.price / sold.weight
  const middle = Math.min(price + furthest, Math.max(price - furthest, (ask + bid) / 2))
  const noise = (varianceOf(bought) + varianceOf(sold)) / 2
  return {
    mid: inside(Math.round(middle)),
    error: Math.round(Math.max(least, Math.sqrt(((ask - bid) / 2) ** 2 + noise))),
    from: told.length,
  }
}

/** A price a token can have: strictly between 0 and 1. */
const inside = (price: number): number => Math.min(ONE - 1, Math.max(1, price))
