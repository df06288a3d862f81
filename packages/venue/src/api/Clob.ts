/**
 * The order book host: `/clob/book`, `/clob/books`, `/clob/clob-markets/{condition}`,
 * `/clob/markets/{condition}`, `/clob/time`.
 * Numbers are texts here, and the best level comes last on both sides.
 */
import * as Result from "effect/Result"
import type { Level, VenueBook } from "../World.ts"
import { clobError, ok, type Ask, type Reply } from "./Answer.ts"

export const book = (ask: Ask): Reply => {
  const token = ask.query.text("token_id")
  if (token === undefined || !/^\d{1,78}$/.test(token)) return clobError(400, "Invalid token id")
  const found = ask.world.book(token, ask.nowMs)
  return found === null
    ? clobError(404, "No orderbook exists for the requested token id")
    : ok(bookJson(found))
}

const mostBooks = 500

export const books = (ask: Ask): Reply => {
  const body = Result.getOrElse(
    Result.try(() => JSON.parse(ask.body) as unknown),
    () => null,
  )
  if (!Array.isArray(body)) return ok([])
  if (body.length > mostBooks) return clobError(400, "Payload exceeds the limit")
  const tokens = body.map((item: { readonly token_id?: unknown } | null) => item?.token_id)
  return ok(
    tokens.flatMap((token) => {
      const found = typeof token === "string" ? ask.world.book(token, ask.nowMs) : null
      return found === null ? [] : [bookJson(found)]
    }),
  )
}

/** A book as the host and its socket write it. */
export const bookJson = (found: VenueBook) => ({
  market: found.condition,
  asset_id: found.token,
  timestamp: String(found.atMs),
  hash: found.hash,
  bids: found.bids.map(levelJson).toReversed(),
  asks: found.asks.map(levelJson).toReversed(),
  min_order_size: String(found.minimumSize),
  tick_size: String(found.tick),
  neg_risk: found.negRisk,
  last_trade_price: found.lastTrade === null ? "" : String(found.lastTrade),
  ...(found.newer === true ? { version: "v2" } : {}),
  ...(found.assumed ? { assumed: true } : {}),
})

const levelJson = (level: Level) => ({ price: String(level.price), size: String(level.size) })

export const clobMarket = (ask: Ask, condition: string): Reply => {
  const market = ask.world.market(condition.toLowerCase(), ask.nowMs)
  if (market === undefined) return clobError(404, "market not found")
  const state = ask.world.state(market, ask.nowMs)
  return ok({
    t: market.tokens.map((token, i) => ({ t: token, o: market.outcomes[i] ?? "" })),
    c: market.condition,
    mos: market.minimumSize,
    mts: state.tick,
    mbf: market.fee === null ? 0 : 1000,
    tbf: market.fee === null ? 0 : 1000,
    ao: state.status === "open",
    ...(market.event.negRisk ? { nr: true } : {}),
    ...(market.fee === null
      ? {}
      : { fd: { r: market.fee.rate, e: market.fee.exponent, to: true } }),
    ...(market.delaySeconds > 0 ? { itode: true } : {}),
    ...(market.newer === true ? { v: "v2" } : {}),
  })
}

/** The older spelling of a market; of interest for the winner among its tokens. */
export const clobOutcome = (ask: Ask, condition: string): Reply => {
  const market = ask.world.market(condition.toLowerCase(), ask.nowMs)
  if (market === undefined) return clobError(404, "market not found")
  const state = ask.world.state(market, ask.nowMs)
  const payouts = ask.world.resolution(market.condition, ask.nowMs)?.payouts ?? []
  return ok({
    condition_id: market.condition,
    question_id: market.questionId,
    question: market.question,
    market_slug: market.slug,
    active: true,
    closed: state.status !== "open",
    accepting_orders: state.status === "open",
    minimum_order_size: market.minimumSize,
    minimum_tick_size: state.tick,
    neg_risk: market.event.negRisk,
    is_50_50_outcome: payouts.length > 0 && payouts.every((payout) => payout === payouts[0]),
    tokens: market.tokens.map((token, i) => ({
      token_id: token,
      outcome: market.outcomes[i] ?? "",
      price: state.prices[i] ?? 0,
      winner: payouts[i] === 1_000_000,
    })),
  })
}

export const time = (ask: Ask): Reply => ok(String(Math.floor(ask.nowMs / 1000)))
