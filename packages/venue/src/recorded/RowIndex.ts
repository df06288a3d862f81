/**
 * Ranks of recorded rows by wallet and by condition, and pages of them. A fill recorded from the feed of
 * trades stands in its wallet's ledger too, as at the venue: a ledger without it would say that it failed.
 */
import type { RowQuery, VenueRow } from "../World.ts"
import { TRADES, type RecordedRows } from "./RecordedRows.ts"

export class RowIndex {
  readonly rows: RecordedRows
  private readonly byWallet = new Map<number, Array<number>>()
  private readonly byCondition = new Map<number, Array<number>>()

  constructor(rows: RecordedRows) {
    this.rows = rows
    for (let rank = 0; rank < rows.count; rank++) {
      listOf(this.byWallet, rows.wallet(rank)).push(rank)
      if (rows.condition(rank) !== 0) listOf(this.byCondition, rows.condition(rank)).push(rank)
    }
  }

  /** Each wallet with the ranks of its rows. */
  wallets(): ReadonlyArray<readonly [wallet: string, ranks: ReadonlyArray<number>]> {
    return [...this.byWallet].map(([number, ranks]) => [this.rows.strings.text(number), ranks])
  }

  ofCondition(condition: string): ReadonlyArray<number> {
    const number = this.rows.strings.known(condition)
    return number === undefined ? [] : (this.byCondition.get(number) ?? [])
  }

  page(query: RowQuery, nowMs: number): ReadonlyArray<VenueRow> {
    const { rows } = this
    const ranks = this.candidates(query)
    const conditions =
      query.conditions === undefined
        ? null
        : new Set([...query.conditions].map((condition) => rows.strings.known(condition)))
    const user = query.user === undefined ? null : rows.strings.known(query.user)
    const lastSecond = Math.min(query.toSeconds, Math.floor(nowMs / 1000))
    let low = lowerBound(ranks, rows.firstAt(query.fromSeconds))
    let high = lowerBound(ranks, rows.firstAt(lastSecond + 1))
    const descending = query.order === "desc"
    if (query.after !== null && descending) high = Math.min(high, lowerBound(ranks, query.after))
    if (query.after !== null && !descending) low = Math.max(low, lowerBound(ranks, query.after + 1))
    const found: Array<VenueRow> = []
    for (let i = low; i < high && found.length < query.limit; i++) {
      const rank = ranks.at(descending ? high - 1 - (i - low) : i)
      if (user !== null && rows.wallet(rank) !== user) continue
      if (conditions !== null && !conditions.has(rows.condition(rank))) continue
      if (this.matches(query, rank)) found.push(rows.row(rank))
    }
    return found
  }

  private matches(query: RowQuery, rank: number): boolean {
    const { rows } = this
    if (query.feed === "trades" && rows.feed(rank) !== TRADES) return false
    if (query.type !== undefined && rows.type(rank) !== query.type) return false
    if (query.side !== undefined && rows.side(rank) !== query.side) return false
    if (query.minimumShares > 0 && rows.size(rank) < query.minimumShares) return false
    return !(query.minimumUsdc > 0 && rows.size(rank) * rows.price(rank) < query.minimumUsdc)
  }

  private candidates(query: RowQuery): Ranks {
    if (query.user !== undefined) {
      const number = this.rows.strings.known(query.user)
      return list(number === undefined ? [] : (this.byWallet.get(number) ?? []))
    }
    if (query.conditions?.size === 1) return list(this.ofCondition([...query.conditions][0]!))
    return { length: this.rows.count, at: (i) => i }
  }
}

/** Ranks in ascending order. */
interface Ranks {
  readonly length: number
  readonly at: (index: number) => number
}

const list = (ranks: ReadonlyArray<number>): Ranks => ({
  length: ranks.length,
  at: (i) => ranks[i]!,
})

const lowerBound = (ranks: Ranks, rank: number): number => {
  let low = 0
  let high = ranks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranks.at(middle) < rank) low = middle + 1
    else high = middle
  }
  return low
}

const listOf = (map: Map<number, Array<number>>, key: number): Array<number> => {
  const known = map.get(key)
  if (known !== undefined) return known
  const fresh: Array<number> = []
  map.set(key, fresh)
  return fresh
}
