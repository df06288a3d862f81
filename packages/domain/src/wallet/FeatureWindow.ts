/**
 * What a wallet did within one trailing window, in numbers, gathered entry by entry.
 *
 * A window of N days is `now − N days ≤ at ≤ now`. Profit is realised profit of closed lots, the one
 * definition everything else uses; rates divide by the part of the window the wallet was there.
 */
import { ONE } from "../money/Micro.ts"
import type { LedgerEntry } from "./LedgerEntry.ts"
import type { ClosedLot } from "./Lots.ts"
import { dailyProfits, maxDrawdown, median, sharpeRatio } from "./Returns.ts"

export const dayMs = 86_400_000
/** Less than this much of a token is dust, not a position: a hundredth of a share. */
export const dustShares = 10_000

export interface Features {
  readonly windowDays: number
  readonly tradeCount: number
  readonly uniqueMarkets: number
  /** Days of the window since the wallet's first fill, at least 1. */
  readonly observedDays: number
  readonly tradesPerDay: number
  readonly tradesPerWeek: number
  /** Mean of size × price over both sides, micro-USDC. */
  readonly meanTradeMicro: number
  readonly turnoverMicro: number
  readonly closedLots: number
  readonly wins: number
  readonly losses: number
  /** Null without a closed lot. */
  readonly winRate: number | null
  readonly realizedMicro: number
  /** Cost of the closed lots. */
  readonly closedCostMicro: number
  /** Realised profit over the cost of the closed lots; 0 without one. */
  readonly roi: number
  readonly closedMarkets: number
  readonly profitableMarkets: number
  /** The best market's share in the profit of all profitable markets. */
  readonly topMarketProfitShare: number
  readonly meanWinMicro: number
  readonly largestLossMicro: number
  readonly meanHoldHours: number
  readonly medianHoldMinutes: number
  /** The most that was invested at once within the window, micro-USDC. */
  readonly capitalMicro: number
  readonly maxDrawdown: number
  readonly sharpe: number
  /** Markets with more than dust held at the end. */
  readonly activePositions: number
  /** Share of the three largest markets in the shares traded. */
  readonly concentration: number
  /** Standard deviation of the trades' USDC over their mean. */
  readonly sizeCv: number
  /** 1 when buys and sells are as many, 0 when there is one kind only. */
  readonly buySellBalance: number
  readonly midFillRatio: number
  readonly extremePriceRatio: number
  /** Share of the trades within the busiest hour. */
  readonly burstiness: number
  readonly topDomain: string | null
  readonly topDomainRatio: number
  /** Shares given up in the whole history that no lot explains. */
  readonly unmatchedShares: number
}

interface Closing {
  readonly atMs: number
  readonly pnl: number
}

/** Gathers one window; `features` may be asked once everything was told. */
export class FeatureWindow {
  readonly days: number
  readonly fromMs: number
  private readonly times: Array<number> = []
  private readonly volumes = new Map<string, number>()
  private readonly profits = new Map<string, number>()
  private readonly closings: Array<Closing> = []
  private readonly holds: Array<number> = []
  private buys = 0
  private mids = 0
  private extremes = 0
  private notional = 0
  private notionalSquares = 0
  private closedCost = 0
  private realized = 0
  private wins = 0
  private wonMicro = 0
  private largestLoss = 0
  capital = 0

  constructor(days: number, nowMs: number) {
    this.days = days
    this.fromMs = nowMs - days * dayMs
  }

  fill(entry: LedgerEntry): void {
    const usdc = (entry.size * entry.price) / ONE
    this.times.push(entry.atMs)
    this.notional += usdc
    this.notionalSquares += usdc * usdc
    this.volumes.set(entry.condition, (this.volumes.get(entry.condition) ?? 0) + entry.size)
    if (entry.kind === "buy") this.buys += 1
    if (Math.abs(entry.price - ONE / 2) <= ONE / 20) this.mids += 1
    if (entry.price >= 0.9 * ONE || entry.price <= 0.1 * ONE) this.extremes += 1
  }

  closed(lot: ClosedLot): void {
    const pnl = lot.proceeds - lot.cost
    this.closings.push({ atMs: lot.closedAtMs, pnl })
    this.holds.push(lot.closedAtMs - lot.openedAtMs)
    this.closedCost += lot.cost
    this.realized += pnl
    this.profits.set(lot.condition, (this.profits.get(lot.condition) ?? 0) + pnl)
    if (pnl > 0) {
      this.wins += 1
      this.wonMicro += pnl
    } else {
      this.largestLoss = Math.max(this.largestLoss, -pnl)
    }
  }

  features(end: {
    readonly nowMs: number
    readonly firstFillMs: number
    readonly activePositions: number
    readonly unmatched: number
    readonly domainOf: (condition: string) => string
  }): Features {
    const count = this.times.length
    const since = Math.max(this.fromMs, end.firstFillMs)
    const observedDays = Math.min(this.days, Math.max(1, (end.nowMs - since) / dayMs))
    const mean = count === 0 ? 0 : this.notional / count
    const variance = count === 0 ? 0 : Math.max(0, this.notionalSquares / count - mean * mean)
    const sells = count - this.buys
    const closedLots = this.closings.length
    const daily = dailyProfits(this.closings)
    const won = [...this.profits.values()].filter((pnl) => pnl > 0)
    const wonTotal = won.reduce((sum, pnl) => sum + pnl, 0)
    const [topDomain, topDomainRatio] = largestShare(this.volumes, end.domainOf)
    return {
      windowDays: this.days,
      tradeCount: count,
      uniqueMarkets: this.volumes.size,
      observedDays,
      tradesPerDay: count / observedDays,
      tradesPerWeek: (count / observedDays) * 7,
      meanTradeMicro: Math.round(mean),
      turnoverMicro: Math.round(this.notional),
      closedLots,
      wins: this.wins,
      losses: closedLots - this.wins,
      winRate: closedLots === 0 ? null : this.wins / closedLots,
      realizedMicro: this.realized,
      closedCostMicro: this.closedCost,
      roi: this.closedCost === 0 ? 0 : this.realized / this.closedCost,
      closedMarkets: this.profits.size,
      profitableMarkets: won.length,
      topMarketProfitShare: wonTotal === 0 ? 0 : won.reduce((a, b) => Math.max(a, b), 0) / wonTotal,
      meanWinMicro: this.wins === 0 ? 0 : Math.round(this.wonMicro / this.wins),
      largestLossMicro: this.largestLoss,
      meanHoldHours:
        closedLots === 0 ? 0 : this.holds.reduce((a, b) => a + b, 0) / closedLots / 3_600_000,
      medianHoldMinutes: median(this.holds) / 60_000,
      capitalMicro: this.capital,
      maxDrawdown: maxDrawdown(daily, this.capital),
      sharpe: sharpeRatio(daily, this.capital),
      activePositions: end.activePositions,
      concentration: topThree(this.volumes),
      sizeCv: mean <= 0 ? 0 : Math.sqrt(variance) / mean,
      buySellBalance: count === 0 ? 0 : 1 - Math.abs(this.buys - sells) / count,
      midFillRatio: count === 0 ? 0 : this.mids / count,
      extremePriceRatio: count === 0 ? 0 : this.extremes / count,
      burstiness: count === 0 ? 0 : busiestHour(this.times) / count,
      topDomain,
      topDomainRatio,
      unmatchedShares: end.unmatched,
    }
  }
}

/** The most trades within any hour, both ends included; times ascend. */
const busiestHour = (times: ReadonlyArray<number>): number => {
  let from = 0
  let most = 0
  for (let to = 0; to < times.length; to++) {
    while (times[to]! - times[from]! > 3_600_000) from += 1
    most = Math.max(most, to - from + 1)
  }
  return most
}

const topThree = (volumes: ReadonlyMap<string, number>): number => {
  const sorted = [...volumes.values()].toSorted((a, b) => b - a)
  const total = sorted.reduce((sum, volume) => sum + volume, 0)
  return total === 0 ? 0 : sorted.slice(0, 3).reduce((sum, volume) => sum + volume, 0) / total
}

const largestShare = (
  volumes: ReadonlyMap<string, number>,
  domainOf: (condition: string) => string,
): readonly [string | null, number] => {
  const domains = new Map<string, number>()
  let total = 0
  for (const [condition, volume] of volumes) {
    const domain = domainOf(condition)
    domains.set(domain, (domains.get(domain) ?? 0) + volume)
    total += volume
  }
  const [top] = [...domains].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return top === undefined || total === 0 ? [null, 0] : [top[0], top[1] / total]
}
