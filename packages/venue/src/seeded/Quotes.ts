/**
 * Order books around the middle price. Books change at every {@link beat} at most: the middle moves,
 * single levels are refilled, trades of the last {@link recoveryMs} are missing from the levels they
 * took, and there is less to take just after news, near the close and at night. The book of outcome
 * 1 is the mirror of outcome 0's. Prices inside are whole thousandths.
 *
 * Does not: move the prices at which traders of the world trade; they pay the touch, whatever the
 * size.
 */
import { mix, unit } from "../Chance.ts"
import type { SeededMarket } from "./Calendar.ts"
import { DAY, MINUTE, SECOND } from "./Durations.ts"

/** How long a book stays as it is. */
export const beat = 2 * SECOND
/** How long a book needs to forget a trade. */
export const recoveryMs = 8 * SECOND

/** Best prices of outcome 0 in thousandths; a bid of 0 or an ask of 1000 means that side is empty. */
export interface Touch {
  readonly bid: number
  readonly ask: number
}

/** The venue goes to thousandths for good once a price has been this near to 0 or 1. */
const fineMargin = 0.04

const fineSince = new WeakMap<SeededMarket, number>()

/** When the tick becomes 0.001; `Infinity` for a market that has it from the start or never. */
export const tickChangeMs = (market: SeededMarket): number => {
  const known = fineSince.get(market)
  if (known !== undefined) return known
  const ms =
    market.tick <= 0.001
      ? Number.POSITIVE_INFINITY
      : market.path.firstExtreme(market.hypothesis, fineMargin)
  fineSince.set(market, ms)
  return ms
}

/** The price step at a moment, thousandths. */
export const tickAt = (market: SeededMarket, ms: number): number =>
  ms >= tickChangeMs(market) ? 1 : Math.round(market.tick * 1000)

export const touch = (market: SeededMarket, ms: number): Touch => {
  const slotMs = Math.floor(ms / beat) * beat
  const tick = tickAt(market, slotMs)
  const mid = market.path.mid(market.hypothesis, slotMs) * 1000
  const half = 0.4 * tick + 2.5 * unit(market.seed, 31)
  const bid = Math.floor((mid - half) / tick) * tick
  const ask = Math.ceil((mid + half) / tick) * tick
  return { bid: Math.max(0, bid), ask: Math.min(1000, ask) }
}

export interface ThousandthLevel {
  readonly price: number
  readonly cents: number
}

/** Shares that trades took lately, as far as they have not come back; hundredths. */
export interface Taken {
  readonly bids: number
  readonly asks: number
}

export interface Depth {
  readonly bids: ReadonlyArray<ThousandthLevel>
  readonly asks: ReadonlyArray<ThousandthLevel>
}

/** Both sides of outcome 0, best level first; sizes in hundredths of a share. */
export const depth = (market: SeededMarket, ms: number, scale: number, taken: Taken): Depth => {
  const best = touch(market, ms)
  const slot = Math.floor(ms / beat)
  const size = scale * market.popularity * attendance(market, slot * beat)
  return {
    bids: without(side(market, slot, best.bid, -1, size), taken.bids),
    asks: without(side(market, slot, best.ask, 1, size), taken.asks),
  }
}

/** How much rests in the book at a moment, 1 = ordinary. */
const attendance = (market: SeededMarket, ms: number): number => {
  const night = 1 + 0.35 * Math.sin((2 * Math.PI * (ms % DAY)) / DAY)
  const closing = market.quick ? 1 : Math.min(1, 0.3 + (market.closeMs - ms) / (30 * MINUTE))
  const shocked = market.path.newsMs.some((news) => ms >= news && ms < news + 2 * MINUTE)
  return night * closing * (shocked ? 0.4 : 1)
}

/** A level is refilled every two to sixteen beats, each at its own pace. */
const side = (market: SeededMarket, slot: number, best: number, step: 1 | -1, size: number) => {
  const tick = tickAt(market, slot * beat)
  const count = 5 + (mix(market.seed, 33, step) % 6)
  const levels: Array<ThousandthLevel> = []
  let price = best
  for (let i = 0; i < count && price > 0 && price < 1000; i++) {
    const pace = 2 + (mix(market.seed, price, 37, step) % 15)
    const steady = unit(market.seed, price, 34, step)
    const moving = unit(market.seed, price, Math.floor(slot / pace), 35 + step)
    const scale = 300 * size * (1 + 0.8 * i)
    const cents = Math.max(500, Math.round(100 * scale * (0.3 + 1.2 * steady) * (0.5 + moving)))
    levels.push({ price, cents })
    price += step * tick * (1 + (mix(market.seed, i, 36) % 2))
  }
  return levels
}

/** The levels after something was taken, best first; the last level always stays. */
const without = (
  levels: ReadonlyArray<ThousandthLevel>,
  cents: number,
): ReadonlyArray<ThousandthLevel> => {
  let left = Math.round(cents)
  return levels.flatMap((level, i) => {
    if (left <= 0) return [level]
    const remains = level.cents - left
    left -= level.cents
    if (remains >= 500) return [{ price: level.price, cents: remains }]
    return i === levels.length - 1 ? [{ price: level.price, cents: 500 }] : []
  })
}
