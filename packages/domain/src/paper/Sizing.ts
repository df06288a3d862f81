/**
 * How much a copy of a purchase should spend, before the caps clamp it.
 *
 * `flat` spends the same on each. `proportional` puts in the part of our bankroll that the leader put
 * in of theirs, at most the flat size and at least the least useful one. What the leader has is only
 * known in part: positions are seen, cash is not. Too small an estimate would make our copies too
 * large, so it is the most the positions were ever worth while we looked, and the purchase on top.
 * Where nothing is known, or not lately, no part of it is known either: the size is the least useful one.
 */
import { Schema } from "effect"
import { cost, type MicroUsdc, scale, usdc } from "../money/Micro.ts"
import type { Fill } from "../trade/Trade.ts"

export const SizingRule = Schema.Literals(["flat", "proportional"])
export type SizingRule = typeof SizingRule.Type

/** What sized a copy: a rule, or that the rule had nothing to go by. */
export const SizedBy = Schema.Literals([...SizingRule.literals, "least"])
export type SizedBy = typeof SizedBy.Type

export interface Sized {
  /** What was used, not what was asked for. */
  readonly rule: SizedBy
  readonly wanted: MicroUsdc
  /** The estimate it rests on; null when it rests on none. */
  readonly leaderBankroll: MicroUsdc | null
}

export interface SizingTerms {
  readonly rule: SizingRule
  readonly bankroll: MicroUsdc
  readonly buySize: MicroUsdc
  readonly leastBuy: MicroUsdc
}

/** `peak`: the most the leader's positions were worth; null when it is not known lately. */
export const sizeOf = (
  fill: Pick<Fill, "price" | "size">,
  peak: number | null,
  terms: SizingTerms,
): Sized => {
  const { bankroll, buySize, leastBuy, rule } = terms
  if (rule === "flat") return { rule, wanted: buySize, leaderBankroll: null }
  const least = usdc(Math.min(leastBuy, buySize))
  if (peak === null || peak <= 0) return { rule: "least", wanted: least, leaderBankroll: null }
  const spent = cost(fill.size, fill.price)
  const leaderBankroll = usdc(peak + spent)
  const share = scale(bankroll, spent, leaderBankroll)
  const wanted = usdc(Math.min(buySize, Math.max(share, least)))
  return { rule, wanted, leaderBankroll }
}
