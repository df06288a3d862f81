/**
 * The venue's taker fee: `shares × rate × (p × (1 − p))^exponent`, in USDC.
 *
 * The venue rounds a fee to five decimals and charges nothing below the last of them; which way it
 * rounds a half is not documented, here it goes up, against us. A buyer pays the fee on top of the
 * price, a seller out of the proceeds; shares are never taken.
 */
import type { FeeSchedule } from "../market/Market.ts"
import { type MicroShares, type MicroUsdc, ONE, type Price, usdc } from "./Micro.ts"

/** The smallest fee, and the grain of every fee: 0.00001 USDC. */
export const feeGrain = 10

const million = BigInt(ONE)

/** What the taker pays for `size` shares matched at `at`. */
export const takerFee = (size: MicroShares, at: Price, schedule: FeeSchedule): MicroUsdc => {
  if (schedule.rate <= 0 || size <= 0) return usdc(0)
  const exponent = BigInt(schedule.exponent)
  const spread = BigInt(at) * (million - BigInt(at))
  const numerator = BigInt(size) * BigInt(schedule.rate) * spread ** exponent
  const denominator = million * (million * million) ** exponent * BigInt(feeGrain)
  if (numerator < denominator) return usdc(0)
  return usdc(Number((2n * numerator + denominator) / (2n * denominator)) * feeGrain)
}

/**
 * An upper bound of the fees for spending `budget` in at most `fills` matches at any price. It holds
 * for exponents of at least 1, where the fee per USDC spent is never above the rate.
 */
export const mostFee = (budget: MicroUsdc, schedule: FeeSchedule, fills: number): MicroUsdc =>
  schedule.rate <= 0
    ? usdc(0)
    : usdc(
        Number((BigInt(budget) * BigInt(schedule.rate) + million - 1n) / million) +
          fills * feeGrain,
      )
