/**
 * Which traders a market has, and until when it may have rows.
 */
import { unit } from "../Chance.ts"
import type { SeededMarket } from "./Calendar.ts"
import type { Trader } from "./Traders.ts"
import { HOUR } from "./Durations.ts"

/** Whether a trader ever looks at a market: it looks at all markets of an event or at none. */
export const takesPart = (trader: Trader, market: SeededMarket): boolean =>
  (trader.domains === null || trader.domains.has(market.event.domain)) &&
  market.closeMs > trader.fromMs &&
  market.listedMs < trader.untilMs &&
  unit(trader.groupSeed, market.eventIndex, 41) < trader.behaviour.participation

/** The longest a redemption waits after the resolution. */
export const redeemWithinMs = 40 * HOUR

/** Whether a trader knows how a market ends. */
export const knowsTheEnd = (trader: Trader, market: SeededMarket): boolean => {
  if (trader.luckyMs === null) return false
  const [fromMs, untilMs] = trader.luckyMs
  return market.listedMs >= fromMs && market.listedMs < untilMs
}
