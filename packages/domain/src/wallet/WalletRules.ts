/**
 * The lifecycle of a wallet from candidate to followed and back.
 *
 * CANDIDATE → PAPER_TRADING (behaves like something that can be copied) → APPROVED (our own copies
 * earned) → STOPPED (a breach) → PAPER_TRADING again after a cool-down. {@link evaluateRules} looks at
 * one wallet and answers with the move and its reason, or with the reason why it stays; the caller
 * records moves only. A wallet that is not followable never enters and leaves at once.
 */
import { Schema } from "effect"
import type { Features } from "./FeatureWindow.ts"

export const RulesState = Schema.Literals(["CANDIDATE", "PAPER_TRADING", "APPROVED", "STOPPED"])
export type RulesState = typeof RulesState.Type

/** From each state, the states that may follow. */
export const rulesMoves: Readonly<Record<RulesState, ReadonlyArray<RulesState>>> = {
  CANDIDATE: ["PAPER_TRADING"],
  PAPER_TRADING: ["APPROVED", "STOPPED"],
  APPROVED: ["STOPPED"],
  STOPPED: ["PAPER_TRADING"],
}

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
  "approved_by_owner",
  "live_inactive",
  "live_drawdown_breach",
  "live_style_drift",
  "live_theme_concentration",
  "live_continue",
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
  readonly breakers: boolean
  readonly max_idle_days: number
  readonly max_live_drawdown: number
  readonly max_style_drift: number
  readonly max_theme_concentration: number
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

export interface RulesSubject {
  readonly state: RulesState
  /** When it entered its state. */
  readonly sinceMs: number
  readonly followable: boolean
  readonly month: Features | null
  readonly quarter: Features | null
  readonly lastFillMs: number | null
  readonly baseline: Style | null
  readonly copies: CopyEvidence
}

export interface RulesDecision {
  readonly to: RulesState
  readonly reason: RulesReason
  readonly metric: number | null
  readonly threshold: number | null
}

export const evaluateRules = (
  subject: RulesSubject,
  limits: RulesThresholds,
  nowMs: number,
): RulesDecision => {
  const { state } = subject
  if (!subject.followable) {
    const followed = state === "PAPER_TRADING" || state === "APPROVED"
    return decide(followed ? "STOPPED" : state, "not_followable")
  }
  switch (state) {
    case "CANDIDATE":
      return discovery(subject, limits)
    case "STOPPED": {
      const stoppedFor = nowMs - subject.sinceMs
      return stoppedFor < limits.cool_down_ms
        ? decide("STOPPED", "cooling_down", stoppedFor, limits.cool_down_ms)
        : discovery(subject, limits)
    }
    case "PAPER_TRADING":
      return paper(subject, limits, nowMs)
    case "APPROVED":
      return live(subject, limits, nowMs)
  }
}

/** Why an owner's approval is refused, or the move it makes. */
export type OwnerApproval =
  | { readonly kind: "move"; readonly decision: RulesDecision }
  | { readonly kind: "refused"; readonly why: string }

/** An owner may approve what is paper traded, whatever our copies of it earned so far. */
export const approveByOwner = ({
  followable,
  state,
}: Pick<RulesSubject, "state" | "followable">): OwnerApproval => {
  if (!followable)
    return { kind: "refused", why: "it is not followable: its verdict is against it" }
  switch (state) {
    case "PAPER_TRADING":
      return { kind: "move", decision: decide("APPROVED", "approved_by_owner") }
    case "APPROVED":
      return { kind: "refused", why: "it is approved already" }
    case "CANDIDATE":
      return {
        kind: "refused",
        why: "it is a candidate: only what is paper traded can be approved",
      }
    case "STOPPED":
      return { kind: "refused", why: "it is stopped: it is paper traded again after its cool-down" }
  }
}

const decide = (
  to: RulesState,
  reason: RulesReason,
  metric: number | null = null,
  threshold: number | null = null,
): RulesDecision => ({ to, reason, metric, threshold })

const discovery = (subject: RulesSubject, limits: RulesThresholds): RulesDecision => {
  const { state, month } = subject
  const stay = (reason: RulesReason, metric: number, threshold: number) =>
    decide(state, reason, metric, threshold)
  const trades = month?.tradeCount ?? 0
  if (month === null || trades < limits.min_trades_30d) {
    return stay("not_enough_trades_for_discovery", trades, limits.min_trades_30d)
  }
  if (month.tradesPerDay > limits.max_trades_per_day) {
    return stay("too_active_for_discovery", month.tradesPerDay, limits.max_trades_per_day)
  }
  if (month.uniqueMarkets > limits.max_markets_30d) {
    return stay("too_many_markets_for_discovery", month.uniqueMarkets, limits.max_markets_30d)
  }
  if (month.closedLots > 0 && month.medianHoldMinutes < limits.min_median_hold_minutes) {
    return stay(
      "holding_too_short_for_discovery",
      month.medianHoldMinutes,
      limits.min_median_hold_minutes,
    )
  }
  if (month.sizeCv > limits.max_size_cv) {
    return stay("size_profile_too_uneven", month.sizeCv, limits.max_size_cv)
  }
  if (month.burstiness > limits.max_burstiness) {
    return stay("bursty_or_speed_like", month.burstiness, limits.max_burstiness)
  }
  return decide("PAPER_TRADING", "passes_discovery", trades, limits.min_trades_30d)
}

const idleDaysOf = (subject: RulesSubject, nowMs: number): number =>
  subject.lastFillMs === null
    ? Number.MAX_SAFE_INTEGER
    : Math.floor((nowMs - subject.lastFillMs) / 86_400_000)

const paper = (subject: RulesSubject, limits: RulesThresholds, nowMs: number): RulesDecision => {
  const { copies } = subject
  const idle = idleDaysOf(subject, nowMs)
  if (limits.breakers && idle > limits.max_idle_days) {
    return decide("STOPPED", "live_inactive", idle, limits.max_idle_days)
  }
  if (copies.settled < limits.min_settled_copies) {
    return decide(
      "PAPER_TRADING",
      "not_enough_settled_copies",
      copies.settled,
      limits.min_settled_copies,
    )
  }
  const each = copies.profitMicro / copies.settled
  if (each < limits.min_profit_per_copy) {
    return decide("PAPER_TRADING", "copy_profit_too_low", each, limits.min_profit_per_copy)
  }
  if (copies.drawdown > limits.max_copy_drawdown) {
    return decide(
      "PAPER_TRADING",
      "copy_drawdown_too_high",
      copies.drawdown,
      limits.max_copy_drawdown,
    )
  }
  // What would be stopped at the next look is not approved at this one.
  const breach = breachOf({ ...subject, baseline: null }, limits, nowMs)
  return breach === null
    ? decide("APPROVED", "copies_earned", each, limits.min_profit_per_copy)
    : { ...breach, to: "PAPER_TRADING" }
}

/** What stops an approved wallet now, or null. */
const breachOf = (
  subject: RulesSubject,
  limits: RulesThresholds,
  nowMs: number,
): RulesDecision | null => {
  if (!limits.breakers) return null
  const stop = (reason: RulesReason, metric: number, threshold: number) =>
    metric > threshold ? decide("STOPPED", reason, metric, threshold) : null
  const { month, quarter, baseline } = subject
  const drift = month === null || baseline === null ? 0 : styleDrift(baseline, styleOf(month))
  return (
    stop("live_inactive", idleDaysOf(subject, nowMs), limits.max_idle_days) ??
    stop("live_drawdown_breach", quarter?.maxDrawdown ?? 0, limits.max_live_drawdown) ??
    stop("live_style_drift", drift, limits.max_style_drift) ??
    stop("live_theme_concentration", month?.topDomainRatio ?? 0, limits.max_theme_concentration)
  )
}

const live = (subject: RulesSubject, limits: RulesThresholds, nowMs: number): RulesDecision =>
  breachOf(subject, limits, nowMs) ?? decide("APPROVED", "live_continue")
