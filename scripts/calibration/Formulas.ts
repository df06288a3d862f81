/**
 * What a screen of wallets usually ranks by: the WScore formula of the system this one follows, return
 * on investment and win rate, from the same rows, over the whole span.
 */
import { Duration } from "effect"
import { scoreWallet } from "@evaluator/domain/wallet/WalletScore"
import type { SeededWorld } from "@evaluator/venue/seeded/SeededWorld"
import type { VenueRow } from "@evaluator/venue/World"

export const formulaNames = ["wscore", "roi", "win_rate"] as const
export type FormulaName = (typeof formulaNames)[number]

/** What each needs to be followed. */
export const thresholds: Readonly<Record<FormulaName, number>> = {
  wscore: 0.6,
  roi: 0.05,
  win_rate: 0.6,
}

/**
 * The formula's own weights; drift was always zero there, so timing is one half, and it knew no lane and no
 * decay.
 */
const weights = {
  edge_weight: 0.3,
  consistency_weight: 0.25,
  market_skill_weight: 0.2,
  timing_weight: 0.15,
  behaviour_weight: 0.1,
  young_multiplier: 0.8,
  obscurity_multiplier: 1.2,
  lane_multiplier: 1,
  half_life: Duration.infinity,
}
const fewestTrades = 10
const burstSeconds = 60

interface Position {
  readonly condition: string
  paid: number
  got: number
  shares: number
  endedSeconds: number
}

export const formulasOf = (
  world: SeededWorld,
  trades: ReadonlyArray<VenueRow>,
): Readonly<Record<FormulaName, number>> => {
  const { epochMs } = world.parameters
  const positions = new Map<string, Position>()
  let [extreme, bursts, before] = [0, 0, Number.NEGATIVE_INFINITY]
  for (const { token, condition, side, usdc, size, price, atSeconds } of trades) {
    const known = positions.get(token)
    const position = known ?? { condition, paid: 0, got: 0, shares: 0, endedSeconds: 0 }
    positions.set(token, position)
    if (side === "BUY") position.paid += usdc
    else position.got += usdc
    position.shares += side === "BUY" ? size : -size
    position.endedSeconds = atSeconds
    if (price <= 0.1 || price >= 0.9) extreme++
    if (atSeconds - before < burstSeconds) bursts++
    before = atSeconds
  }
  const ended: Array<Position> = []
  for (const [token, position] of positions) {
    if (position.shares < 0.01) {
      ended.push(position)
      continue
    }
    const market = world.market(position.condition, epochMs)!
    const { payouts, resolvedMs } = world.resolution(position.condition, epochMs)!
    if (resolvedMs === null) continue
    position.got += (position.shares * payouts[market.tokens.indexOf(token)]!) / 1e6
    position.endedSeconds = resolvedMs / 1000
    ended.push(position)
  }
  if (trades.length < fewestTrades || ended.length === 0) return { wscore: 0, roi: -1, win_rate: 0 }
  const paid = ended.reduce((sum, position) => sum + position.paid, 0)
  const profit = ended.reduce((sum, position) => sum + position.got - position.paid, 0)
  const wins = ended.filter(({ got, paid: cost }) => got > cost).length
  const markets = Map.groupBy(ended, ({ condition }) => condition)
  const profitable = [...markets.values()].filter(
    (group) => group.reduce((sum, { got, paid: cost }) => sum + got - cost, 0) > 0,
  ).length
  const roi = paid > 0 ? profit / paid : 0
  const { wscore } = scoreWallet(
    {
      roiPercent: 100 * roi,
      deviation: 50 * drawdownOf(ended, paid),
      hitRate: wins / ended.length,
      profitableMarkets: profitable,
      markets: markets.size,
      driftCents: 0,
      noise: (0.5 * extreme) / trades.length + (0.5 * bursts) / trades.length,
      ageDays: 120,
      onLeaderboard: false,
      lane: null,
      idleDays: 0,
    },
    weights,
  )
  return { wscore, roi, win_rate: wins / ended.length }
}

/** Largest fall of the summed profit, as a share of all that was paid. */
const drawdownOf = (ended: ReadonlyArray<Position>, paid: number): number => {
  let [sum, highest, fall] = [0, 0, 0]
  for (const position of ended.toSorted((a, b) => a.endedSeconds - b.endedSeconds)) {
    sum += position.got - position.paid
    highest = Math.max(highest, sum)
    fall = Math.max(fall, highest - sum)
  }
  return paid > 0 ? fall / paid : 0
}
