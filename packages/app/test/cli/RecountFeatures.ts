/**
 * The numbers of a window, counted from the ledger and the closed lots that `why ADDRESS:numbers` shows,
 * the long way round.
 */
import { type Rows, sumOf } from "./Traced.ts"

const dayMs = 86_400_000
const hourMs = 3_600_000

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

const medianOf = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  if (sorted.length === 0) return 0
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

const grouped = (pairs: ReadonlyArray<readonly [string | number, number]>) => {
  const sums = new Map<string | number, number>()
  for (const [key, value] of pairs) sums.set(key, (sums.get(key) ?? 0) + value)
  return sums
}

const fallOf = (daily: ReadonlyArray<number>, capital: number): number => {
  let [equity, peak, deepest] = [capital, capital, 0]
  for (const pnl of daily) {
    equity += pnl
    peak = Math.max(peak, equity)
    if (peak > 0) deepest = Math.max(deepest, (peak - equity) / peak)
  }
  return Math.min(1, deepest)
}

const sharpeOf = (daily: ReadonlyArray<number>, capital: number): number => {
  if (daily.length < 2 || capital <= 0) return 0
  const returns = daily.map((pnl) => pnl / capital)
  const mean = sumOf(returns) / returns.length
  const deviation = Math.sqrt(sumOf(returns.map((one) => (one - mean) ** 2)) / returns.length)
  return deviation <= 1e-12 ? 0 : (mean / deviation) * Math.sqrt(252)
}

/** `days` null: the whole history. */
export const recountFeatures = (
  ledger: Rows,
  closings: Rows,
  held: Rows,
  atMs: number,
  days: number | null,
): Readonly<Record<string, number>> => {
  const n = (row: Rows[number], name: string) => Number(row[name])
  const allFills = ledger.filter(({ kind }) => kind === "buy" || kind === "sell")
  const fromMs = days === null ? 0 : atMs - days * dayMs
  const within = (name: string) => (row: Rows[number]) => n(row, name) >= fromMs
  const fills = allFills.filter(within("at_ms"))
  const closed = closings.filter(within("closed_at_ms"))
  const usdc = fills.map((row) => Math.round((n(row, "size") * n(row, "price")) / 1_000_000))
  const pnl = closed.map((row) => n(row, "proceeds") - n(row, "cost"))
  const cost = sumOf(closed.map((row) => n(row, "cost")))
  const since = Math.max(fromMs, n(allFills[0]!, "at_ms"))
  const observedDays = Math.min(days ?? Infinity, Math.max(1, (atMs - since) / dayMs))
  const wins = pnl.filter((one) => one > 0)
  const markets = grouped(closed.map((row, i) => [String(row["condition"]), pnl[i]!]))
  const won = [...markets.values()].filter((one) => one > 0)
  const byDay = grouped(
    closed.map((row, i) => [Math.floor(n(row, "closed_at_ms") / dayMs), pnl[i]!]),
  )
  const daily = [...byDay].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, sum]) => sum)
  const capital = Math.max(0, ...ledger.filter(within("at_ms")).map((row) => n(row, "at_work")))
  const volumes = grouped(fills.map((row) => [String(row["condition"]), n(row, "size")]))
  const topics = grouped(fills.map((row) => [String(row["topic"]), n(row, "size")]))
  const volume = sumOf([...volumes.values()])
  const topicOf = new Map(ledger.map((row) => [row["condition"], String(row["topic"])]))
  const [top] = [...topics].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  const inTop = closed.filter((row) => topicOf.get(row["condition"]) === top?.[0])
  const madeInTop = grouped(
    inTop.map((row) => [String(row["condition"]), n(row, "proceeds") - n(row, "cost")]),
  )
  const largest = [...volumes.values()].toSorted((a, b) => b - a).slice(0, 3)
  const buys = fills.filter(({ kind }) => kind === "buy").length
  const mean = share(sumOf(usdc), usdc.length)
  const variance = share(sumOf(usdc.map((one) => (one - mean) ** 2)), usdc.length)
  const times = fills.map((row) => n(row, "at_ms"))
  const busiest = Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at - from <= hourMs).length),
  )
  const holds = closed.map((row) => n(row, "closed_at_ms") - n(row, "opened_at_ms"))
  return {
    windowDays: days ?? Math.ceil(observedDays),
    tradeCount: fills.length,
    uniqueMarkets: volumes.size,
    observedDays,
    tradesPerDay: fills.length / observedDays,
    tradesPerWeek: (fills.length / observedDays) * 7,
    meanTradeMicro: Math.round(mean),
    turnoverMicro: sumOf(usdc),
    closedLots: closed.length,
    wins: wins.length,
    losses: closed.length - wins.length,
    winRate: closed.length === 0 ? Number.NaN : wins.length / closed.length,
    realizedMicro: sumOf(pnl),
    closedCostMicro: cost,
    roi: share(sumOf(pnl), cost),
    closedMarkets: markets.size,
    profitableMarkets: won.length,
    topMarketProfitShare: share(Math.max(0, ...won), sumOf(won)),
    meanWinMicro: Math.round(share(sumOf(wins), wins.length)),
    largestLossMicro: Math.max(0, ...pnl.map((one) => -one)),
    meanHoldHours: share(sumOf(holds), holds.length) / hourMs,
    medianHoldMinutes: medianOf(holds) / 60_000,
    capitalMicro: capital,
    maxDrawdown: fallOf(daily, capital),
    sharpe: sharpeOf(daily, capital),
    activePositions: new Set(
      held.flatMap((row) => (n(row, "size") > 10_000 ? [row["condition"]] : [])),
    ).size,
    concentration: share(sumOf(largest), volume),
    sizeCv: share(Math.sqrt(variance), mean),
    buySellBalance: fills.length === 0 ? 0 : 1 - Math.abs(2 * buys - fills.length) / fills.length,
    extremePriceRatio: share(
      fills.filter((row) => n(row, "price") >= 900_000 || n(row, "price") <= 100_000).length,
      fills.length,
    ),
    burstiness: share(busiest, fills.length),
    topDomainRatio: share(Math.max(0, ...topics.values()), volume),
    topDomainRoi: share(sumOf([...madeInTop.values()]), sumOf(inTop.map((row) => n(row, "cost")))),
    topDomainClosedMarkets: madeInTop.size,
    topDomainProfitableMarkets: [...madeInTop.values()].filter((made) => made > 0).length,
    unmatchedShares: sumOf(ledger.map((row) => n(row, "unmatched"))),
  }
}
