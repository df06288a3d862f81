/**
 * What the rules ask of a wallet at each stage of its lifecycle: to be paper traded, to be approved on
 * our own copies, to stay approved. Each stage answers with everything that fails, in its fixed order.
 */
import { Schema } from "effect"
import { formatMicro } from "../money/Micro.ts"
import type { Features } from "./FeatureWindow.ts"

/** Stable codes; the numbers are in `metric` and `threshold`. */
export const RulesReason = Schema.Literals([
  "not_followable",
  "cooling_down",
  "not_enough_trades_for_discovery",
  "too_active_for_discovery",
  "too_many_markets_for_discovery",
  "holding_too_short_for_discovery",
  "size_profile_too_uneven",
  "bursty_or_speed_like",
  "passes_discovery",
  "not_enough_settled_copies",
  "copy_profit_too_low",
  "copy_drawdown_too_high",
  "copies_earned",
  "waits_for_a_person",
  "approved_by_owner",
  "live_inactive",
  "live_drawdown_breach",
  "live_style_drift",
  "live_theme_concentration",
  "live_continue",
  "copy_drawdown_breach",
  "copies_lose",
  "evidence_against",
  "anomaly_win_rate",
  "anomaly_week_drawdown",
  "anomaly_pace",
  "anomaly_size",
])
export type RulesReason = typeof RulesReason.Type

/** Named as in the settings; ratios 0 … 1. */
export interface RulesThresholds {
  readonly min_trades_30d: number
  readonly max_trades_per_day: number
  readonly max_markets_30d: number
  readonly min_median_hold_minutes: number
  readonly max_size_cv: number
  readonly max_burstiness: number
  readonly min_settled_copies: number
  readonly min_profit_per_copy: number
  readonly max_copy_drawdown: number
  /** Whose word approves a wallet whose copies earned: theirs alone, or a person's. */
  readonly approval: "copies" | "person"
  readonly breakers: boolean
  readonly max_idle_days: number
  readonly max_live_drawdown: number
  readonly max_style_drift: number
  readonly max_theme_concentration: number
  readonly max_win_rate_fall: number
  readonly max_week_drawdown: number
  readonly max_pace_ratio: number
  readonly max_size_ratio: number
  readonly cool_down_ms: number
}

/** How a wallet trades, over 30 days, kept when it is approved. */
export interface Style {
  readonly tradesPerDay: number
  readonly uniqueMarkets: number
  readonly burstiness: number
  readonly buySellBalance: number
  readonly topDomainRatio: number
}

export const styleOf = (month: Features): Style => ({
  tradesPerDay: month.tradesPerDay,
  uniqueMarkets: month.uniqueMarkets,
  burstiness: month.burstiness,
  buySellBalance: month.buySellBalance,
  topDomainRatio: month.topDomainRatio,
})

/** How far two styles of like windows are apart, 0 … 1. */
export const styleDrift = (a: Style, b: Style): number =>
  0.3 * Math.min(1, Math.abs(a.tradesPerDay - b.tradesPerDay) / 80) +
  0.2 * Math.min(1, Math.abs(a.uniqueMarkets - b.uniqueMarkets) / 50) +
  0.25 * Math.min(1, Math.abs(a.burstiness - b.burstiness) / 0.5) +
  0.15 * Math.min(1, Math.abs(a.buySellBalance - b.buySellBalance)) +
  0.1 * Math.min(1, Math.abs(a.topDomainRatio - b.topDomainRatio))

/** What our own copies of the wallet say, over the evidence window. */
export interface CopyEvidence {
  readonly settled: number
  readonly profitMicro: number
  /** The deepest fall of bankroll plus profit, 0 … 1. */
  readonly drawdown: number
}

/** A gate that fails; `evidence` says it in words. */
export interface RuleGate {
  readonly reason: RulesReason
  readonly metric: number
  readonly threshold: number
  readonly evidence: string
}

const round = (value: number): string => String(Math.round(value * 100) / 100)
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`

/** Gates are added in order; what does not fail leaves nothing. */
class Gates {
  readonly failed: Array<RuleGate> = []
  check(
    fails: boolean,
    reason: RulesReason,
    metric: number,
    threshold: number,
    evidence: string,
  ): void {
    if (fails) this.failed.push({ reason, metric, threshold, evidence })
  }
}

/** What keeps a wallet from being paper traded. */
export const discoveryGates = (
  month: Features | null,
  limits: RulesThresholds,
): ReadonlyArray<RuleGate> => {
  const gates = new Gates()
  const trades = month?.tradeCount ?? 0
  gates.check(
    trades < limits.min_trades_30d,
    "not_enough_trades_for_discovery",
    trades,
    limits.min_trades_30d,
    `${trades} fills in 30 days, at least ${limits.min_trades_30d} are asked`,
  )
  if (month === null) return gates.failed
  gates.check(
    month.tradesPerDay > limits.max_trades_per_day,
    "too_active_for_discovery",
    month.tradesPerDay,
    limits.max_trades_per_day,
    `${round(month.tradesPerDay)} fills a day, at most ${limits.max_trades_per_day} can be copied`,
  )
  gates.check(
    month.uniqueMarkets > limits.max_markets_30d,
    "too_many_markets_for_discovery",
    month.uniqueMarkets,
    limits.max_markets_30d,
    `${month.uniqueMarkets} markets in 30 days, at most ${limits.max_markets_30d} are allowed`,
  )
  gates.check(
    month.closedLots > 0 && month.medianHoldMinutes < limits.min_median_hold_minutes,
    "holding_too_short_for_discovery",
    month.medianHoldMinutes,
    limits.min_median_hold_minutes,
    `half of its lots are held for less than ${round(month.medianHoldMinutes)} minutes, at least ${limits.min_median_hold_minutes} are asked`,
  )
  gates.check(
    month.sizeCv > limits.max_size_cv,
    "size_profile_too_uneven",
    month.sizeCv,
    limits.max_size_cv,
    `its sizes vary by ${round(month.sizeCv)} of their mean, at most ${limits.max_size_cv} is allowed`,
  )
  gates.check(
    month.burstiness > limits.max_burstiness,
    "bursty_or_speed_like",
    month.burstiness,
    limits.max_burstiness,
    `${percent(month.burstiness)} of its fills are in one hour, at most ${percent(limits.max_burstiness)} are allowed`,
  )
  return gates.failed
}

/** What keeps our own copies from approving a wallet. */
export const copyGates = (
  copies: CopyEvidence,
  limits: RulesThresholds,
): ReadonlyArray<RuleGate> => {
  const gates = new Gates()
  gates.check(
    copies.settled < limits.min_settled_copies,
    "not_enough_settled_copies",
    copies.settled,
    limits.min_settled_copies,
    `${copies.settled} copies are settled, at least ${limits.min_settled_copies} are asked`,
  )
  const each = profitEach(copies)
  gates.check(
    each < limits.min_profit_per_copy,
    "copy_profit_too_low",
    each,
    limits.min_profit_per_copy,
    `a settled copy earned ${formatMicro(Math.round(each))} USDC on average, at least ${formatMicro(limits.min_profit_per_copy)} is asked`,
  )
  gates.check(
    copies.drawdown > limits.max_copy_drawdown,
    "copy_drawdown_too_high",
    copies.drawdown,
    limits.max_copy_drawdown,
    `copies fell ${percent(copies.drawdown)} of the bankroll, at most ${percent(limits.max_copy_drawdown)} are allowed`,
  )
  return gates.failed
}

/** Micro-USDC; 0 without a settled copy. */
export const profitEach = (copies: CopyEvidence): number =>
  copies.settled === 0 ? 0 : copies.profitMicro / copies.settled

export interface Living {
  /** Whole days since the last fill. */
  readonly idleDays: number
  readonly month: Features | null
  readonly quarter: Features | null
  readonly baseline: Style | null
}

/** How far a wallet's last 30 days are from the 30 when it was approved; null when either is unknown. */
export const driftOf = ({ baseline, month }: Pick<Living, "month" | "baseline">): number | null =>
  month === null || baseline === null ? null : styleDrift(baseline, styleOf(month))

/** What stops an approved wallet. */
export const breachGates = (living: Living, limits: RulesThresholds): ReadonlyArray<RuleGate> => {
  const gates = new Gates()
  if (!limits.breakers) return gates.failed
  const { idleDays, month, quarter } = living
  gates.check(
    idleDays > limits.max_idle_days,
    "live_inactive",
    idleDays,
    limits.max_idle_days,
    idleDays === Number.MAX_SAFE_INTEGER
      ? "it never made a fill"
      : `its last fill was ${idleDays} days ago, at most ${limits.max_idle_days} are allowed`,
  )
  const drawdown = quarter?.maxDrawdown ?? 0
  gates.check(
    drawdown > limits.max_live_drawdown,
    "live_drawdown_breach",
    drawdown,
    limits.max_live_drawdown,
    `it lost ${percent(drawdown)} of its capital at work within 90 days, at most ${percent(limits.max_live_drawdown)} are allowed`,
  )
  const drift = driftOf(living) ?? 0
  gates.check(
    drift > limits.max_style_drift,
    "live_style_drift",
    drift,
    limits.max_style_drift,
    `its style is ${round(drift)} from that of its approval, at most ${limits.max_style_drift} is allowed`,
  )
  const theme = month?.topDomainRatio ?? 0
  gates.check(
    theme > limits.max_theme_concentration,
    "live_theme_concentration",
    theme,
    limits.max_theme_concentration,
    `${percent(theme)} of its volume is in one topic, at most ${percent(limits.max_theme_concentration)} are allowed`,
  )
  return gates.failed
}
