/**
 * Winners out of `resolutions/`, and out of closed markets whose final prices say who won.
 *
 * A winner named only in words is looked up among the outcomes of the market and of the tape.
 * When nobody recorded the time: the condition's first REDEEM, else an hour after its last trade,
 * else the market's end, else always.
 */
import type { Found, Ledger } from "./Files.ts"
import { instantOf } from "./Instants.ts"
import type { RecordedMarket } from "./RecordedMarkets.ts"
import type { RowIndex } from "./RowIndex.ts"

const HOUR = 3_600_000

export interface RecordedResolution {
  readonly payouts: ReadonlyArray<number>
  readonly resolvedMs: number
}

interface Winner {
  readonly file: string
  readonly name: string
  readonly index: number | null
  readonly atMs: number | null
}

const firstWins: ReadonlyArray<number> = [1_000_000, 0]
const secondWins: ReadonlyArray<number> = [0, 1_000_000]
const halves: ReadonlyArray<number> = [500_000, 500_000]

export class RecordedResolutions {
  private readonly winners = new Map<string, Winner>()

  add(found: Found, ledger: Ledger): void {
    const { conditionId, winner, winnerIndex, resolvedAt } = found.value
    const condition = typeof conditionId === "string" ? conditionId.toLowerCase() : ""
    const index = winnerIndex === 0 || winnerIndex === 1 ? winnerIndex : null
    const name = typeof winner === "string" ? winner : ""
    if (!/^0x[0-9a-f]{64}$/.test(condition)) ledger.ignore(found.file, "no condition id")
    else if (index === null && name === "") ledger.ignore(found.file, "no winner")
    else {
      const before = this.winners.get(condition)
      this.winners.set(condition, {
        file: found.file,
        name,
        index: index ?? before?.index ?? null,
        atMs: instantOf(resolvedAt) ?? before?.atMs ?? null,
      })
    }
  }

  build(
    markets: ReadonlyMap<string, RecordedMarket>,
    index: RowIndex,
    ledger: Ledger,
  ): ReadonlyMap<string, RecordedResolution> {
    const resolutions = new Map<string, RecordedResolution>()
    for (const [condition, winner] of this.winners) {
      const market = markets.get(condition)
      const place = winner.index ?? outcomeNamed(winner.name, condition, market, index)
      if (place === null) ledger.ignore(winner.file, "winner is no outcome anybody named")
      else {
        const resolvedMs = winner.atMs ?? guessedTime(condition, market, index)
        resolutions.set(condition, { payouts: place === 0 ? firstWins : secondWins, resolvedMs })
      }
    }
    for (const [condition, market] of markets) {
      const payouts = market.recordedClosed ? finalPayouts(market.recordedPrices) : null
      if (payouts === null || resolutions.has(condition)) continue
      const resolvedMs = market.closedMs ?? guessedTime(condition, market, index)
      resolutions.set(condition, { payouts, resolvedMs })
    }
    this.winners.clear()
    return resolutions
  }
}

const outcomeNamed = (
  name: string,
  condition: string,
  market: RecordedMarket | undefined,
  index: RowIndex,
): number | null => {
  const described = market?.outcomes.indexOf(name) ?? -1
  if (described === 0 || described === 1) return described
  for (const rank of index.ofCondition(condition)) {
    const traded = index.rows.outcomeIndex(rank)
    if (index.rows.outcome(rank) === name && traded <= 1) return traded
  }
  const usual = ["Yes", "No"].indexOf(name)
  return usual >= 0 ? usual : null
}

const guessedTime = (
  condition: string,
  market: RecordedMarket | undefined,
  index: RowIndex,
): number => {
  const ranks = index.ofCondition(condition)
  const redeem = ranks.find((rank) => index.rows.type(rank) === "REDEEM")
  if (redeem !== undefined) return index.rows.at(redeem) * 1000
  const trade = ranks.findLast((rank) => index.rows.type(rank) === "TRADE")
  if (trade !== undefined) return index.rows.at(trade) * 1000 + HOUR
  return market?.endMs ?? 0
}

/** Payouts when the prices leave no doubt: one is all, or both are exactly half. */
const finalPayouts = (prices: ReadonlyArray<number>): ReadonlyArray<number> | null => {
  const [first, second] = prices
  if (prices.length !== 2 || first === undefined || second === undefined) return null
  if (first > 0.999 && second < 0.001) return firstWins
  if (second > 0.999 && first < 0.001) return secondWins
  return first === 0.5 && second === 0.5 ? halves : null
}
