/**
 * What a wallet's behaviour looks like: a persona when it is worth following, exclusions when it is
 * not. The checks themselves are in `Classify.ts`.
 */
import { Schema } from "effect"

export const Persona = Schema.Literals([
  "INFORMED_SPECIALIST",
  "CONSISTENT_GENERALIST",
  "PATIENT_ACCUMULATOR",
])
export type Persona = typeof Persona.Type

/** Why a wallet is not followed. Stable codes: a number never becomes part of one. */
export const ExclusionCode = Schema.Literals([
  "KNOWN_BOT",
  "STAGE1_TOO_YOUNG",
  "STAGE1_TOO_FEW_TRADES",
  "STAGE1_INACTIVE",
  "INSUFFICIENT_ALL_TIME_ROI",
  "STAGE1_RECENT_LOSS",
  "SNIPER_INSIDER",
  "NOISE_TRADER",
  "NEWS_SNIPER",
  "LIQUIDITY_PROVIDER",
  "BOT_SWARM_MICRO",
  "TAIL_RISK_SELLER",
  "JACKPOT_GAMBLER",
  "INSUFFICIENT_PNL",
])
export type ExclusionCode = typeof ExclusionCode.Type

/** Why a wallet has no verdict yet. */
export const WaitingReason = Schema.Literals([
  "HISTORY_INCOMPLETE",
  "HISTORY_TOO_LARGE",
  "RESOLUTIONS_PENDING",
  "NOTHING_MATCHED",
])
export type WaitingReason = typeof WaitingReason.Type

/** A side label; it does not decide whether the wallet may be followed. */
export interface Trait {
  readonly key: "TOPIC_LANE" | "BONDER" | "WHALE"
  readonly value: string
}
