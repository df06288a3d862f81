/**
 * How a leader's fill ended for us: exactly one outcome per fill and strategy.
 */
import { Schema } from "effect"

export const CopyOutcome = Schema.Literals([
  "COPIED",
  "SKIPPED_WALLET_RISK",
  "SKIPPED_PORTFOLIO_RISK",
  "SKIPPED_DAILY_LOSS",
  "SKIPPED_WEEKLY_LOSS",
  "SKIPPED_HALTED",
  "SKIPPED_MARKET_CLOSED",
  "SKIPPED_MARKET_UNKNOWN",
  "SKIPPED_NO_BOOK",
  "SKIPPED_NO_FILL",
  "SKIPPED_DETECTION_LAG",
  "SKIPPED_STALE_FEED",
  "SKIPPED_BELOW_MINIMUM",
  "SKIPPED_NOTHING_TO_SELL",
  "SKIPPED_OVERLOAD",
  "FAILED",
])
export type CopyOutcome = typeof CopyOutcome.Type

/** A book of paper money with rules of its own. */
export const Strategy = Schema.Literals(["portfolio", "solo", "careless"])
export type Strategy = typeof Strategy.Type
