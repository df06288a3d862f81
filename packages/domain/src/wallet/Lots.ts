/**
 * What a wallet holds and what it has earned: lots per outcome token, first in first out, strictly
 * in time order.
 *
 * Promises: the ordered ledger (`LedgerEntry.ts`) gives the same lots every time; shares are conserved (in = out + open, per token); a lot is
 * closed by a sale, a merge, a redemption or the market's resolution, so that a loser held to the
 * end counts as a loss. Yes and No are different tokens and never meet.
 * Does not: explain a neg-risk conversion or a transfer; shares given up without a lot are counted
 * in `unmatched` and earn nothing.
 */
import { cost, price, proceeds, scale, shares } from "../money/Micro.ts"
import type { LedgerEntry } from "./LedgerEntry.ts"

export interface LotMarket {
  readonly condition: string
  readonly domain: string
  /** Outcome tokens, in outcome order. */
  readonly tokens: ReadonlyArray<string>
  /** Micro-USDC per share in outcome order; null while the outcome is not final. */
  readonly payouts: ReadonlyArray<number> | null
}

export type CloseCause = "sold" | "merged" | "redeemed" | "resolved"

/** A piece of a lot that is gone. What it earned is `proceeds − cost`. */
export interface ClosedLot {
  readonly condition: string
  readonly token: string
  readonly openedAtMs: number
  readonly closedAtMs: number
  readonly size: number
  readonly cost: number
  readonly proceeds: number
  readonly cause: CloseCause
}

export interface OpenHolding {
  readonly condition: string
  readonly token: string
  readonly size: number
  readonly cost: number
  readonly oldestAtMs: number
}

interface Lot {
  size: number
  cost: number
  readonly atMs: number
}

interface Holding {
  readonly condition: string
  readonly token: string
  readonly lots: Array<Lot>
  /** Index of the oldest lot that is not empty. */
  head: number
  size: number
}

export class LotBook {
  private readonly markets: ReadonlyMap<string, LotMarket>
  private readonly holdings = new Map<string, Holding>()
  private openCostMicro = 0
  private unmatchedShares = 0

  constructor(markets: ReadonlyMap<string, LotMarket>) {
    this.markets = markets
  }

  /** Cost of everything held now, micro-USDC. */
  get openCost(): number {
    return this.openCostMicro
  }

  /** Shares given up that no lot explains. */
  get unmatched(): number {
    return this.unmatchedShares
  }

  /** Takes the next entry of the ordered ledger and returns what it closed. */
  apply(entry: LedgerEntry): ReadonlyArray<ClosedLot> {
    switch (entry.kind) {
      case "buy":
        this.add(
          entry.condition,
          entry.token!,
          entry.size,
          cost(shares(entry.size), price(entry.price)),
          entry.atMs,
        )
        return []
      case "sell":
        return this.close(entry.token!, entry.size, entry.price, entry, "sold")
      case "split":
        return this.split(entry)
      case "merge":
        return this.merge(entry)
      case "redeem":
        return this.redeem(entry)
      case "resolve":
        return this.settle(entry, "resolved")
    }
  }

  /** What is held now, by token. */
  open(): ReadonlyArray<OpenHolding> {
    return [...this.holdings.values()]
      .filter((holding) => holding.size > 0)
      .map((holding) => ({
        condition: holding.condition,
        token: holding.token,
        size: holding.size,
        cost: holding.lots.slice(holding.head).reduce((sum, lot) => sum + lot.cost, 0),
        oldestAtMs: holding.lots[holding.head]!.atMs,
      }))
  }

  /** How many conditions are held with more than `dust` micro-shares of a token. */
  conditionsHeld(dust: number): number {
    const held = new Set<string>()
    for (const { condition, size } of this.holdings.values()) if (size > dust) held.add(condition)
    return held.size
  }

  private add(condition: string, token: string, size: number, paid: number, atMs: number): void {
    if (size <= 0) return
    let holding = this.holdings.get(token)
    if (holding === undefined) {
      holding = { condition, token, lots: [], head: 0, size: 0 }
      this.holdings.set(token, holding)
    }
    holding.lots.push({ size, cost: paid, atMs })
    holding.size += size
    this.openCostMicro += paid
  }

  private tokensOf(condition: string): ReadonlyArray<string> {
    return this.markets.get(condition)?.tokens ?? []
  }

  private split(entry: LedgerEntry): ReadonlyArray<ClosedLot> {
    const tokens = this.tokensOf(entry.condition)
    for (const token of tokens) {
      this.add(
        entry.condition,
        token,
        entry.size,
        Math.round(entry.size / tokens.length),
        entry.atMs,
      )
    }
    return []
  }

  private merge(entry: LedgerEntry): ReadonlyArray<ClosedLot> {
    const tokens = this.tokensOf(entry.condition)
    const each = Math.round(1_000_000 / Math.max(1, tokens.length))
    return tokens.flatMap((token) => this.close(token, entry.size, each, entry, "merged"))
  }

  private redeem(entry: LedgerEntry): ReadonlyArray<ClosedLot> {
    const rate =
      entry.size > 0 ? Math.min(1_000_000, Math.round((entry.usdc * 1_000_000) / entry.size)) : 0
    if (entry.token !== null) {
      return this.close(entry.token, this.sizeOf(entry.token), rate, entry, "redeemed")
    }
    const market = this.markets.get(entry.condition)
    if (market?.payouts != null) return this.settle(entry, "redeemed")
    // The row names no token: it is the one whose holding comes nearest to the size.
    const tokens = market?.tokens ?? []
    const distance = (token: string) => Math.abs(this.sizeOf(token) - entry.size)
    const meant = tokens.toSorted((a, b) => distance(a) - distance(b))[0]
    // A share that is paid in full says that the other outcomes are worth nothing.
    const closing = rate === 1_000_000 ? tokens : tokens.filter((token) => token === meant)
    return closing.flatMap((token) =>
      this.close(token, this.sizeOf(token), token === meant ? rate : 0, entry, "redeemed"),
    )
  }

  private settle(entry: LedgerEntry, cause: CloseCause): ReadonlyArray<ClosedLot> {
    const market = this.markets.get(entry.condition)
    if (market?.payouts == null) return []
    const payouts = market.payouts
    return market.tokens.flatMap((token, index) =>
      this.close(token, this.sizeOf(token), payouts[index] ?? 0, entry, cause),
    )
  }

  private sizeOf(token: string): number {
    return this.holdings.get(token)?.size ?? 0
  }

  private close(
    token: string,
    size: number,
    at: number,
    entry: LedgerEntry,
    cause: CloseCause,
  ): ReadonlyArray<ClosedLot> {
    const holding = this.holdings.get(token)
    const closed: Array<ClosedLot> = []
    if (holding === undefined) {
      this.unmatchedShares += size
      return closed
    }
    let left = size
    while (left > 0 && holding.head < holding.lots.length) {
      const lot = holding.lots[holding.head]!
      const taken = Math.min(left, lot.size)
      const paid = taken === lot.size ? lot.cost : scale(lot.cost, taken, lot.size)
      lot.size -= taken
      lot.cost -= paid
      holding.size -= taken
      this.openCostMicro -= paid
      left -= taken
      if (lot.size === 0) holding.head += 1
      closed.push({
        condition: holding.condition,
        token,
        openedAtMs: lot.atMs,
        closedAtMs: entry.atMs,
        size: taken,
        cost: paid,
        proceeds: proceeds(shares(taken), price(at)),
        cause,
      })
    }
    if (holding.head > 64 && holding.head * 2 > holding.lots.length) {
      holding.lots.splice(0, holding.head)
      holding.head = 0
    }
    this.unmatchedShares += left
    return closed
  }
}
