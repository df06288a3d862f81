/**
 * Which outcome a trader buys at a look, if any.
 */
import { unit, type Dice } from "../Chance.ts"
import type { SeededMarket } from "./Calendar.ts"
import { touch } from "./Quotes.ts"
import type { Trader } from "./Traders.ts"

export const choose = (
  trader: Trader,
  market: SeededMarket,
  atMs: number,
  lean: 0 | 1 | null,
  dice: Dice,
): 0 | 1 | null => {
  const { behaviour } = trader
  const { bid, ask } = touch(market, atMs)
  const inBand = (price: number) =>
    price >= behaviour.band[0] * 1000 && price <= behaviour.band[1] * 1000
  const open0 = ask < 1000 && inBand(ask) && lean !== 1
  const open1 = bid > 0 && inBand(1000 - bid) && lean !== 0
  const ifOpen = (outcome: 0 | 1) => ((outcome === 0 ? open0 : open1) ? outcome : null)
  if (behaviour.choice === "band") return open0 ? 0 : open1 ? 1 : null
  if (behaviour.choice === "draw") return ifOpen(drawn(trader, market, atMs))
  if (behaviour.choice === "momentum") {
    const { path, hypothesis, listedMs } = market
    const earlier = Math.max(listedMs, atMs - trader.leadMs)
    const rise = path.mid(hypothesis, atMs) - path.mid(hypothesis, earlier)
    return Math.abs(rise) < behaviour.minimumEdge ? null : ifOpen(rise > 0 ? 0 : 1)
  }
  const belief = expected(trader, market, atMs) + behaviour.blur * dice.normal()
  const edge0 = open0 ? belief - ask / 1000 : -2
  const edge1 = open1 ? bid / 1000 - belief : -2
  const outcome = edge0 >= edge1 ? 0 : 1
  return Math.max(edge0, edge1) > behaviour.minimumEdge ? outcome : null
}

/** Probability of outcome 0 as a trader sees it who knows part of what is coming. */
const expected = (trader: Trader, market: SeededMarket, atMs: number): number => {
  const { path, hypothesis, closeMs } = market
  const fair = path.fair(hypothesis, atMs)
  const known = path.fair(hypothesis, Math.min(closeMs, atMs + trader.leadMs))
  return fair + trader.clarity * (known - fair)
}

/**
 * Outcome 0 or 1, drawn once for a group and market such that what is bought wins with the fair
 * probability plus the edge.
 */
const drawn = (trader: Trader, market: SeededMarket, atMs: number): 0 | 1 => {
  const { ifTrue, ifFalse } = drawChances(market.path.fair(market.hypothesis, atMs), trader.edge)
  const ofFirst = market.winner === 0 ? ifTrue : ifFalse
  return unit(trader.groupSeed, market.index, 46) < ofFirst ? 0 : 1
}

/**
 * With p the fair value of outcome 0 and e the edge, outcome 0 is bought with probability
 * (p + e) / 2p when it is the truth and (1 − p − e) / 2(1 − p) when it is not: half of the time in
 * all. Then P(true | bought) is p + e, and 1 − p + e for outcome 1. Where e > p or e > 1 − p the
 * chances are kept within 0…1, and the edge is what is left of it.
 */
const drawChances = (p: number, edge: number) => ({
  ifTrue: Math.min(1, Math.max(0, (p + edge) / (2 * p))),
  ifFalse: Math.min(1, Math.max(0, (1 - p - edge) / (2 * (1 - p)))),
})

/** P(an outcome is true | a trader that draws bought it), with p the fair value of outcome 0. */
export const drawWins = (p: number, edge: number, outcomeIndex: number): number => {
  const { ifTrue, ifFalse } = drawChances(p, edge)
  const [right, wrong] =
    outcomeIndex === 0
      ? [p * ifTrue, (1 - p) * ifFalse]
      : [(1 - p) * (1 - ifFalse), p * (1 - ifTrue)]
  return right / (right + wrong)
}
