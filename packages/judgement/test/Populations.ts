/**
 * Small populations of known truth: events of a few correlated markets at fair prices, wallets that
 * pick sides, some of them with an edge.
 */
import type { CopyEvidence, Entry, WalletEvidence } from "@evaluator/judgement/Evidence"
import { normalShare } from "@evaluator/judgement/Normal"

export const dayMs = 86_400_000
export const asOfMs = 200 * dayMs

export const chanceOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
    return ((mixed ^ (mixed >>> 12)) >>> 0) / 4_294_967_296
  }
}

const normalOf = (chance: () => number) =>
  Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())

export interface PopulationOptions {
  readonly seed: number
  readonly wallets: number
  /** The first so many have this edge. */
  readonly skilled: number
  readonly edge: number
  readonly events?: number
  /** Share of the events a wallet takes part in. */
  readonly busy?: number
}

const copyCost = 0.02

export const populationOf = (options: PopulationOptions): ReadonlyArray<WalletEvidence> => {
  const { seed, wallets, skilled, edge, events = 150, busy = 0.5 } = options
  const chance = chanceOf(seed)
  const markets = Array.from({ length: events }, (_, event) => {
    const shared = normalOf(chance)
    return Array.from({ length: 1 + Math.floor(3 * chance()) }, (_unused, market) => {
      const price = 0.2 + 0.6 * chance()
      const latent = 0.5 * shared + Math.sqrt(0.75) * normalOf(chance)
      return {
        event: `e${event}`,
        condition: `e${event}m${market}`,
        price,
        yes: normalShare(latent) < price,
      }
    })
  })
  return Array.from({ length: wallets }, (_, i): WalletEvidence => {
    const own = i < skilled ? edge : 0
    const entries: Array<Entry> = []
    const copies: Array<CopyEvidence> = []
    for (const [day, event] of markets.entries()) {
      if (chance() > busy) continue
      for (const { price, yes, ...names } of event) {
        const picksYes =
          chance() < (yes ? (price + own) / (2 * price) : 0.5 - own / (2 - 2 * price))
        const paid = picksYes ? price : 1 - price
        const payout = picksYes === yes ? 1 : 0
        const atMs = (day + 10) * dayMs + i * 1_000_000
        const entry: Entry = {
          ...names,
          outcomeIndex: picksYes ? 0 : 1,
          atMs,
          price: paid,
          payout,
          resolvedAtMs: atMs + dayMs,
          costMicro: 10_000_000,
        }
        entries.push(entry)
        copies.push({
          ...names,
          atMs,
          settledAtMs: atMs + dayMs,
          costMicro: 25_000_000,
          pnlMicro: Math.round(25_000_000 * (payout / (paid + copyCost) - 1)),
          slippage: 0.005,
          outlay: { aShare: paid + copyCost, middle: paid },
        })
      }
    }
    const wallet = `w${String(i).padStart(3, "0")}`
    return { wallet, entries, copies, exclusions: [], completeShare: 1 }
  })
}
