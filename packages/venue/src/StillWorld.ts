/**
 * A world that stands still from a moment on: whatever it is asked later, it answers as it did then.
 * No trade, no listing and no outcome comes any more.
 */
import type { World } from "./World.ts"

export const stillWorld = (world: World, fromMs: number): World => {
  const then = (nowMs: number): number => Math.min(nowMs, fromMs)
  return {
    startMs: world.startMs,
    wallets: world.wallets,
    markets: (nowMs) => world.markets(then(nowMs)),
    market: (condition, nowMs) => world.market(condition, then(nowMs)),
    marketOfToken: (token, nowMs) => world.marketOfToken(token, then(nowMs)),
    event: (id, nowMs) => world.event(id, then(nowMs)),
    state: (market, nowMs) => world.state(market, then(nowMs)),
    resolution: (condition, nowMs) => world.resolution(condition, then(nowMs)),
    rows: (query, nowMs) => world.rows(query, then(nowMs)),
    book: (token, nowMs) => world.book(token, then(nowMs)),
    leaderboard: (period, domain, nowMs) => world.leaderboard(period, domain, then(nowMs)),
    tradesVisibleIn: (afterMs, toMs) => world.tradesVisibleIn(then(afterMs), then(toMs)),
    nextTradeAfter: (ms) => {
      const next = world.nextTradeAfter(ms)
      return next !== null && next <= fromMs ? next : null
    },
  }
}
