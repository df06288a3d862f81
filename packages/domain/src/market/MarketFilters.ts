/**
 * What a market must be like before it is scored: enough liquidity, enough volume, an end that is
 * neither too near nor too far. All filters that fail are told, not only the first.
 */
import { formatMicro } from "../money/Micro.ts"

export const marketFilterCodes = [
  "LIQUIDITY_TOO_LOW",
  "VOLUME_TOO_LOW",
  "END_TOO_NEAR",
  "END_TOO_FAR",
] as const
export type MarketFilterCode = (typeof marketFilterCodes)[number]

/** Micro-USDC and days; named as in the settings. */
export interface MarketLimits {
  readonly min_liquidity: number
  readonly min_volume_24h: number
  readonly min_days_to_expiry: number
  readonly max_days_to_expiry: number
}

export interface FailedFilter {
  readonly code: MarketFilterCode
  readonly metric: number
  readonly threshold: number
  readonly evidence: string
}

const days = (value: number): string => String(Math.round(value * 100) / 100)

/** Filters that fail; a market without a stated end fails none of time. */
export const failedFilters = (
  market: {
    readonly liquidityMicro: number
    readonly volume24hMicro: number
    /** Null without a stated end. */
    readonly daysToExpiry: number | null
  },
  limits: MarketLimits,
): ReadonlyArray<FailedFilter> => {
  const failed: Array<FailedFilter> = []
  const { daysToExpiry, liquidityMicro, volume24hMicro } = market
  if (liquidityMicro < limits.min_liquidity) {
    failed.push({
      code: "LIQUIDITY_TOO_LOW",
      metric: liquidityMicro,
      threshold: limits.min_liquidity,
      evidence: `liquidity is ${formatMicro(liquidityMicro)} USDC, at least ${formatMicro(limits.min_liquidity)} is asked`,
    })
  }
  if (volume24hMicro < limits.min_volume_24h) {
    failed.push({
      code: "VOLUME_TOO_LOW",
      metric: volume24hMicro,
      threshold: limits.min_volume_24h,
      evidence: `volume of the last day is ${formatMicro(volume24hMicro)} USDC, at least ${formatMicro(limits.min_volume_24h)} is asked`,
    })
  }
  if (daysToExpiry === null) return failed
  if (daysToExpiry < limits.min_days_to_expiry) {
    failed.push({
      code: "END_TOO_NEAR",
      metric: daysToExpiry,
      threshold: limits.min_days_to_expiry,
      evidence: `it ends in ${days(daysToExpiry)} days, at least ${days(limits.min_days_to_expiry)} are asked`,
    })
  }
  if (daysToExpiry > limits.max_days_to_expiry) {
    failed.push({
      code: "END_TOO_FAR",
      metric: daysToExpiry,
      threshold: limits.max_days_to_expiry,
      evidence: `it ends in ${days(daysToExpiry)} days, at most ${days(limits.max_days_to_expiry)} are allowed`,
    })
  }
  return failed
}
