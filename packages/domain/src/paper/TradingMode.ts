/**
 * How far a book of paper money may trade, by its drawdown from the highest equity it had.
 *
 * `ACTIVE` buys and sells, `REDUCING` only sells, `HALTED` does neither; what is open settles in all
 * of them. A mode is entered at one drawdown and left at a smaller one, so that a book at the edge
 * does not flicker.
 */
import { Schema } from "effect"
import { ONE, scale } from "../money/Micro.ts"

export const TradingMode = Schema.Literals(["ACTIVE", "REDUCING", "HALTED"])
export type TradingMode = typeof TradingMode.Type

/** Drawdowns in parts per million; `resume` < `reduce` < `halt`. */
export interface ModeLimits {
  readonly resume: number
  readonly reduce: number
  readonly halt: number
}

/** What is missing from the peak, parts per million of it; 0 at the peak and above. */
export const drawdownOf = (equity: number, peak: number): number =>
  peak <= 0 || equity >= peak ? 0 : scale(peak - equity, ONE, peak)

export const nextMode = (mode: TradingMode, drawdown: number, limits: ModeLimits): TradingMode => {
  if (drawdown >= limits.halt) return "HALTED"
  if (drawdown <= limits.resume) return "ACTIVE"
  if (mode === "HALTED") return drawdown < limits.reduce ? "REDUCING" : "HALTED"
  return drawdown >= limits.reduce ? "REDUCING" : mode
}

/** The drawdown below which a book in this mode may buy. */
export const buysBelow = (mode: TradingMode, limits: ModeLimits): number =>
  mode === "ACTIVE" ? limits.reduce : limits.resume
