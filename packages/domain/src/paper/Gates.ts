/**
 * Asks the gates ({@link gatesOf}) about a leader's fill and says what to order, or which of them
 * refused. The same gates judge live, in replay and in simulation; every verdict is kept with the
 * copy.
 */
import { toGrain } from "../market/BookWalk.ts"
import { type MicroShares, scale, shares, usdc } from "../money/Micro.ts"
import type { Side } from "../trade/Trade.ts"
import type { Strategy } from "./CopyOutcome.ts"
import type { ArrivalFacts, BookFacts, GateLimits, Review, Verdict } from "./GateFacts.ts"
import { type Gate, gatesOf, type Order } from "./GateList.ts"

/** The part of our shares that follows the leader's sale: all of them when we know of no more. */
export const saleSize = (facts: {
  readonly heldShares: MicroShares
  readonly leaderSold: MicroShares
  readonly leaderKnown: MicroShares
}): MicroShares =>
  facts.leaderSold >= facts.leaderKnown
    ? facts.heldShares
    : toGrain(scale(facts.heldShares, facts.leaderSold, facts.leaderKnown))

/** Asks what needs nothing from the book. */
export const reviewArrival = (
  facts: ArrivalFacts,
  limits: GateLimits,
  strategy: Strategy = "portfolio",
): Review => ask(gatesOf[strategy].arrival, facts, facts.side, { budget: 0, size: 0 }, limits)

/** Asks the gates of the book; what passes is the order, clamped by every cap. */
export const reviewBook = (
  side: Side,
  facts: BookFacts,
  limits: GateLimits,
  strategy: Strategy = "portfolio",
): Review =>
  ask(
    gatesOf[strategy].book,
    facts,
    side,
    side === "BUY" ? { budget: facts.wanted, size: 0 } : { budget: 0, size: saleSize(facts) },
    limits,
  )

const ask = <Facts>(
  gates: ReadonlyArray<Gate<Facts>>,
  facts: Facts,
  side: Side,
  wanted: Order,
  limits: GateLimits,
): Review => {
  const verdicts: Array<Verdict> = []
  let order = wanted
  for (const gate of gates) {
    if (gate.side !== "both" && gate.side !== side) continue
    const value = gate.value(facts, order)
    const limit = gate.limit(facts, limits)
    const room = limit - value
    const passed =
      gate.clamps === true
        ? room >= Math.min(limits.leastBuy, wanted.budget)
        : gate.rule === "at least"
          ? room <= 0
          : gate.rule === "below"
            ? room > 0
            : room >= 0
    const { name, level, unit, outcome } = gate
    verdicts.push({ gate: name, level, unit, value, limit, outcome, passed })
    if (!passed) {
      return { verdicts, refused: verdicts.at(-1)!, budget: usdc(0), size: shares(0) }
    }
    if (gate.clamps === true) order = { ...order, budget: Math.min(order.budget, room) }
  }
  return { verdicts, refused: null, budget: usdc(order.budget), size: shares(order.size) }
}

const dayMs = 86_400_000

/** The UTC day a time falls on, counted from 1970-01-01. */
export const utcDay = (ms: number): number => Math.floor(ms / dayMs)

/** The Monday of that day's week; 1970-01-01 was a Thursday. */
export const mondayOf = (day: number): number => day - ((((day + 3) % 7) + 7) % 7)
