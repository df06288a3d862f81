/**
 * Which traders a market has, and until when it may have rows.
 */
import { unit } from "../Chance.ts"
import type { SeededMarket } from "./Calendar.ts"
import type { Trader } from "./Traders.ts"
import { HOUR } from "./WorldConfig.ts"

/** Whether a trader ever looks at a market. */
export const takesPart = (trader: Trader, market: SeededMarket): boolean =>
  (trader.domains === null || trader.domains.has(market.event.domain)) &&
  market.closeMs > trader.fromMs &&
  market.listedMs < trader.untilMs &&
  unit(trader.seed, market.index, 41) < trader.behaviour.participation

/** The longest a redemption waits after the resolution. */
export const redeemWithinMs = 40 * HOUR
