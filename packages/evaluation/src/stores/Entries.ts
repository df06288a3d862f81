/**
 * First purchases: for every wallet and market the fill by which the wallet went in, and the mid price
 * then. The raw evidence of skill; a row is written once and stands, unless an earlier purchase of the
 * same market becomes known.
 *
 * {@link noteEntries} reads a wallet's purchases from a time on, {@link pageRows} rows a
 * transaction; the caller keeps how far. What a purchase's market traded around it is looked up among at most
 * {@link nearWallets} watched wallets.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { ONE } from "@evaluator/domain/money/Micro"
import { purchasesWritten } from "../evidence/RememberedRows.ts"
import {
  asOtherToken,
  midAtPurchase,
  nearMs,
  nearRows,
  type NearTrade,
  nearWallets,
} from "../evidence/MidPrice.ts"
import { middlesTold } from "./SpreadEdge.ts"

const pageRows = 500
/** Where the market's tick is not known. */
export const commonTick = ONE / 100

interface Purchase {
  readonly rowid: number
  readonly id: Uint8Array
  readonly at_ms: number
  readonly condition: Uint8Array
  readonly outcome_index: number
  readonly price: number
  readonly size: number
  readonly seen_at_ms: number
}

/** Notes the first purchases among those from `fromMs` on; how many rows were new or earlier. */
export const noteEntries = Effect.fnUntraced(function* (wallet: Uint8Array, fromMs: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  let atMs = fromMs - 1
  let row = Number.MAX_SAFE_INTEGER
  let noted = 0
  for (;;) {
    const page =
      yield* sql<Purchase>`SELECT rowid, id, at_ms, condition, outcome_index, price, size,
        seen_at_ms FROM trades
      WHERE wallet = ${wallet} AND side = 'BUY' AND (at_ms, rowid) > (${atMs}, ${row})
        AND at_ms <= ${now}
      ORDER BY at_ms, rowid LIMIT ${pageRows}`
    if (page.length > 0) {
      noted += yield* noteFirsts(wallet, firsts(page)).pipe(sql.withTransaction)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageRows) return noted
    atMs = last.at_ms
    row = last.rowid
    yield* Effect.yieldNow
  }
}, Effect.orDie)

const firsts = (page: ReadonlyArray<Purchase>): ReadonlyArray<Purchase> => {
  const first = new Map<string, Purchase>()
  for (const purchase of page) {
    const key = bytesToHex(purchase.condition)
    if (!first.has(key) && purchase.price > 0 && purchase.price < ONE) first.set(key, purchase)
  }
  return [...first.values()]
}

const noteFirsts = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  purchases: ReadonlyArray<Purchase>,
) {
  if (purchases.length === 0) return 0
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const within = sql.in(
    "condition",
    purchases.map((purchase) => purchase.condition),
  )
  const known = yield* sql<{ condition: Uint8Array; at_ms: number }>`SELECT condition, at_ms
    FROM wallet_entries WHERE wallet = ${wallet} AND ${within}`
  const knownAt = new Map(known.map((entry) => [bytesToHex(entry.condition), entry.at_ms]))
  const fresh = purchases.filter(
    (purchase) =>
      purchase.at_ms < (knownAt.get(bytesToHex(purchase.condition)) ?? Number.POSITIVE_INFINITY),
  )
  if (fresh.length === 0) return 0
  yield* purchasesWritten(wallet)
  const ticks = yield* sql<{ condition: Uint8Array; tick: number }>`SELECT condition,
      json_extract(facts, '$.tick') AS tick FROM markets WHERE ${within}`
  let told = 0
  const tickOf = new Map(ticks.map((market) => [bytesToHex(market.condition), market.tick]))
  for (const purchase of fresh) {
    const tick = tickOf.get(bytesToHex(purchase.condition)) ?? commonTick
    const around = yield* tradesAround(wallet, purchase, now)
    const { error, from, mid } = midAtPurchase(
      purchase.price,
      around.map(({ near }) => near),
      tick,
    )
    if (from > 0) told += 1
    yield* sql`INSERT OR REPLACE INTO wallet_entries ${sql.insert({
      wallet,
      condition: purchase.condition,
      fill: purchase.id,
      outcome_index: purchase.outcome_index,
      at_ms: purchase.at_ms,
      price: purchase.price,
      size: purchase.size,
      mid,
      mid_error: error,
      mid_from: from,
      seen_at_ms: purchase.seen_at_ms,
    })}`
  }
  if (told > 0) yield* middlesTold(wallet)
  return fresh.length
})

type Bought = Pick<Purchase, "at_ms" | "condition" | "outcome_index">

/** What others traded in the market around a purchase, as stored by `seenByMs`. */
export const tradesAround = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  purchase: Bought,
  seenByMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    id: Uint8Array
    price: number
    side: "BUY" | "SELL"
    outcome_index: number
    at_ms: number
    seen_at_ms: number
  }>`SELECT t.id, t.price, t.side, t.outcome_index, t.at_ms, t.seen_at_ms
    FROM (SELECT wallet FROM wallet_conditions
      WHERE condition = ${purchase.condition} AND wallet <> ${wallet}
      ORDER BY wallet LIMIT ${nearWallets}) w
    CROSS JOIN trades t ON t.wallet = w.wallet
      AND t.at_ms BETWEEN ${purchase.at_ms - nearMs}
        AND ${Math.min(seenByMs, purchase.at_ms + nearMs)}
    WHERE t.condition = ${purchase.condition} AND t.outcome_index < 2
      AND t.seen_at_ms <= ${seenByMs}
    ORDER BY t.at_ms, t.id LIMIT ${nearRows}`
  return rows.map((row) => ({ ...row, near: nearOf(row, purchase) }))
}, Effect.orDie)

/** In prices of the token that was bought. */
const nearOf = (
  row: Pick<Purchase, "at_ms" | "outcome_index" | "price"> & { readonly side: "BUY" | "SELL" },
  purchase: Bought,
): NearTrade => {
  const near = {
    price: row.price,
    side: row.side,
    apartMs: Math.abs(row.at_ms - purchase.at_ms),
  }
  return row.outcome_index === purchase.outcome_index ? near : asOtherToken(near)
}

/** A first purchase with what became of it, as it was visible at a moment. */
export interface SeenEntry {
  readonly fill: Uint8Array
  readonly condition: Uint8Array
  readonly event: string
  readonly outcomeIndex: number
  readonly atMs: number
  readonly price: number
  readonly size: number
  readonly mid: number
  readonly midError: number
  readonly midFrom: number
  /** Millionths a share; null: not resolved at the moment. */
  readonly payout: number | null
  readonly resolvedAtMs: number | null
}

interface EntryRow {
  readonly fill: Uint8Array
  readonly condition: Uint8Array
  readonly event_slug: string | null
  readonly outcome_index: number
  readonly at_ms: number
  readonly price: number
  readonly size: number
  readonly mid: number
  readonly mid_error: number
  readonly mid_from: number
  readonly payouts: string | null
  readonly resolved_at_ms: number | null
}

const toEntry = (row: EntryRow): SeenEntry => {
  const payouts = row.payouts === null ? [] : (JSON.parse(row.payouts) as ReadonlyArray<number>)
  const payout = payouts[row.outcome_index] ?? null
  return {
    fill: row.fill,
    condition: row.condition,
    event:
      row.event_slug === null || row.event_slug === "" ? bytesToHex(row.condition) : row.event_slug,
    outcomeIndex: row.outcome_index,
    atMs: row.at_ms,
    price: row.price,
    size: row.size,
    mid: row.mid,
    midError: row.mid_error,
    midFrom: row.mid_from,
    payout,
    resolvedAtMs: payout === null ? null : row.resolved_at_ms,
  }
}

/** All of a wallet in time order; what became visible after `asOfMs` is left out. */
export const entriesOf = Effect.fnUntraced(function* (wallet: Uint8Array, asOfMs: number) {
  const sql = yield* SqlClient.SqlClient
  const entries: Array<SeenEntry> = []
  let after = new Uint8Array(0)
  for (;;) {
    const page = yield* sql<EntryRow & { visible: number }>`SELECT e.fill, e.condition,
        m.event_slug, e.outcome_index, e.at_ms, e.price, e.size, e.mid, e.mid_error, e.mid_from,
        r.payouts, coalesce(r.resolved_at_ms, r.seen_at_ms) AS resolved_at_ms,
        e.at_ms <= ${asOfMs} AND e.seen_at_ms <= ${asOfMs} AS visible
      FROM wallet_entries e
      LEFT JOIN markets m ON m.condition = e.condition
      LEFT JOIN resolutions r ON r.condition = e.condition AND r.final = 1
        AND r.seen_at_ms <= ${asOfMs} AND coalesce(r.resolved_at_ms, r.seen_at_ms) <= ${asOfMs}
      WHERE e.wallet = ${wallet} AND e.condition > ${after}
      ORDER BY e.condition LIMIT ${pageRows}`
    for (const row of page) if (row.visible === 1) entries.push(toEntry(row))
    if (page.length < pageRows) break
    after = new Uint8Array(page.at(-1)!.condition)
  }
  return entries.toSorted((a, b) => a.atMs - b.atMs || Buffer.compare(b.condition, a.condition))
}, Effect.orDie)

/** The newest fills of a wallet known at a time, in time order, at most `limit`: its habits. */
export const newestFills = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  limit: number,
  knownAtMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    id: Uint8Array
    at_ms: number
    condition: Uint8Array
    outcome_index: number
    side: "BUY" | "SELL"
    price: number
    size: number
  }>`SELECT id, at_ms, condition, outcome_index, side, price, size FROM trades
    WHERE wallet = ${wallet} AND at_ms <= ${knownAtMs} AND seen_at_ms <= ${knownAtMs}
    ORDER BY at_ms DESC, rowid DESC LIMIT ${limit}`
  return rows.toReversed().map((row) => ({
    id: row.id,
    atMs: row.at_ms,
    condition: bytesToHex(row.condition),
    outcomeIndex: row.outcome_index,
    side: row.side,
    price: row.price,
    size: row.size,
  }))
}, Effect.orDie)
