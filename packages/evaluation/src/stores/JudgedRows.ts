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
import { exitCost, middleAt } from "../evidence/CopyCost.ts"

const pageRows = 2000
const pageMarkets = 500

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
  /**
   * Our price less the leader's, what a share cost us with fees and what its sale lost, and the
   * middle then, in dollars.
   */
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

interface Settled {
  readonly pnl: number
  readonly sold: number
  /** Of the sales. */
  readonly fee: number
}

/** More than any copy has. */
const allShares = Number.POSITIVE_INFINITY

/**
 * By fill: what its settlements up to a moment earned, and what was sold of it. One told before sold shares
 * were says of a copy that ended by a sale that all were sold, and nothing of fees.
 */
const settlements = Effect.fnUntraced(function* (wallet: Uint8Array, asOfMs: number) {
  const sql = yield* SqlClient.SqlClient
  const settled = new Map<string, Settled>()
  let whole = true
  let [atMs, event] = [-1, ""]
  for (;;) {
    const page = yield* sql<{
      fill: Uint8Array
      pnl: number
      cause: "sold" | "resolved"
      sold: number | null
      sale_fee: number | null
      at_ms: number
      event_id: string
    }>`SELECT fill, pnl, cause, sold, sale_fee, at_ms, event_id FROM copy_settlements
      WHERE wallet = ${wallet} AND strategy = 'solo' AND (at_ms, event_id) > (${atMs}, ${event})
      ORDER BY at_ms, event_id LIMIT ${pageRows}`
    for (const row of page) {
      if (row.at_ms > asOfMs) {
        whole = false
        continue
      }
      const fill = bytesToHex(row.fill)
      const known = settled.get(fill)
      settled.set(fill, {
        pnl: (known?.pnl ?? 0) + row.pnl,
        sold: (known?.sold ?? 0) + (row.sold ?? (row.cause === "sold" ? allShares : 0)),
        fee: (known?.fee ?? 0) + (row.sale_fee ?? 0),
      })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageRows) return { settled, whole }
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
  const { settled, ...read } = yield* settlements(wallet, asOfMs)
  let { whole } = read
  let atMs = -1
  let fill = new Uint8Array(0)
  while (settled.size > 0) {
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
      if (row.wanted !== 1) continue
      const end = settled.get(bytesToHex(row.fill))
      if (end === undefined) continue
      const mid = row.early === 1 ? null : row.mid
      if (row.early === 1) whole = false
      market.push(numberOf(row.condition))
      rate.push(end.pnl / row.cost)
      slippage.push((((row.cost - row.fee) * ONE) / row.size - row.leader_price) / ONE)
      const { fee, sold } = end
      const part = { size: row.size, sold: Math.min(sold, row.size), fee }
      aShare.push(row.cost / row.size + exitCost(part))
      middle.push(middleAt(row.leader_price / ONE, mid === null ? null : mid / ONE))
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
  /** Exactly one market of the event pays outcome 0. */
  readonly exclusive: boolean
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
    const named = yield* sql<{
      condition: Uint8Array
      event_slug: string | null
      race: number | null
    }>`SELECT condition, event_slug, json_extract(facts, '$.negRisk') AS race FROM markets
      WHERE ${within}`
    const decided = yield* sql<{ condition: Uint8Array; payouts: string }>`SELECT condition, payouts
      FROM resolutions WHERE ${within} AND final = 1 AND seen_at_ms <= ${asOfMs}
        AND coalesce(resolved_at_ms, seen_at_ms) <= ${asOfMs}`
    const known = new Map(named.map((row) => [bytesToHex(row.condition), row]))
    const payouts = new Map(decided.map((row) => [bytesToHex(row.condition), row.payouts]))
    for (const condition of some) {
      const text = payouts.get(condition)
      const market = known.get(condition)
      facts.push({
        event: market?.event_slug ?? "",
        exclusive: market?.race === 1,
        payouts: text === undefined ? [] : payoutsOf(text),
      })
    }
    yield* Effect.yieldNow
  }
  return facts
}, Effect.orDie)
