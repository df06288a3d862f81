/**
 * Risk of a series of daily profits, measured on the capital that was at work.
 *
 * Measured on profit alone a wallet that only loses has no drawdown and a positive Sharpe ratio;
 * with the capital as the base both say what happened. All values are micro-USDC and plain ratios.
 */

const dayMs = 86_400_000

/** Profits summed by UTC day, days in order; days without a closed lot are absent. */
export const dailyProfits = (
  closed: ReadonlyArray<{ readonly atMs: number; readonly pnl: number }>,
): ReadonlyArray<number> => {
  const days = new Map<number, number>()
  for (const { atMs, pnl } of closed) {
    const day = Math.floor(atMs / dayMs)
    days.set(day, (days.get(day) ?? 0) + pnl)
  }
  return [...days].toSorted(([a], [b]) => a - b).map(([, pnl]) => pnl)
}

/** The deepest fall of capital plus profit below its highest point so far, 0 … 1. */
export const maxDrawdown = (daily: ReadonlyArray<number>, capital: number): number => {
  let equity = Math.max(0, capital)
  let peak = equity
  let deepest = 0
  for (const pnl of daily) {
    equity += pnl
    peak = Math.max(peak, equity)
    if (peak > 0) deepest = Math.max(deepest, (peak - equity) / peak)
  }
  return Math.min(1, deepest)
}

/** Mean over standard deviation of the daily returns on capital, a year of 252 trading days; 0 for fewer than two days or no spread. */
export const sharpeRatio = (daily: ReadonlyArray<number>, capital: number): number => {
  if (daily.length < 2 || capital <= 0) return 0
  const returns = daily.map((pnl) => pnl / capital)
  const mean = returns.reduce((sum, r) => sum + r, 0) / returns.length
  const variance = returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / returns.length
  const deviation = Math.sqrt(variance)
  return deviation <= 1e-12 ? 0 : (mean / deviation) * Math.sqrt(252)
}
