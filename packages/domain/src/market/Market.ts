/**
 * A market: one condition with its outcome tokens, belonging to an event.
 *
 * Facts come from the venue's metadata and change: tick, status, end date, fee. The resolution is a
 * fact of its own ({@link Resolution}) and trusted only from the venue's resolution feed.
 */
import { Schema } from "effect"
import { ConditionId, TokenId } from "../Id.ts"
import { MicroShares, MicroUsdc, Price } from "../money/Micro.ts"

/** `open`: takes orders. `closed`: no longer trades, outcome not final. `resolved`: payouts known. */
export const MarketStatus = Schema.Literals(["open", "closed", "resolved"])
export type MarketStatus = typeof MarketStatus.Type

/** `fee = shares × rate × (p × (1 − p))^exponent`, taker only; `rate` in millionths. */
export const FeeSchedule = Schema.Struct({
  rate: Schema.Int,
  exponent: Schema.Int,
})
export type FeeSchedule = typeof FeeSchedule.Type

export const noFee: FeeSchedule = { rate: 0, exponent: 1 }

export const OutcomeToken = Schema.Struct({
  token: TokenId,
  outcome: Schema.String,
  index: Schema.Int,
})
export type OutcomeToken = typeof OutcomeToken.Type

export const Market = Schema.Struct({
  condition: ConditionId,
  question: Schema.String,
  slug: Schema.String,
  /** The event's slug; the market's own slug or condition when it stands alone. */
  eventSlug: Schema.String,
  /** The broad topic ("Politics"), or `unknown`. */
  domain: Schema.String,
  status: MarketStatus,
  tokens: Schema.Array(OutcomeToken),
  tick: Price,
  minimumSize: MicroShares,
  fee: FeeSchedule,
  /** The venue holds taker orders back this long, milliseconds. */
  delayMs: Schema.Int,
  negRisk: Schema.Boolean,
  liquidity: MicroUsdc,
  volume24h: MicroUsdc,
  endAtMs: Schema.NullOr(Schema.Int),
})
export type Market = typeof Market.Type

/** Payouts in micro-USDC per share, one per outcome, in outcome order. 50/50 is `[500000, 500000]`. */
export const Resolution = Schema.Struct({
  condition: ConditionId,
  status: Schema.String,
  payouts: Schema.Array(Price),
  disputed: Schema.Boolean,
  resolvedAtMs: Schema.NullOr(Schema.Int),
})
export type Resolution = typeof Resolution.Type

/** Payouts may be used: the venue calls the market resolved and says what each outcome pays. */
export const isFinal = (resolution: Resolution): boolean =>
  resolution.status === "resolved" && resolution.payouts.length > 0
