/**
 * The order book socket (`/ws/market`): a snapshot of each token subscribed to, then what changes in
 * its levels (absolute sizes, 0 removes), ticks, trades and, for those who asked for custom features,
 * listings and resolutions.
 *
 * As on the real venue: the first answer to a subscription is a list, later frames are single
 * messages; a subscription of nothing new is answered with the text `NO NEW ASSETS`; there is no
 * sequence number and nothing is repeated. Unlike there, where resolutions of all markets are told, only
 * those of followed tokens are. Books are looked at every {@link lookEveryMs}.
 */
import * as Result from "effect/Result"
import { bookJson } from "./api/Clob.ts"
import type { SocketSession } from "./SocketSession.ts"
import type { Level, VenueBook, VenueMarket, World } from "./World.ts"

/** How often books are compared with what was told, unless said otherwise. */
export const lookEveryMs = 2000
/** Trades and listings of a longer silence are left out. */
const mostBehindMs = 60_000

interface Followed {
  book: VenueBook | null
  /** The resolution has been told. */
  over: boolean
}

interface Wish {
  readonly assets: ReadonlyArray<string>
  readonly operation: string
  readonly custom: boolean
  readonly dump: boolean
}

export const bookSession = (world: World, everyMs: number = lookEveryMs): SocketSession => {
  const followed = new Map<string, Followed>()
  let custom = false
  let toldMs: number | null = null

  const subscribe = (wish: Wish, nowMs: number): ReadonlyArray<string> => {
    custom ||= wish.custom
    toldMs ??= nowMs
    const fresh = wish.assets.filter((token) => !followed.has(token))
    if (fresh.length === 0) return ["NO NEW ASSETS"]
    const books = fresh.flatMap((token) => {
      const book = world.book(token, nowMs)
      followed.set(token, { book, over: false })
      return book === null || !wish.dump ? [] : [bookFrame(book)]
    })
    return [JSON.stringify(books)]
  }

  const hear = (text: string, nowMs: number): ReadonlyArray<string> => {
    if (text === "PING") return ["PONG"]
    const wish = wishOf(text)
    if (wish === null) return []
    if (wish.operation === "unsubscribe") {
      for (const token of wish.assets) followed.delete(token)
      return []
    }
    return subscribe(wish, nowMs)
  }

  const due = (nowMs: number): ReadonlyArray<string> => {
    if (toldMs === null || Math.floor(nowMs / everyMs) <= Math.floor(toldMs / everyMs)) return []
    const sinceMs = Math.max(toldMs, nowMs - mostBehindMs)
    toldMs = nowMs
    const frames: Array<unknown> = []
    const changes = new Map<string, Array<unknown>>()
    const told = new Set<string>()
    for (const [token, one] of followed) {
      const before = one.book
      const book = world.book(token, nowMs)
      one.book = book
      if (book === null) {
        const resolved = custom && !one.over ? resolvedJson(world, token, nowMs) : null
        if (resolved === null) continue
        one.over = true
        if (!told.has(resolved.market)) frames.push(resolved)
        told.add(resolved.market)
      } else if (before === null) frames.push(bookFrame(book))
      else {
        if (before.tick !== book.tick) frames.push(tickJson(before, book))
        const own = changesBetween(before, book)
        const known = changes.get(book.condition) ?? []
        if (own.length > 0) changes.set(book.condition, [...known, ...own])
      }
    }
    for (const [market, price_changes] of changes) {
      frames.push({ event_type: "price_change", market, timestamp: String(nowMs), price_changes })
    }
    frames.push(...tradesJson(world, followed, sinceMs, nowMs))
    if (custom) frames.push(...listedJson(world, sinceMs, nowMs))
    return frames.map((frame) => JSON.stringify(frame))
  }

  return {
    hear,
    due,
    nextMs: (nowMs) => (followed.size === 0 ? null : (Math.floor(nowMs / everyMs) + 1) * everyMs),
    hangsUp: () => false,
  }
}

const wishOf = (text: string): Wish | null => {
  const parsed = Result.getOrElse(
    Result.try(() => JSON.parse(text) as unknown),
    () => null,
  )
  if (typeof parsed !== "object" || parsed === null) return null
  const frame = parsed as Readonly<Record<string, unknown>>
  const assets = frame["assets_ids"]
  if (!Array.isArray(assets)) return null
  return {
    assets: assets.filter((token): token is string => typeof token === "string"),
    operation: typeof frame["operation"] === "string" ? frame["operation"] : "subscribe",
    custom: frame["custom_feature_enabled"] === true,
    dump: frame["initial_dump"] !== false,
  }
}

const bookFrame = (book: VenueBook) => ({ event_type: "book", ...bookJson(book) })

const tickJson = (before: VenueBook, book: VenueBook) => ({
  event_type: "tick_size_change",
  market: book.condition,
  asset_id: book.token,
  old_tick_size: String(before.tick),
  new_tick_size: String(book.tick),
  timestamp: String(book.atMs),
})

const changesBetween = (before: VenueBook, book: VenueBook): ReadonlyArray<unknown> => {
  const best = {
    hash: book.hash,
    best_bid: String(book.bids[0]?.price ?? 0),
    best_ask: String(book.asks[0]?.price ?? 1),
  }
  const sides = [
    ["BUY", before.bids, book.bids],
    ["SELL", before.asks, book.asks],
  ] as const
  return sides.flatMap(([side, old, now]) =>
    levelsBetween(old, now).map(({ price, size }) => ({
      asset_id: book.token,
      price: String(price),
      size: String(size),
      side,
      ...best,
    })),
  )
}

/** Levels that are other or gone; gone ones have size 0. */
const levelsBetween = (
  old: ReadonlyArray<Level>,
  now: ReadonlyArray<Level>,
): ReadonlyArray<Level> => {
  const sizes = new Map(old.map(({ price, size }) => [price, size]))
  const changed = now.filter(({ price, size }) => sizes.get(price) !== size)
  for (const { price } of now) sizes.delete(price)
  return [...[...sizes.keys()].map((price) => ({ price, size: 0 })), ...changed]
}

const tradesJson = (
  world: World,
  followed: ReadonlyMap<string, unknown>,
  fromMs: number,
  nowMs: number,
): ReadonlyArray<unknown> =>
  world
    .tradesVisibleIn(fromMs, nowMs)
    .filter((row) => followed.has(row.token) && row.odd === undefined)
    .map((row) => ({
      event_type: "last_trade_price",
      market: row.condition,
      asset_id: row.token,
      price: String(row.price),
      size: String(row.size),
      fee_rate_bps: "0",
      side: row.side,
      timestamp: String(row.atSeconds * 1000),
      transaction_hash: row.transaction,
    }))

const resolvedJson = (world: World, token: string, nowMs: number) => {
  const market = world.marketOfToken(token, nowMs)
  if (market === undefined) return null
  const resolution = world.resolution(market.condition, nowMs)
  if (resolution?.status !== "resolved") return null
  const winner = resolution.payouts.indexOf(1_000_000)
  return {
    event_type: "market_resolved",
    id: market.id,
    market: market.condition,
    assets_ids: market.tokens,
    winning_asset_id: market.tokens[winner] ?? "",
    winning_outcome: market.outcomes[winner] ?? "",
    event_message: eventMessage(market),
    timestamp: String(resolution.resolvedMs ?? nowMs),
    tags: [market.event.domain],
  }
}

const listedJson = (world: World, fromMs: number, nowMs: number): ReadonlyArray<unknown> => {
  const markets = world.markets(nowMs)
  let first = markets.length
  while (first > 0 && markets[first - 1]!.listedMs > fromMs) first--
  return markets.slice(first).map((market) => ({
    event_type: "new_market",
    id: market.id,
    question: market.question,
    market: market.condition,
    slug: market.slug,
    description: "",
    assets_ids: market.tokens,
    outcomes: market.outcomes,
    event_message: eventMessage(market),
    timestamp: String(market.listedMs),
    tags: [market.event.domain],
    condition_id: market.condition,
    active: true,
    clob_token_ids: market.tokens,
    order_price_min_tick_size: String(market.tick),
    fees_enabled: market.fee !== null,
  }))
}

const eventMessage = ({ event }: VenueMarket) => ({
  id: event.id,
  ticker: event.slug,
  slug: event.slug,
  title: event.title,
  description: "",
})
