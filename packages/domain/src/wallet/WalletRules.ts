/**
 * The lifecycle of a wallet from candidate to followed and back.
 *
 * CANDIDATE → PAPER_TRADING (behaves like something that can be copied) → APPROVED (our own copies
 * earned) → STOPPED (a breach) → PAPER_TRADING again after a cool-down. {@link evaluateRules} looks at
 * one wallet and answers with the move and its reason, or with every reason why it stays; the caller
 * records moves as history. A wallet that is not followable never enters and leaves at once.
 */
import { Schema } from "effect"
import type { Features } from "./FeatureWindow.ts"
import {
  breachGates,
  copyGates,
  discoveryGates,
  profitEach,
  type RuleGate,
  type RulesReason,
  type RulesThresholds,
  type Style,
} from "./RuleGates.ts"
import { anomalyGates, type Followed, stopGates } from "./StopGates.ts"

export const RulesState = Schema.Literals(["CANDIDATE", "PAPER_TRADING", "APPROVED", "STOPPED"])
export type RulesState = typeof RulesState.Type

/** From each state, the states that may follow. */
export const rulesMoves: Readonly<Record<RulesState, ReadonlyArray<RulesState>>> = {
  CANDIDATE: ["PAPER_TRADING"],
  PAPER_TRADING: ["APPROVED", "STOPPED"],
  APPROVED: ["STOPPED"],
  STOPPED: ["PAPER_TRADING"],
}

export interface RulesSubject extends Followed {
  readonly state: RulesState
  /** When it entered its state. */
  readonly sinceMs: number
  readonly followable: boolean
  readonly month: Features | null
  readonly lastFillMs: number | null
  readonly baseline: Style | null
}

export interface RulesDecision {
  readonly to: RulesState
  /** Of a wallet that may not move on: the first gate of {@link failed}. */
  readonly reason: RulesReason
  readonly metric: number | null
  readonly threshold: number | null
  /** Every gate that fails where the wallet is. */
  readonly failed: ReadonlyArray<RuleGate>
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
      return (
        failing("STOPPED", [
          ...breachGates({ ...subject, idleDays: idleDaysOf(subject, nowMs) }, limits),
          ...stopGates(subject, limits),
        ]) ?? decide("APPROVED", "live_continue")
      )
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
): RulesDecision => ({ to, reason, metric, threshold, failed: [] })

/** The decision that failing gates make, or null when there is none. */
const failing = (to: RulesState, failed: ReadonlyArray<RuleGate>): RulesDecision | null => {
  const [first] = failed
  if (first === undefined) return null
  const { metric, reason, threshold } = first
  return { to, reason, metric, threshold, failed }
}

const discovery = (subject: RulesSubject, limits: RulesThresholds): RulesDecision =>
  failing(subject.state, [
    ...discoveryGates(subject.month, limits),
    ...anomalyGates(subject, limits),
  ]) ??
  decide("PAPER_TRADING", "passes_discovery", subject.month!.tradeCount, limits.min_trades_30d)

const idleDaysOf = (subject: RulesSubject, nowMs: number): number =>
  subject.lastFillMs === null
    ? Number.MAX_SAFE_INTEGER
    : Math.floor((nowMs - subject.lastFillMs) / 86_400_000)

const paper = (subject: RulesSubject, limits: RulesThresholds, nowMs: number): RulesDecision => {
  const { copies } = subject
  // What would be stopped at the next look is not approved at this one.
  const breaches = breachGates(
    { ...subject, baseline: null, idleDays: idleDaysOf(subject, nowMs) },
    limits,
  )
  const idle = breaches.filter(({ reason }) => reason === "live_inactive")
  return (
    failing("STOPPED", [...idle, ...stopGates(subject, limits)]) ??
    failing("PAPER_TRADING", [...copyGates(copies, limits), ...breaches]) ??
    (limits.approval === "copies"
      ? decide("APPROVED", "copies_earned", profitEach(copies), limits.min_profit_per_copy)
      : decide(
          "PAPER_TRADING",
          "waits_for_a_person",
          profitEach(copies),
          limits.min_profit_per_copy,
        ))
  )
}
