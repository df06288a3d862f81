import { assert, describe, it } from "@effect/vitest"
import { bookSession } from "../src/BookStream.ts"
import type { SeededMarket } from "../src/seeded/Calendar.ts"
import { MINUTE, SECOND } from "../src/seeded/Durations.ts"
import { tickChangeMs } from "../src/seeded/Quotes.ts"
import { epochMs, smallWorld } from "./Worlds.ts"

const world = smallWorld()

interface Frame {
  readonly event_type: string
  readonly asset_id: string
  readonly market: string
  readonly bids: ReadonlyArray<{ readonly price: string; readonly size: string }>
  readonly asks: ReadonlyArray<{ readonly price: string; readonly size: string }>
  readonly price_changes: ReadonlyArray<{
    readonly asset_id: string
    readonly side: string
    readonly price: string
    readonly size: string
    readonly best_bid: string
    readonly best_ask: string
  }>
  readonly old_tick_size: string
  readonly new_tick_size: string
  readonly winning_asset_id: string
  readonly transaction_hash: string
}

const subscribe = (tokens: ReadonlyArray<string>, more = {}) =>
  JSON.stringify({ assets_ids: tokens, type: "market", custom_feature_enabled: true, ...more })

const framesOf = (texts: ReadonlyArray<string>): ReadonlyArray<Frame> =>
  texts.flatMap((text) => JSON.parse(text) as Frame | ReadonlyArray<Frame>)

/** Levels as a client keeps them. */
class Mirror {
  readonly sides = { BUY: new Map<string, string>(), SELL: new Map<string, string>() }

  take(frame: Frame, token: string): void {
    if (frame.event_type === "book" && frame.asset_id === token) {
      this.sides.BUY = new Map(frame.bids.map(({ price, size }) => [price, size]))
      this.sides.SELL = new Map(frame.asks.map(({ price, size }) => [price, size]))
    }
    for (const change of frame.price_changes ?? []) {
      if (change.asset_id !== token) continue
      const side = this.sides[change.side as "BUY" | "SELL"]
      if (change.size === "0") side.delete(change.price)
      else side.set(change.price, change.size)
    }
  }

  get levels() {
    const sorted = (side: ReadonlyMap<string, string>) => [...side].toSorted()
    return [sorted(this.sides.BUY), sorted(this.sides.SELL)]
  }
}

describe("the order book socket", () => {
  it("keeps a client's book in step with the host's, for both outcomes, over ten minutes", () => {
    const open = world.markets(epochMs).filter((m) => world.book(m.tokens[0]!, epochMs) !== null)
    const tokens = open.slice(-15).flatMap((market) => market.tokens)
    const session = bookSession(world)
    const mirrors = new Map(tokens.map((token) => [token, new Mirror()]))
    const take = (texts: ReadonlyArray<string>) => {
      for (const frame of framesOf(texts)) {
        for (const [token, mirror] of mirrors) mirror.take(frame, token)
      }
    }
    take(session.hear(subscribe(tokens), epochMs))
    let compared = 0
    for (let nowMs = epochMs; nowMs <= epochMs + 10 * MINUTE; nowMs += 2 * SECOND) {
      take(session.due(nowMs))
      for (const [token, mirror] of mirrors) {
        const book = world.book(token, nowMs)
        if (book === null) continue
        const texts = (levels: typeof book.bids) =>
          levels.map(({ price, size }) => [String(price), String(size)]).toSorted()
        assert.deepEqual(mirror.levels, [texts(book.bids), texts(book.asks)], token)
        compared++
      }
    }
    assert.isAbove(compared, 3000)
  })

  it("answers the first subscription with a list, a repeated one and PING with text", () => {
    const session = bookSession(world)
    const token = world.markets(epochMs).findLast((m) => world.book(m.tokens[0]!, epochMs))!
      .tokens[0]!
    const [first] = session.hear(subscribe([token, "1"]), epochMs)
    const books = JSON.parse(first!) as ReadonlyArray<Frame>
    assert.deepEqual(
      books.map(({ event_type, asset_id }) => [event_type, asset_id]),
      [["book", token]],
    )
    assert.deepEqual(session.hear(subscribe([token]), epochMs), ["NO NEW ASSETS"])
    assert.deepEqual(session.hear("PING", epochMs), ["PONG"])
    assert.deepEqual(session.hear("nonsense", epochMs), [])
    session.hear(subscribe([token], { operation: "unsubscribe" }), epochMs)
    assert.strictEqual(
      framesOf(session.due(epochMs + MINUTE)).filter((f) => f.event_type === "price_change").length,
      0,
    )
  })

  it("says nothing before a subscription, and nothing twice", () => {
    const session = bookSession(world)
    assert.deepEqual(session.due(epochMs + MINUTE), [])
    assert.strictEqual(session.nextMs(epochMs), null)
    const tokens = world.markets(epochMs).flatMap((market) => market.tokens)
    session.hear(subscribe(tokens), epochMs)
    const frames = [MINUTE / 2, MINUTE, MINUTE].flatMap((ms) => framesOf(session.due(epochMs + ms)))
    const trades = frames.filter((frame) => frame.event_type === "last_trade_price")
    const told = trades.map((frame) => frame.transaction_hash)
    const expected = world.tradesVisibleIn(epochMs, epochMs + MINUTE)
    const old = new Set(tokens)
    assert.deepEqual(
      told,
      expected.filter((row) => old.has(row.token)).map((row) => row.transaction),
    )
  })

  it("tells resolutions once a market, listings, and finer ticks", () => {
    const before = epochMs - MINUTE
    const markets = world.markets(before) as ReadonlyArray<SeededMarket>
    const session = bookSession(world)
    session.hear(subscribe(markets.flatMap((market) => market.tokens)), before)
    const told: Array<Frame> = []
    for (let nowMs = before; nowMs < epochMs + 11 * MINUTE; nowMs += 30 * SECOND) {
      told.push(...framesOf(session.due(nowMs)))
    }
    const resolved = told.filter((frame) => frame.event_type === "market_resolved")
    assert.strictEqual(new Set(resolved.map(({ market }) => market)).size, resolved.length)
    const fresh = resolved.filter(({ market }) => {
      const known = world.resolution(market, epochMs + 11 * MINUTE)!
      return known.resolvedMs! > before
    })
    assert.isAbove(fresh.length, 3)
    for (const { market, winning_asset_id } of resolved) {
      const known = world.market(market, epochMs) as SeededMarket
      const paid = known.payouts[known.tokens.indexOf(winning_asset_id)] ?? 500
      assert.isAtLeast(paid, 500)
    }
    assert.isTrue(told.some((frame) => frame.event_type === "new_market"))

    const changing = markets.find(
      (m) => tickChangeMs(m) > m.listedMs + MINUTE && tickChangeMs(m) < m.closeMs - MINUTE,
    )!
    const other = bookSession(world)
    const at = tickChangeMs(changing)
    other.hear(subscribe([changing.tokens[1]!]), at - 10 * SECOND)
    const tick = framesOf(other.due(at + 4 * SECOND)).find(
      ({ event_type }) => event_type === "tick_size_change",
    )
    assert.deepEqual(
      [tick?.asset_id, tick?.old_tick_size, tick?.new_tick_size],
      [changing.tokens[1], "0.01", "0.001"],
    )
  })
})
