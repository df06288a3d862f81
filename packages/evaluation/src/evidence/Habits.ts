/**
 * How a wallet goes about trading, in the measures the personas name: a description that explains,
 * never a reason to refuse by itself.
 *
 * - flip rate: of purchases in a market where it had traded before, the share that goes against its
 *   last trade there (buys what it sold, or the other outcome).
 * - size Gini: how unequal its fills are in USDC, 0 equal … 1 one fill is all.
 * - median gap: seconds between one fill and the next, in the middle.
 * - better than mid: share of its first purchases below the mid price: orders that rest and are paid
 *   the spread, of those whose mid rests on trades of others.
 * - execution share: how much of what its first purchases made came from the price being better than
 *   mid, and not from being right: (mid − price) ÷ (payout − price), both summed over shares.
 * - loss against win: its largest loss of a market over its mean win of one.
 * - largest fill: the largest fill of the week before its newest one, over its median fill.
 * - top market: the best market's share in the profit of all profitable ones.
 *
 * Promises: pure; null where nothing can be said.
 */
import { ONE } from "@evaluator/domain/money/Micro"

export interface HabitFill {
  readonly atMs: number
  readonly condition: string
  readonly outcomeIndex: number
  readonly side: "BUY" | "SELL"
  readonly price: number
  readonly size: number
}

/** A first purchase with what became of it. Prices and payout in millionths. */
export interface HabitEntry {
  readonly price: number
  readonly size: number
  readonly mid: number
  readonly midFrom: number
  readonly payout: number | null
}

export interface Habits {
  /** Fills the habits rest on, the newest. */
  readonly fills: number
  readonly flipRate: number | null
  readonly sizeGini: number | null
  readonly medianGapSeconds: number | null
  readonly betterThanMid: number | null
  readonly executionShare: number | null
  readonly lossAgainstWin: number | null
  readonly topMarketShare: number | null
  readonly largestFill: number | null
}

/** What its fills alone tell. */
export type FillHabits = Pick<
  Habits,
  "fills" | "flipRate" | "sizeGini" | "medianGapSeconds" | "largestFill"
>

/** `fills` in time order. */
export const fillHabitsOf = (fills: ReadonlyArray<HabitFill>): FillHabits => ({
  fills: fills.length,
  flipRate: flipRate(fills),
  sizeGini: gini(fills.map(usdcOf)),
  medianGapSeconds: medianGap(fills),
  largestFill: largestFill(fills),
})

export const habitsOf = (fills: FillHabits, entries: ReadonlyArray<HabitEntry>): Habits => ({
  fills: fills.fills,
  flipRate: fills.flipRate,
  sizeGini: fills.sizeGini,
  medianGapSeconds: fills.medianGapSeconds,
  betterThanMid: betterThanMid(entries),
  executionShare: executionShare(entries),
  ...resultsOf(entries),
  largestFill: fills.largestFill,
})

const weekMs = 7 * 86_400_000

const usdcOf = (fill: HabitFill): number => (fill.price * fill.size) / ONE

const largestFill = (fills: ReadonlyArray<HabitFill>): number | null => {
  const usual = median(fills.map(usdcOf)) ?? 0
  if (usual <= 0) return null
  const fromMs = fills.at(-1)!.atMs - weekMs
  return Math.max(...fills.filter((fill) => fill.atMs >= fromMs).map(usdcOf)) / usual
}

const flipRate = (fills: ReadonlyArray<HabitFill>): number | null => {
  const last = new Map<string, HabitFill>()
  let again = 0
  let flips = 0
  for (const fill of fills) {
    const before = last.get(fill.condition)
    if (before !== undefined && fill.side === "BUY") {
      again += 1
      const other = before.outcomeIndex !== fill.outcomeIndex
      if (before.side === "BUY" ? other : !other) flips += 1
    }
    last.set(fill.condition, fill)
  }
  return again === 0 ? null : flips / again
}

/** Gini's coefficient of amounts; null for fewer than two or nothing at all. */
export const gini = (amounts: ReadonlyArray<number>): number | null => {
  const sorted = amounts.toSorted((a, b) => a - b)
  const total = sorted.reduce((sum, amount) => sum + amount, 0)
  if (sorted.length < 2 || total <= 0) return null
  const ranked = sorted.reduce((sum, amount, index) => sum + (index + 1) * amount, 0)
  return (2 * ranked) / (sorted.length * total) - (sorted.length + 1) / sorted.length
}

export const median = (values: ReadonlyArray<number>): number | null => {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const medianGap = (fills: ReadonlyArray<HabitFill>): number | null =>
  median(fills.slice(1).map((fill, index) => (fill.atMs - fills[index]!.atMs) / 1000))

const betterThanMid = (entries: ReadonlyArray<HabitEntry>): number | null => {
  const told = entries.filter((entry) => entry.midFrom > 0)
  return told.length === 0
    ? null
    : told.filter((entry) => entry.price < entry.mid).length / told.length
}

const executionShare = (entries: ReadonlyArray<HabitEntry>): number | null => {
  let execution = 0
  let made = 0
  for (const { mid, payout, price, size } of entries) {
    if (payout === null) continue
    execution += (mid - price) * size
    made += (payout - price) * size
  }
  return made <= 0 ? null : execution / made
}

const resultsOf = (entries: ReadonlyArray<HabitEntry>) => {
  let won = 0
  let wins = 0
  let best = 0
  let worst = 0
  for (const { payout, price, size } of entries) {
    if (payout === null) continue
    const made = ((payout - price) * size) / ONE
    if (made > 0) {
      won += made
      wins += 1
      best = Math.max(best, made)
    }
    worst = Math.max(worst, -made)
  }
  return {
    lossAgainstWin: wins === 0 ? null : worst / (won / wins),
    topMarketShare: wins === 0 ? null : best / won,
  }
}
