/**
 * How informative a market is to mine for wallets: MScore in 0 … 1, and EScore, the best MScore of
 * an event's markets.
 *
 * Formula: weighted mean of five parts (liquidity 0.25, volume 0.25, density 0.20, whales 0.15,
 * time to expiry 0.15) times the activity gate, the mean of liquidity, volume and density.
 * A part that was not measured takes the value of a market nobody trades (density 0) or of which
 * nothing is known (whales 0.5) and the score says so in `measured`.
 */
import { ONE } from "../money/Micro.ts"

export interface MarketSignals {
  readonly liquidityMicro: number
  readonly volume24hMicro: number
  /** Fills on the market's own tape within a day; null when the tape was not read. */
  readonly trades24h: number | null
  /** Share of the largest holders of each outcome in all that is held; null when not read. */
  readonly topHolderShare: number | null
  /** Days until the market's end, fractions count; 0 when it has none. */
  readonly daysToExpiry: number
}

export interface MarketScore {
  readonly mscore: number
  readonly liquidity: number
  readonly volume: number
  readonly density: number
  readonly whales: number
  readonly expiry: number
  readonly base: number
  readonly gate: number
  /** Tape and holders were both read. */
  readonly measured: boolean
}

export const clamp01 = (x: number): number => Math.min(1, Math.max(0, x))

/** 0 on the day and from 90 days on, full from a week to a month before the end. */
export const timeToExpiry = (days: number): number => {
  if (days <= 0 || days >= 90) return 0
  if (days < 7) return days / 7
  if (days <= 30) return 1
  return 1 - (days - 30) / 60
}

export const scoreMarket = (signals: MarketSignals): MarketScore => {
  const liquidity = clamp01(Math.log10(Math.max(0, signals.liquidityMicro) / ONE + 1) / 6)
  const volume = clamp01(
    Math.log10(Math.max(0, signals.volume24hMicro) / ONE + 1) / Math.log10(500_000),
  )
  const density = clamp01((signals.trades24h ?? 0) / 500)
  const whales = clamp01(1 - (signals.topHolderShare ?? 0.5))
  const expiry = timeToExpiry(signals.daysToExpiry)
  const base = 0.25 * liquidity + 0.25 * volume + 0.2 * density + 0.15 * whales + 0.15 * expiry
  const gate = (liquidity + volume + density) / 3
  return {
    mscore: clamp01(base * gate),
    liquidity,
    volume,
    density,
    whales,
    expiry,
    base,
    gate,
    measured: signals.trades24h !== null && signals.topHolderShare !== null,
  }
}

export interface RankedEvent {
  readonly eventSlug: string
  readonly escore: number
  /** 1 is the best. */
  readonly rank: number
}

/** The `limit` best events by the best MScore of their markets; ties by slug. */
export const rankEvents = (
  markets: ReadonlyArray<{ readonly eventSlug: string; readonly mscore: number }>,
  limit: number,
): ReadonlyArray<RankedEvent> => {
  const best = new Map<string, number>()
  for (const { eventSlug, mscore } of markets) {
    best.set(eventSlug, Math.max(best.get(eventSlug) ?? 0, mscore))
  }
  return [...best]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([eventSlug, escore], index) => ({ eventSlug, escore, rank: index + 1 }))
}

/**
 * The part of what is held that the largest holder of each outcome has. Outcomes are not pooled
 * into one ranking: the largest Yes holder and the largest No holder are different people.
 */
export const topHolderShare = (
  holders: ReadonlyArray<{ readonly token: string; readonly amount: number }>,
): number | null => {
  const largest = new Map<string, number>()
  let total = 0
  for (const { token, amount } of holders) {
    largest.set(token, Math.max(largest.get(token) ?? 0, amount))
    total += amount
  }
  if (total <= 0) return null
  let top = 0
  for (const amount of largest.values()) top += amount
  return top / total
}
