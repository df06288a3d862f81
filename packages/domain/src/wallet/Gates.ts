/**
 * The gates that exclude a wallet, in their fixed order: stage 1 looks at the whole history, stage 2
 * at the persona window. All that fail are reported, not only the first.
 */
import { formatMicro, ONE } from "../money/Micro.ts"
import { dayMs, type Features } from "./FeatureWindow.ts"
import { type WalletFeatures } from "./Features.ts"
import type { ExclusionCode } from "./Persona.ts"

/** Thresholds, named as in the settings; ratios are 0 … 1, money is micro-USDC. */
export interface PersonaThresholds {
  readonly known_bots: ReadonlyArray<string>
  readonly min_age_days: number
  readonly min_trades: number
  readonly max_idle_days: number
  readonly min_lifetime_roi: number
  readonly recent_loss_window_days: number
  readonly sniper_max_age_days: number
  readonly sniper_min_win_rate: number
  readonly sniper_max_trades: number
  readonly noise_min_trades_per_week: number
  readonly noise_max_abs_roi: number
  readonly news_min_burstiness: number
  readonly provider_min_balance: number
  readonly provider_min_known: number
  readonly provider_min_spread_edge: number
  readonly swarm_min_trades_per_day: number
  readonly swarm_max_trade: number
  readonly tail_min_win_rate: number
  readonly tail_min_loss_ratio: number
  readonly jackpot_min_profit_share: number
  readonly jackpot_max_win_rate: number
  readonly jackpot_min_closed: number
  readonly specialist_max_positions: number
  readonly specialist_min_concentration: number
  readonly specialist_min_win_rate: number
  readonly generalist_min_markets: number
  readonly generalist_min_win_rate: number
  readonly generalist_max_win_rate: number
  readonly generalist_max_drawdown: number
  readonly generalist_min_sharpe: number
  readonly accumulator_min_hold_hours: number
  readonly accumulator_max_trades_per_week: number
  readonly accumulator_min_roi: number
  readonly min_roi: number
  readonly topic_lane_min_ratio: number
  readonly bonder_min_ratio: number
  readonly whale_min_trade: number
}

/**
 * What a wallet pays at the book: of its first purchases whose middle price is told by trades of others,
 * how many there are and how many paid no more than that. Who takes an order pays half the spread more.
 */
export interface SpreadEdge {
  readonly known: number
  readonly paidNoMore: number
}

export interface FailedGate {
  readonly code: ExclusionCode
  readonly stage: 1 | 2
  readonly metric: number
  readonly threshold: number
  readonly evidence: string
}

export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`
export const number = (value: number): string => String(Math.round(value * 100) / 100)

export const stageOne = (
  wallet: string,
  features: WalletFeatures,
  ageDays: number,
  nowMs: number,
  limits: PersonaThresholds,
): Array<FailedGate> => {
  const { life } = features
  const failed: Array<FailedGate> = []
  const gate = (
    fails: boolean,
    code: ExclusionCode,
    metric: number,
    threshold: number,
    evidence: string,
  ) => {
    if (fails) failed.push({ code, stage: 1, metric, threshold, evidence })
  }
  const known = limits.known_bots.includes(wallet)
  gate(known, "KNOWN_BOT", 1, 0, "the address is on the configured list of known bots")
  gate(
    ageDays < limits.min_age_days,
    "STAGE1_TOO_YOUNG",
    ageDays,
    limits.min_age_days,
    `its first fill is ${ageDays} days old, at least ${limits.min_age_days} are asked`,
  )
  gate(
    life.tradeCount < limits.min_trades,
    "STAGE1_TOO_FEW_TRADES",
    life.tradeCount,
    limits.min_trades,
    `it has ${life.tradeCount} fills, at least ${limits.min_trades} are asked`,
  )
  const idleDays =
    features.lastFillMs === null ? ageDays : Math.floor((nowMs - features.lastFillMs) / dayMs)
  gate(
    idleDays > limits.max_idle_days,
    "STAGE1_INACTIVE",
    idleDays,
    limits.max_idle_days,
    `its last fill is ${idleDays} days old, at most ${limits.max_idle_days} are allowed`,
  )
  gate(
    life.roi < limits.min_lifetime_roi,
    "INSUFFICIENT_ALL_TIME_ROI",
    life.roi,
    limits.min_lifetime_roi,
    `over its life it earned ${percent(life.roi)} on the cost of ${life.closedLots} closed lots, at least ${percent(limits.min_lifetime_roi)} is asked`,
  )
  const month = features.windows.get(limits.recent_loss_window_days)
  gate(
    month !== undefined && month.realizedMicro < 0,
    "STAGE1_RECENT_LOSS",
    (month?.realizedMicro ?? 0) / ONE,
    0,
    `it lost ${formatMicro(-(month?.realizedMicro ?? 0))} USDC in the last ${limits.recent_loss_window_days} days`,
  )
  return failed
}

export const stageTwo = (
  f: Features,
  ageDays: number,
  spreadEdge: SpreadEdge,
  limits: PersonaThresholds,
): Array<FailedGate> => {
  const failed: Array<FailedGate> = []
  const gate = (
    fails: boolean,
    code: ExclusionCode,
    metric: number,
    threshold: number,
    evidence: string,
  ) => {
    if (fails) failed.push({ code, stage: 2, metric, threshold, evidence })
  }
  const winRate = f.winRate ?? 0
  gate(
    ageDays < limits.sniper_max_age_days &&
      winRate > limits.sniper_min_win_rate &&
      f.tradeCount < limits.sniper_max_trades,
    "SNIPER_INSIDER",
    winRate,
    limits.sniper_min_win_rate,
    `${ageDays} days old, wins ${percent(winRate)} of ${f.closedLots} closed lots with only ${f.tradeCount} fills`,
  )
  gate(
    f.tradesPerWeek > limits.noise_min_trades_per_week &&
      Math.abs(f.roi) < limits.noise_max_abs_roi,
    "NOISE_TRADER",
    f.tradesPerWeek,
    limits.noise_min_trades_per_week,
    `${number(f.tradesPerWeek)} fills a week earn ${percent(f.roi)}`,
  )
  gate(
    f.burstiness > limits.news_min_burstiness,
    "NEWS_SNIPER",
    f.burstiness,
    limits.news_min_burstiness,
    `${percent(f.burstiness)} of its fills fall into one hour`,
  )
  const { known, paidNoMore } = spreadEdge
  const edgeShare = known === 0 ? 0 : paidNoMore / known
  gate(
    f.buySellBalance >= limits.provider_min_balance &&
      known >= limits.provider_min_known &&
      edgeShare >= limits.provider_min_spread_edge,
    "LIQUIDITY_PROVIDER",
    edgeShare,
    limits.provider_min_spread_edge,
    `buys and sells are balanced to ${percent(f.buySellBalance)} and ${percent(edgeShare)} of its ${known} first purchases whose middle price is known paid no more than that`,
  )
  gate(
    f.tradesPerDay >= limits.swarm_min_trades_per_day && f.meanTradeMicro <= limits.swarm_max_trade,
    "BOT_SWARM_MICRO",
    f.tradesPerDay,
    limits.swarm_min_trades_per_day,
    `${number(f.tradesPerDay)} fills a day of ${formatMicro(f.meanTradeMicro)} USDC on average`,
  )
  const lossRatio = f.meanWinMicro === 0 ? 0 : f.largestLossMicro / f.meanWinMicro
  gate(
    winRate > limits.tail_min_win_rate && lossRatio > limits.tail_min_loss_ratio,
    "TAIL_RISK_SELLER",
    lossRatio,
    limits.tail_min_loss_ratio,
    `wins ${percent(winRate)} of its lots, its largest loss is ${number(lossRatio)} times its mean win`,
  )
  gate(
    f.closedLots >= limits.jackpot_min_closed &&
      f.topMarketProfitShare >= limits.jackpot_min_profit_share &&
      winRate <= limits.jackpot_max_win_rate,
    "JACKPOT_GAMBLER",
    f.topMarketProfitShare,
    limits.jackpot_min_profit_share,
    `one market brought ${percent(f.topMarketProfitShare)} of its profits and it wins ${percent(winRate)} of ${f.closedLots} lots`,
  )
  return failed
}
