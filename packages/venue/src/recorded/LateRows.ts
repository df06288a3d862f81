/**
 * A world whose rows appear a while after their own time, as they do on the real venue: a recording
 * says when a trade was made, not when a feed showed it.
 */
import type { World } from "../World.ts"

export const lateRows = <W extends World>(world: W, lateMs: number): W =>
  lateMs === 0
    ? world
    : {
        ...world,
        rows: (query, nowMs) => world.rows(query, nowMs - lateMs),
        tradesVisibleIn: (fromMs, toMs) =>
          world
            .tradesVisibleIn(fromMs - lateMs, toMs - lateMs)
            .map((row) => ({ ...row, visibleMs: row.visibleMs + lateMs })),
        nextTradeAfter: (ms) => {
          const next = world.nextTradeAfter(ms - lateMs)
          return next === null ? null : next + lateMs
        },
      }
