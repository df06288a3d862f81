/**
 * A wallet's bets: of each market the first purchase, and only where the payout was known at the
 * moment of judgement. Later purchases in the same market say next to nothing new about skill, and
 * counted as if they did they ruin every error rate.
 */
import type { Entry, WalletEvidence } from "./Evidence.ts"

export interface Bet {
  readonly condition: string
  readonly outcomeIndex: number
  readonly atMs: number
  readonly price: number
  readonly payout: number
  readonly exclusive: boolean
}

export interface EventBets {
  readonly event: string
  /** In the order of purchase. */
  readonly bets: ReadonlyArray<Bet>
}

export interface WalletBets {
  readonly wallet: string
  /** By the name of the event. */
  readonly events: ReadonlyArray<EventBets>
  /** Purchases seen by then, resolved or not. */
  readonly entries: number
}

/** Prices nearer to 0 or 1 are no bets on anything a wallet could know better. */
export const nearest = 0.005

export const betsOf = ({ wallet, entries }: WalletEvidence, asOfMs: number): WalletBets => {
  const seen = entries.filter(({ atMs }) => atMs <= asOfMs)
  const first = new Map<string, Entry>()
  for (const entry of seen) {
    const known = first.get(entry.condition)
    if (known === undefined || before(entry, known)) first.set(entry.condition, entry)
  }
  const events = new Map<string, Array<Bet>>()
  for (const entry of [...first.values()].toSorted((a, b) => (before(a, b) ? -1 : 1))) {
    const bet = betOf(entry, asOfMs)
    if (bet === null) continue
    const others = events.get(entry.event)
    if (others === undefined) events.set(entry.event, [bet])
    else others.push(bet)
  }
  return {
    wallet,
    entries: seen.length,
    events: [...events]
      .map(([event, bets]) => ({ event, bets }))
      .toSorted((a, b) => (a.event < b.event ? -1 : 1)),
  }
}

const betOf = (entry: Entry, asOfMs: number): Bet | null => {
  const { condition, outcomeIndex, atMs, price, payout, resolvedAtMs } = entry
  const known = payout !== null && resolvedAtMs !== null && resolvedAtMs <= asOfMs
  if (!known || !(price > nearest && price < 1 - nearest)) return null
  return { condition, outcomeIndex, atMs, price, payout, exclusive: entry.exclusive === true }
}

/** A total order, so that the order in which rows were read does not matter. */
const before = (a: Entry, b: Entry): boolean =>
  a.atMs !== b.atMs
    ? a.atMs < b.atMs
    : a.condition !== b.condition
      ? a.condition < b.condition
      : a.outcomeIndex !== b.outcomeIndex
        ? a.outcomeIndex < b.outcomeIndex
        : a.price < b.price
