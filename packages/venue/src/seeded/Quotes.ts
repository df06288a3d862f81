/**
 * Order books around the middle price. Level sizes change every {@link beat}; the book of outcome 1
 * is the mirror of outcome 0's. Prices inside are whole thousandths.
 */
import { mix, unit } from "../Chance.ts"
import type { SeededMarket } from "./Calendar.ts"
import { SECOND } from "./WorldConfig.ts"

/** How long a book stays as it is. */
export const beat = 2 * SECOND

/** Best prices of outcome 0 in thousandths; a bid of 0 or an ask of 1000 means that side is empty. */
export interface Touch {
  readonly bid: number
  readonly ask: number
}

export const tickOf = (market: SeededMarket): number => Math.round(market.tick * 1000)

export const touch = (market: SeededMarket, ms: number): Touch => {
  const tick = tickOf(market)
  const mid = market.path.mid(market.hypothesis, Math.floor(ms / beat) * beat) * 1000
  const half = 0.4 * tick + 2.5 * unit(market.seed, 31)
  const bid = Math.floor((mid - half) / tick) * tick
  const ask = Math.ceil((mid + half) / tick) * tick
  return { bid: Math.max(0, bid), ask: Math.min(1000, ask) }
}

export interface ThousandthLevel {
  readonly price: number
  readonly cents: number
}

/** Both sides of outcome 0, best level first; sizes in hundredths of a share. */
export const depth = (
  market: SeededMarket,
  ms: number,
): {
  readonly bids: ReadonlyArray<ThousandthLevel>
  readonly asks: ReadonlyArray<ThousandthLevel>
} => {
  const best = touch(market, ms)
  const slot = Math.floor(ms / beat)
  return { bids: side(market, slot, best.bid, -1), asks: side(market, slot, best.ask, 1) }
}

const side = (market: SeededMarket, slot: number, best: number, step: 1 | -1) => {
  const tick = tickOf(market)
  const count = 5 + (mix(market.seed, 33, step) % 6)
  const levels: Array<ThousandthLevel> = []
  let price = best
  for (let i = 0; i < count && price > 0 && price < 1000; i++) {
    const steady = unit(market.seed, price, 34, step)
    const moving = unit(market.seed, price, slot, 35 + step)
    const scale = 120 * market.popularity * (1 + 0.8 * i)
    const cents = Math.max(500, Math.round(100 * scale * (0.3 + 1.2 * steady) * (0.5 + moving)))
    levels.push({ price, cents })
    price += step * tick * (1 + (mix(market.seed, i, 36) % 2))
  }
  return levels
}
