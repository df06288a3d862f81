/**
 * The small reads of the order book host: `/clob/price`, `/midpoint`, `/spread`,
 * `/last-trade-price`, `/tick-size`, `/neg-risk`, `/ok`, `/version`.
 *
 * As on the real venue, `price` with side BUY is the best bid and SELL the best ask, and the tick
 * size is a number here.
 */
import type { VenueBook } from "../World.ts"
import { clobError, ok, type Ask, type Reply } from "./Answer.ts"

export const clobPrices: Readonly<Record<string, (ask: Ask) => Reply>> = {
  ok: () => ok("OK"),
  version: () => ok({ version: 2 }),
  price: (ask) =>
    withBook(ask, ({ bids, asks }) => {
      const side = ask.query.text("side")
      if (side !== "BUY" && side !== "SELL") return clobError(400, "Invalid side")
      const best = (side === "BUY" ? bids : asks)[0]
      return best === undefined
        ? clobError(404, "No orderbook exists for the requested token id")
        : ok({ price: String(best.price) })
    }),
  midpoint: (ask) => withTouch(ask, (bid, sell) => ok({ mid: String(rounded((bid + sell) / 2)) })),
  spread: (ask) => withTouch(ask, (bid, sell) => ok({ spread: String(rounded(sell - bid)) })),
  "last-trade-price": (ask) =>
    withBook(ask, ({ lastTrade }) => ok({ price: String(lastTrade ?? 0.5), side: "" })),
  "tick-size": (ask) => withBook(ask, ({ tick }) => ok({ minimum_tick_size: tick })),
  "neg-risk": (ask) => withBook(ask, ({ negRisk }) => ok({ neg_risk: negRisk })),
}

const withBook = (ask: Ask, answer: (book: VenueBook) => Reply): Reply => {
  const token = ask.query.text("token_id")
  if (token === undefined || !/^\d{1,78}$/.test(token)) return clobError(400, "Invalid token id")
  const book = ask.world.book(token, ask.nowMs)
  return book === null
    ? clobError(404, "No orderbook exists for the requested token id")
    : answer(book)
}

/** An empty side stands at the end of the range. */
const withTouch = (ask: Ask, answer: (bid: number, sell: number) => Reply): Reply =>
  withBook(ask, ({ bids, asks }) => answer(bids[0]?.price ?? 0, asks[0]?.price ?? 1))

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6
