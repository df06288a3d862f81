/**
 * What a taker pays: `shares × rate × (p × (1 − p))^exponent` USDC, to five decimals.
 */
import type { Fee } from "./World.ts"

export const takerFee = (fee: Fee | null, shares: number, price: number): number =>
  fee === null
    ? 0
    : Math.round(shares * fee.rate * (price * (1 - price)) ** fee.exponent * 100_000) / 100_000
