/**
 * What a wallet did within one trailing window, in numbers, gathered entry by entry.
 *
 * A window of N days is `now − N days ≤ at ≤ now`. Profit is realised profit of closed lots, the one
 * definition everything else uses; rates divide by the part of the window the wallet was there.
 *
 * Promises: a window that was moved on says the same as one gathered anew: all sums are of integers.
 * An entry costs the same however many are in the window; asking costs time by markets and days.
 */
import { OrderedSample } from "./OrderedSample.ts"
import { maxDrawdown, sharpeRatio } from "./Returns.ts"
import { SlidingMaximum } from "./SlidingMaximum.ts"
import {
  addTo,
  type LoggedClosing,
  type LoggedFill,
  takeFrom,
  type Total,
  type WindowLog,
} from "./WindowLog.ts"

export const dayMs = 86_400_000
/** Less than this much of a token is dust, not a position: a hundredth of a share. */
export const dustShares = 10_000

export interface Features {
  /** Of the whole history: the days since the first fill. */
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
  readonly extremePriceRatio: number
  /** Share of the trades within the busiest hour. */
  readonly burstiness: number
  readonly topDomain: string | null
  readonly topDomainRatio: number
  /**
   * Realised profit over the cost of the lots closed in the top domain; 0 without one. Null, as the two
   * below, of a window that was stored before these were measured.
   */
  readonly topDomainRoi: number | null
  readonly topDomainClosedMarkets: number | null
  readonly topDomainProfitableMarkets: number | null
  /** Shares given up in the whole history that no lot explains. */
  readonly unmatchedShares: number
}

const hourMs = 3_600_000

/** A span of the log that ends now; `days` null is the whole of it. */
export class FeatureWindow {
  private readonly length: number | null
  private readonly log: WindowLog
  private fromMs = 0
  private nowMs = 0
  private firstFill = 0
  private firstClosing = 0
  private firstCapital = 0
  /** The first fill more than an hour after the window's first. */
  private secondHour = 0
  private readonly busiest = new SlidingMaximum()
  private readonly losses = new SlidingMaximum()
  private readonly invested = new SlidingMaximum()
  private readonly holds = new OrderedSample()
  private readonly volumes = new Map<string, Total>()
  private readonly profits = new Map<string, Total>()
  private readonly costs = new Map<string, Total>()
  private readonly daily = new Map<number, Total>()
  private buys = 0
  private extremes = 0
  private notional = 0
  private notionalSquares = 0n
  private held = 0
  private closedCost = 0
  private realized = 0
  private wins = 0
  private wonMicro = 0

  constructor(days: number | null, nowMs: number, log: WindowLog) {
    this.length = days
    this.log = log
    this.moveTo(nowMs)
  }

  get days(): number {
    return this.length ?? Math.ceil(this.nowMs / dayMs)
  }

  /** Ends the window at a later time: what is too old by then leaves it. */
  moveTo(nowMs: number): void {
    const { capital, closings, fills } = this.log
    this.nowMs = nowMs
    this.fromMs = nowMs - this.days * dayMs
    while (this.firstFill < fills.length && fills[this.firstFill]!.atMs < this.fromMs) {
      this.count(fills[this.firstFill++]!, -1)
    }
    while (this.firstClosing < closings.length && closings[this.firstClosing]!.atMs < this.fromMs) {
      this.countClosing(closings[this.firstClosing++]!, -1)
    }
    while (this.firstCapital < capital.length && capital[this.firstCapital]!.atMs < this.fromMs) {
      this.firstCapital += 1
    }
  }

  /** The last fill of the log is new. */
  fill(): void {
    const index = this.log.fills.length - 1
    const fill = this.log.fills[index]!
    if (fill.atMs < this.fromMs) this.firstFill = index + 1
    else {
      this.count(fill, 1)
      this.busiest.add(index, fill.hourly)
    }
  }

  /** The last closing of the log is new. */
  closed(): void {
    const index = this.log.closings.length - 1
    const closing = this.log.closings[index]!
    if (closing.atMs < this.fromMs) this.firstClosing = index + 1
    else {
      this.countClosing(closing, 1)
      this.losses.add(index, -closing.pnl)
    }
  }

  /** The last capital of the log is new. */
  capital(): void {
    const index = this.log.capital.length - 1
    const { atMs, micro } = this.log.capital[index]!
    if (atMs < this.fromMs) this.firstCapital = index + 1
    else this.invested.add(index, micro)
  }

  private count(fill: LoggedFill, times: 1 | -1): void {
    this.notional += times * fill.notional
    this.notionalSquares += BigInt(times) * BigInt(fill.notional) ** 2n
    if (fill.buy) this.buys += times
    if (fill.extreme) this.extremes += times
    const change = times === 1 ? addTo : takeFrom
    change(this.volumes, fill.condition, fill.size)
  }

  private countClosing({ atMs, condition, cost, holdMs, pnl }: LoggedClosing, times: 1 | -1): void {
    this.held += times * holdMs
    this.closedCost += times * cost
    this.realized += times * pnl
    if (pnl > 0) {
      this.wins += times
      this.wonMicro += times * pnl
    }
    if (times === 1) this.holds.add(holdMs)
    else this.holds.remove(holdMs)
    const change = times === 1 ? addTo : takeFrom
    change(this.profits, condition, pnl)
    change(this.costs, condition, cost)
    change(this.daily, Math.floor(atMs / dayMs), pnl)
  }

  /** The most fills within any hour of the window. */
  private busiestHour(): number {
    const { fills } = this.log
    const first = fills[this.firstFill]
    if (first === undefined) return 0
    this.secondHour = Math.max(this.secondHour, this.firstFill)
    while (this.secondHour < fills.length && fills[this.secondHour]!.atMs - first.atMs <= hourMs) {
      this.secondHour += 1
    }
    return Math.max(this.secondHour - this.firstFill, this.busiest.from(this.secondHour))
  }

  /** What was closed in the markets of one domain. */
  private closedIn(topic: string | null, domainOf: (condition: string) => string) {
    let [cost, realized, markets, profitable] = [0, 0, 0, 0]
    for (const [condition, { sum }] of this.profits) {
      if (domainOf(condition) !== topic) continue
      cost += this.costs.get(condition)!.sum
      realized += sum
      markets += 1
      if (sum > 0) profitable += 1
    }
    return { roi: cost === 0 ? 0 : realized / cost, markets, profitable }
  }

  features(end: {
    readonly firstFillMs: number
    readonly activePositions: number
    readonly unmatched: number
    readonly domainOf: (condition: string) => string
  }): Features {
    const count = this.log.fills.length - this.firstFill
    const since = Math.max(this.fromMs, end.firstFillMs)
    const observedDays = Math.min(this.days, Math.max(1, (this.nowMs - since) / dayMs))
    const mean = count === 0 ? 0 : this.notional / count
    // count² × variance, exactly.
    const spread = BigInt(count) * this.notionalSquares - BigInt(this.notional) ** 2n
    const sells = count - this.buys
    const closedLots = this.log.closings.length - this.firstClosing
    const capital = this.invested.from(this.firstCapital)
    const daily = [...this.daily].toSorted(([a], [b]) => a - b).map(([, { sum }]) => sum)
    let profitableMarkets = 0
    let wonTotal = 0
    let wonMost = 0
    for (const { sum } of this.profits.values()) {
      if (sum <= 0) continue
      profitableMarkets += 1
      wonTotal += sum
      wonMost = Math.max(wonMost, sum)
    }
    const [topDomain, topDomainRatio] = largestShare(this.volumes, end.domainOf)
    const top = this.closedIn(topDomain, end.domainOf)
    return {
      windowDays: this.length ?? Math.ceil(observedDays),
      tradeCount: count,
      uniqueMarkets: this.volumes.size,
      observedDays,
      tradesPerDay: count / observedDays,
      tradesPerWeek: (count / observedDays) * 7,
      meanTradeMicro: Math.round(mean),
      turnoverMicro: this.notional,
      closedLots,
      wins: this.wins,
      losses: closedLots - this.wins,
      winRate: closedLots === 0 ? null : this.wins / closedLots,
      realizedMicro: this.realized,
      closedCostMicro: this.closedCost,
      roi: this.closedCost === 0 ? 0 : this.realized / this.closedCost,
      closedMarkets: this.profits.size,
      profitableMarkets,
      topMarketProfitShare: wonTotal === 0 ? 0 : wonMost / wonTotal,
      meanWinMicro: this.wins === 0 ? 0 : Math.round(this.wonMicro / this.wins),
      largestLossMicro: this.losses.from(this.firstClosing),
      meanHoldHours: closedLots === 0 ? 0 : this.held / closedLots / hourMs,
      medianHoldMinutes: this.holds.median() / 60_000,
      capitalMicro: capital,
      maxDrawdown: maxDrawdown(daily, capital),
      sharpe: sharpeRatio(daily, capital),
      activePositions: end.activePositions,
      concentration: topThree(this.volumes),
      sizeCv: this.notional <= 0 ? 0 : Math.sqrt(Number(spread)) / this.notional,
      buySellBalance: count === 0 ? 0 : 1 - Math.abs(this.buys - sells) / count,
      extremePriceRatio: count === 0 ? 0 : this.extremes / count,
      burstiness: count === 0 ? 0 : this.busiestHour() / count,
      topDomain,
      topDomainRatio,
      topDomainRoi: top.roi,
      topDomainClosedMarkets: top.markets,
      topDomainProfitableMarkets: top.profitable,
      unmatchedShares: end.unmatched,
    }
  }
}

const topThree = (volumes: ReadonlyMap<string, Total>): number => {
  let [first, second, third, total] = [0, 0, 0, 0]
  for (const { sum } of volumes.values()) {
    total += sum
    if (sum > first) [first, second, third] = [sum, first, second]
    else if (sum > second) [second, third] = [sum, second]
    else if (sum > third) third = sum
  }
  return total === 0 ? 0 : (first + second + third) / total
}

const largestShare = (
  volumes: ReadonlyMap<string, Total>,
  domainOf: (condition: string) => string,
): readonly [string | null, number] => {
  const domains = new Map<string, number>()
  let total = 0
  for (const [condition, { sum: volume }] of volumes) {
    const domain = domainOf(condition)
    domains.set(domain, (domains.get(domain) ?? 0) + volume)
    total += volume
  }
  const [top] = [...domains].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return top === undefined || total === 0 ? [null, 0] : [top[0], top[1] / total]
}
