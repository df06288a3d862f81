/**
 * The limit: what one would find who knows how skill works in these worlds and reads the same rows.
 *
 * It knows the share of the skilled, their edges, the venue's spread, the bias of prices and the law
 * by which a skilled wallet picks: given how markets end, its picks are independent from market to
 * market, so the likelihood ratio is the plain product over the markets, whatever the outcomes have
 * in common.
 */
import { logRatio } from "@evaluator/judgement/EdgeLikelihood"
import type { Entry } from "@evaluator/judgement/Evidence"

export interface OracleKnows {
  readonly skilled: number
  readonly edge: readonly [number, number]
  readonly bias: number
}

const steps = 10
/** 1 ÷ the largest value of p (1 − p) (1 − 2p), as the world has it. */
const steepest = 6 * Math.sqrt(3)

/** The fair value behind a middle price that is off by the bias. */
export const unbiased = (middle: number, bias: number): number => {
  let value = middle
  for (let i = 0; i < 20; i++) {
    value = middle - bias * steepest * value * (1 - value) * (1 - 2 * value)
  }
  return value
}

/** P(no edge) given a wallet's entries that were resolved by a moment. */
export const oracleLocalFdr = (
  entries: ReadonlyArray<Entry>,
  asOfMs: number,
  { skilled, edge: [low, high], bias }: OracleKnows,
): number => {
  const seen = new Set<string>()
  const ratios = Array.from({ length: steps + 1 }, () => 0)
  for (const { condition, price, payout, resolvedAtMs } of entries) {
    if (seen.has(condition)) continue
    seen.add(condition)
    if (resolvedAtMs === null || resolvedAtMs > asOfMs || payout === null) continue
    if (payout !== 0 && payout !== 1) continue
    const fair = unbiased(price, bias)
    for (const i of ratios.keys()) {
      ratios[i]! += logRatio(fair, low + ((high - low) * i) / steps, payout)
    }
  }
  const ratio = ratios.reduce((sum, one) => sum + Math.exp(one), 0) / ratios.length
  return (1 - skilled) / (1 - skilled + skilled * ratio)
}
