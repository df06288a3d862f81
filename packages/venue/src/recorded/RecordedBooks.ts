/**
 * Order books: those recorded, good for five minutes each, or books assumed from the tape.
 *
 * An assumed book stands around the last price of its token (or what the other token's says), half
 * the spread away on each side, with more size than anybody takes. It carries `assumed`.
 */
import type { Level, VenueBook } from "../World.ts"
import type { Found, Ledger } from "./Files.ts"
import { instantOf } from "./Instants.ts"
import type { RecordedMarket } from "./RecordedMarkets.ts"
import type { RowIndex } from "./RowIndex.ts"

/** How long a recorded book is served. */
export const bookLifeMs = 5 * 60_000
const ampleShares = 1_000_000

/** `recorded` serves what was recorded; a spread also builds books from the tape. */
export type BookSource =
  | { readonly kind: "recorded" }
  | { readonly kind: "assume"; readonly spread: number }

/** `recorded`, or `assume:0.02`; `null` for anything else. */
export const parseBooks = (text: string): BookSource | null => {
  if (text === "recorded") return { kind: "recorded" }
  const spread = /^assume:(0?\.\d+)$/.exec(text)?.[1]
  return spread === undefined ? null : { kind: "assume", spread: Number(spread) }
}

interface Snapshot {
  readonly atMs: number
  readonly hash: string
  readonly condition: string
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
  readonly tick: number | null
  readonly minimumSize: number | null
  readonly negRisk: boolean
  readonly lastTrade: number | null
}

export class RecordedBooks {
  private readonly byToken = new Map<string, Array<Snapshot>>()

  add(found: Found, ledger: Ledger): void {
    const row = found.value
    const token = row["asset_id"]
    const atMs = instantOf(row["timestamp"])
    if (typeof token !== "string" || atMs === null) {
      return ledger.ignore(found.file, "o" in row && "c" in row ? "price bar" : "no order book")
    }
    const snapshot: Snapshot = {
      atMs,
      hash: String(row["hash"] ?? ""),
      condition: String(row["market"] ?? "").toLowerCase(),
      bids: levels(row["bids"], -1),
      asks: levels(row["asks"], 1),
      tick: numberIn(row["tick_size"]),
      minimumSize: numberIn(row["min_order_size"]),
      negRisk: row["neg_risk"] === true,
      lastTrade: numberIn(row["last_trade_price"]),
    }
    const known = this.byToken.get(token)
    if (known === undefined) this.byToken.set(token, [snapshot])
    else known.push(snapshot)
  }

  /** The youngest book recorded in the last five minutes. */
  recorded(token: string, market: RecordedMarket | undefined, nowMs: number): VenueBook | null {
    let youngest: Snapshot | null = null
    for (const snapshot of this.byToken.get(token) ?? []) {
      if (snapshot.atMs > nowMs || nowMs - snapshot.atMs > bookLifeMs) continue
      if (youngest === null || snapshot.atMs > youngest.atMs) youngest = snapshot
    }
    if (youngest === null) return null
    return {
      ...youngest,
      token,
      tick: youngest.tick ?? market?.tick ?? 0.01,
      minimumSize: youngest.minimumSize ?? market?.minimumSize ?? 5,
      assumed: false,
    }
  }
}

/** The price of a token in the condition's last trade by now, `null` when there was none. */
export const lastPrice = (
  token: number,
  condition: string,
  index: RowIndex,
  nowMs: number,
): { readonly price: number; readonly atMs: number } | null => {
  const { rows } = index
  const ranks = index.ofCondition(condition)
  let low = 0
  let high = ranks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows.at(ranks[middle]!) * 1000 <= nowMs) low = middle + 1
    else high = middle
  }
  for (let i = low - 1; i >= 0; i--) {
    const rank = ranks[i]!
    const price = rows.price(rank)
    if (rows.type(rank) !== "TRADE" || !(price > 0 && price < 1) || rows.token(rank) === 0) continue
    return { price: rows.token(rank) === token ? price : 1 - price, atMs: rows.at(rank) * 1000 }
  }
  return null
}

export const assumedBook = (
  token: string,
  condition: string,
  market: RecordedMarket | undefined,
  spread: number,
  index: RowIndex,
  nowMs: number,
): VenueBook | null => {
  const number = index.rows.strings.known(token)
  const last = number === undefined ? null : lastPrice(number, condition, index, nowMs)
  if (last === null) return null
  const tick = market?.tick ?? (last.price < 0.04 || last.price > 0.96 ? 0.001 : 0.01)
  const steps = Math.round(1 / tick)
  const epsilon = 1e-9
  const bid = Math.max(
    1,
    Math.min(steps - 2, Math.floor((last.price - spread / 2) * steps + epsilon)),
  )
  const ask = Math.max(
    bid + 1,
    Math.min(steps - 1, Math.ceil((last.price + spread / 2) * steps - epsilon)),
  )
  const priceOf = (step: number) => Math.round((step / steps) * 1e6) / 1e6
  return {
    condition,
    token,
    tick,
    minimumSize: market?.minimumSize ?? 5,
    negRisk: market?.event.negRisk ?? false,
    atMs: last.atMs,
    hash: `assumed-${bid}-${ask}-${last.atMs}`,
    bids: [{ price: priceOf(bid), size: ampleShares }],
    asks: [{ price: priceOf(ask), size: ampleShares }],
    lastTrade: Math.round(last.price * 1e6) / 1e6,
    assumed: true,
  }
}

/** Levels sorted best first: descending for bids (-1), ascending for asks (1). */
const levels = (given: unknown, direction: 1 | -1): ReadonlyArray<Level> => {
  if (!Array.isArray(given)) return []
  return given
    .map((level: { readonly price?: unknown; readonly size?: unknown }) => ({
      price: Number(level.price),
      size: Number(level.size),
    }))
    .filter((level) => level.price > 0 && level.size > 0)
    .toSorted((a, b) => direction * (a.price - b.price))
}

const numberIn = (value: unknown): number | null => {
  const number = typeof value === "string" && value !== "" ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number) ? number : null
}
