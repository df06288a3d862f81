/**
 * The rows that a judgement of all wallets reads: first purchases and settled solo copies of a wallet
 * by column, and what became of markets. Conditions are numbers given by the caller.
 *
 * Limits: {@link pageRows} rows a query, or {@link pageMarkets} conditions; all rows are read.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import { ONE } from "@evaluator/domain/money/Micro"

const pageRows = 2000
const pageMarkets = 500
/** Where the mid price at a copied fill is not known, half a tick of a cent stands for half the spread. */
const commonHalfSpread = 0.005

/** First purchases, `mid` in millionths. */
export interface PurchaseColumns {
  readonly market: Uint32Array
  readonly outcome: Uint16Array
  readonly atMs: Float64Array
  readonly mid: Uint32Array
  /** Nothing was left out for being of a later moment. */
  readonly whole: boolean
}

/** Settled copies of purchases. */
export interface CopyColumns {
  readonly market: Uint32Array
  /** Profit per dollar. */
  readonly rate: Float64Array
  /** Our price less the leader's, what a share cost us, and the middle then, in dollars. */
  readonly slippage: Float64Array
  readonly aShare: Float64Array
  readonly middle: Float64Array
  readonly whole: boolean
}

type NumberOf = (condition: Uint8Array) => number

/** What was visible at a moment of the first purchases of a wallet. */
export const readPurchases = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  asOfMs: number,
  numberOf: NumberOf,
) {
  const sql = yield* SqlClient.SqlClient
  const market: Array<number> = []
  const outcome: Array<number> = []
  const atMs: Array<number> = []
  const mid: Array<number> = []
  let whole = true
  let after = new Uint8Array(0)
  for (;;) {
    const page = yield* sql<{
      condition: Uint8Array
      outcome_index: number
      at_ms: number
      mid: number
      seen_at_ms: number
    }>`SELECT condition, outcome_index, at_ms, mid, seen_at_ms FROM wallet_entries
      WHERE wallet = ${wallet} AND condition > ${after} ORDER BY condition LIMIT ${pageRows}`
    for (const row of page) {
      if (row.at_ms > asOfMs || row.seen_at_ms > asOfMs) {
        whole = false
        continue
      }
      market.push(numberOf(row.condition))
      outcome.push(row.outcome_index)
      atMs.push(row.at_ms)
      mid.push(row.mid)
    }
    if (page.length < pageRows) break
    after = new Uint8Array(page.at(-1)!.condition)
  }
  const columns: PurchaseColumns = {
    market: Uint32Array.from(market),
    outcome: Uint16Array.from(outcome),
    atMs: Float64Array.from(atMs),
    mid: Uint32Array.from(mid),
    whole,
  }
  return columns
}, Effect.orDie)

/** By fill: what its settlements up to a moment earned. */
const settledPnl = Effect.fnUntraced(function* (wallet: Uint8Array, asOfMs: number) {
  const sql = yield* SqlClient.SqlClient
  const earned = new Map<string, number>()
  let whole = true
  let [atMs, event] = [-1, ""]
  for (;;) {
    const page = yield* sql<{
      fill: Uint8Array
      pnl: number
      at_ms: number
      event_id: string
    }>`SELECT fill, pnl, at_ms, event_id FROM copy_settlements
      WHERE wallet = ${wallet} AND strategy = 'solo' AND (at_ms, event_id) > (${atMs}, ${event})
      ORDER BY at_ms, event_id LIMIT ${pageRows}`
    for (const row of page) {
      if (row.at_ms > asOfMs) {
        whole = false
        continue
      }
      const fill = bytesToHex(row.fill)
      earned.set(fill, (earned.get(fill) ?? 0) + row.pnl)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageRows) return { earned, whole }
    atMs = last.at_ms
    event = last.event_id
  }
})

/** What was visible at a moment of our settled copies of a wallet's purchases, in time order. */
export const readCopies = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  asOfMs: number,
  numberOf: NumberOf,
) {
  const sql = yield* SqlClient.SqlClient
  const market: Array<number> = []
  const rate: Array<number> = []
  const slippage: Array<number> = []
  const aShare: Array<number> = []
  const middle: Array<number> = []
  const settled = yield* settledPnl(wallet, asOfMs)
  const { earned } = settled
  let { whole } = settled
  let atMs = -1
  let fill = new Uint8Array(0)
  while (earned.size > 0) {
    const page = yield* sql<{
      fill: Uint8Array
      condition: Uint8Array
      cost: number
      leader_at_ms: number
      leader_price: number
      size: number
      fee: number
      mid: number | null
      early: number | null
      wanted: number
    }>`SELECT c.fill, c.condition, c.cost, c.leader_at_ms, c.leader_price, c.size, c.fee, e.mid,
        max(e.at_ms, e.seen_at_ms) > ${asOfMs} AS early,
        c.outcome = 'COPIED' AND c.side = 'BUY' AND c.size > 0 AND c.cost > 0 AS wanted
      FROM copy_results c LEFT JOIN wallet_entries e ON e.wallet = c.wallet
        AND e.condition = c.condition AND e.fill = c.fill
      WHERE c.wallet = ${wallet} AND c.strategy = 'solo'
        AND (c.leader_at_ms, c.fill) > (${atMs}, ${fill}) AND c.leader_at_ms <= ${asOfMs}
      ORDER BY c.leader_at_ms, c.fill LIMIT ${pageRows}`
    for (const row of page) {
      const pnl = earned.get(bytesToHex(row.fill))
      if (pnl === undefined || row.wanted !== 1) continue
      const leader = row.leader_price / ONE
      const mid = row.early === 1 ? null : row.mid
      if (row.early === 1) whole = false
      market.push(numberOf(row.condition))
      rate.push(pnl / row.cost)
      slippage.push((((row.cost - row.fee) * ONE) / row.size - row.leader_price) / ONE)
      aShare.push(row.cost / row.size)
      middle.push(mid === null ? Math.max(0.001, leader - commonHalfSpread) : mid / ONE)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageRows) break
    atMs = last.leader_at_ms
    fill = new Uint8Array(last.fill)
  }
  const columns: CopyColumns = {
    market: Uint32Array.from(market),
    rate: Float64Array.from(rate),
    slippage: Float64Array.from(slippage),
    aShare: Float64Array.from(aShare),
    middle: Float64Array.from(middle),
    whole,
  }
  return columns
}, Effect.orDie)

/** What is known of a market at a moment. */
export interface MarketFacts {
  /** Empty: not known. */
  readonly event: string
  /** Millionths a share by outcome; empty: not decided. */
  readonly payouts: ReadonlyArray<number>
}

/** Facts of conditions, in their order. */
export const readFacts = Effect.fnUntraced(function* (
  conditions: ReadonlyArray<string>,
  asOfMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  /** The same text is read once: there are few kinds of outcome. */
  const read = new Map<string, ReadonlyArray<number>>()
  const payoutsOf = (text: string): ReadonlyArray<number> => {
    const known = read.get(text)
    if (known !== undefined) return known
    const payouts = JSON.parse(text) as ReadonlyArray<number>
    read.set(text, payouts)
    return payouts
  }
  const facts: Array<MarketFacts> = []
  for (let at = 0; at < conditions.length; at += pageMarkets) {
    const some = conditions.slice(at, at + pageMarkets)
    const within = sql.in("condition", some.map(hexToBytes))
    const named = yield* sql<{ condition: Uint8Array; event_slug: string | null }>`SELECT condition,
      event_slug FROM markets WHERE ${within}`
    const decided = yield* sql<{ condition: Uint8Array; payouts: string }>`SELECT condition, payouts
      FROM resolutions WHERE ${within} AND final = 1 AND seen_at_ms <= ${asOfMs}
        AND coalesce(resolved_at_ms, seen_at_ms) <= ${asOfMs}`
    const events = new Map(named.map((row) => [bytesToHex(row.condition), row.event_slug ?? ""]))
    const payouts = new Map(decided.map((row) => [bytesToHex(row.condition), row.payouts]))
    for (const condition of some) {
      const text = payouts.get(condition)
      facts.push({
        event: events.get(condition) ?? "",
        payouts: text === undefined ? [] : payoutsOf(text),
      })
    }
    yield* Effect.yieldNow
  }
  return facts
}, Effect.orDie)
