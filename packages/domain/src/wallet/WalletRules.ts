/**
 * The lifecycle of a wallet from candidate to followed and back.
 */
import { Schema } from "effect"

export const RulesState = Schema.Literals(["CANDIDATE", "PAPER_TRADING", "APPROVED", "STOPPED"])
export type RulesState = typeof RulesState.Type
