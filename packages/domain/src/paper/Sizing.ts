/**
 * How much a copy of a purchase should spend, before the caps clamp it.
 *
 * `flat` spends the same on each. `proportional` puts in the part of our bankroll that the leader put
 * in of theirs, at most the flat size and at least the least useful one. What the leader has is only
 * known in part: positions are seen, cash is not. Too small an estimate would make our copies too
 * large, so it is the most the positions were ever worth while we looked, and the purchase on top.
 * Where nothing is known, or not lately, the size is flat.
 */
import { Schema } from "effect"
import { cost, type MicroUsdc, scale, usdc } from "../money/Micro.ts"
import type { Fill } from "../trade/Trade.ts"

export const SizingRule = Schema.Literals(["flat", "proportional"])
export type SizingRule = typeof SizingRule.Type

export interface Sized {
  /** The rule that was used, not the one that was asked for. */
  readonly rule: SizingRule
  readonly wanted: MicroUsdc
  /** The estimate it rests on; null when the size is flat. */
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
  if (rule === "flat" || peak === null || peak <= 0) {
    return { rule: "flat", wanted: buySize, leaderBankroll: null }
  }
  const spent = cost(fill.size, fill.price)
  const leaderBankroll = usdc(peak + spent)
  const share = scale(bankroll, spent, leaderBankroll)
  const wanted = usdc(Math.min(buySize, Math.max(share, Math.min(leastBuy, buySize))))
  return { rule, wanted, leaderBankroll }
}
