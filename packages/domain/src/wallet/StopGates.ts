/**
 * What stops a followed wallet, whether it is paper traded or approved: our own copies of it lose, the
 * evidence turns against it, or it does not behave as it used to.
 *
 * An anomaly compares the last seven days with the last ninety and needs enough of both; a stop lasts
 * for the cool-down, then the wallet is looked at as a candidate.
 */
import { formatMicro } from "../money/Micro.ts"
import type { Features } from "./FeatureWindow.ts"
import { type CopyEvidence, profitEach, type RuleGate, type RulesThresholds } from "./RuleGates.ts"

/** Probability that copying does not pay from which on the verdict is AVOID. */
export const avoidFrom = 0.9
/** Lots closed in a week, least, before its win rate says something. */
const fewestLots = 10
/** Fills in a week, least, before its pace says something. */
const fewestFills = 20

export interface Followed {
  readonly copies: CopyEvidence
  readonly week: Features | null
  readonly quarter: Features | null
  /** Its largest fill of the last week over the median of its newest fills; null when unknown. */
  readonly largestFill: number | null
  /** Probability that copying it does not pay when its verdict is AVOID; else null. */
  readonly avoid: number | null
}

const round = (value: number): string => String(Math.round(value * 100) / 100)
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`

/** Our own copies or the evidence are against it. */
const killGates = (
  { avoid, copies }: Followed,
  limits: RulesThresholds,
): ReadonlyArray<RuleGate> => {
  const each = profitEach(copies)
  const long = 2 * limits.min_settled_copies
  const gates: ReadonlyArray<RuleGate | null> = [
    copies.drawdown > limits.max_live_drawdown
      ? {
          reason: "copy_drawdown_breach",
          metric: copies.drawdown,
          threshold: limits.max_live_drawdown,
          evidence: `copies fell ${percent(copies.drawdown)} of the bankroll, at most ${percent(limits.max_live_drawdown)} are allowed`,
        }
      : null,
    copies.settled >= long && each < limits.min_profit_per_copy
      ? {
          reason: "copies_lose",
          metric: each,
          threshold: limits.min_profit_per_copy,
          evidence: `${copies.settled} settled copies earned ${formatMicro(Math.round(each))} USDC each, at least ${formatMicro(limits.min_profit_per_copy)} is asked after ${long}`,
        }
      : null,
    avoid !== null && copies.settled >= limits.min_settled_copies
      ? {
          reason: "evidence_against",
          metric: avoid,
          threshold: avoidFrom,
          evidence: `its verdict is AVOID: the probability that copying it does not pay is ${percent(avoid)}`,
        }
      : null,
  ]
  return gates.filter((gate) => gate !== null)
}

/** It does not behave as it used to; a candidate of which this is so is not let in either. */
export const anomalyGates = (
  { largestFill, quarter, week }: Followed,
  limits: RulesThresholds,
): ReadonlyArray<RuleGate> => {
  if (week === null || quarter === null || !limits.breakers) return []
  const fall =
    week.closedLots >= fewestLots && week.winRate !== null && quarter.winRate !== null
      ? quarter.winRate - week.winRate
      : 0
  // A quiet week has little at work: its fall is held against what is usually at work.
  const atWork = Math.max(week.capitalMicro, quarter.capitalMicro)
  const lost = atWork === 0 ? 0 : (week.maxDrawdown * week.capitalMicro) / atWork
  const pace =
    week.tradeCount >= fewestFills && quarter.observedDays > 2 * week.observedDays
      ? week.tradesPerDay / quarter.tradesPerDay
      : 0
  const gates: ReadonlyArray<RuleGate | null> = [
    fall > limits.max_win_rate_fall
      ? {
          reason: "anomaly_win_rate",
          metric: fall,
          threshold: limits.max_win_rate_fall,
          evidence: `it won ${percent(week.winRate!)} of ${week.closedLots} lots this week, ${percent(quarter.winRate!)} over 90 days; at most ${percent(limits.max_win_rate_fall)} less are allowed`,
        }
      : null,
    lost > limits.max_week_drawdown
      ? {
          reason: "anomaly_week_drawdown",
          metric: lost,
          threshold: limits.max_week_drawdown,
          evidence: `within a week it lost ${percent(lost)} of what it had at work in 90 days, at most ${percent(limits.max_week_drawdown)} are allowed`,
        }
      : null,
    pace > limits.max_pace_ratio
      ? {
          reason: "anomaly_pace",
          metric: pace,
          threshold: limits.max_pace_ratio,
          evidence: `it trades ${round(pace)} times as often this week as over 90 days, at most ${limits.max_pace_ratio} times are allowed`,
        }
      : null,
    largestFill !== null && largestFill > limits.max_size_ratio
      ? {
          reason: "anomaly_size",
          metric: largestFill,
          threshold: limits.max_size_ratio,
          evidence: `its largest fill of the week is ${round(largestFill)} times its median one, at most ${limits.max_size_ratio} times are allowed`,
        }
      : null,
  ]
  return gates.filter((gate) => gate !== null)
}

/** Everything that stops it now, in a fixed order. */
export const stopGates = (followed: Followed, limits: RulesThresholds): ReadonlyArray<RuleGate> =>
  limits.breakers ? [...killGates(followed, limits), ...anomalyGates(followed, limits)] : []
