/**
 * A wallet's stored ledger as the lots engine takes it: fills, splits, merges, redemptions and the
 * outcomes of the markets it touched, with the markets' tokens and payouts.
 *
 * Read in pages of {@link pageRows} rows with a yield in between, so that no read keeps the thread for
 * long. Rows that move no shares (rewards, deposits) are left out; conversions are counted only.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import type { EntryKind, LedgerEntry } from "@evaluator/domain/wallet/LedgerEntry"
import type { LotMarket } from "@evaluator/domain/wallet/Lots"

export const pageRows = 500
const lookupRows = 500

export interface WalletHistory {
  readonly entries: ReadonlyArray<LedgerEntry>
  readonly markets: Map<string, LotMarket>
  /** When a condition was last traded or acted on, ms. */
  readonly lastAt: Map<string, number>
  /** Neg-risk conversions, which no lot explains. */
  readonly conversions: number
}

/** A history while it is put together. */
export interface Loading {
  /** What is dated later is not known yet, and dates no outcome. */
  readonly nowMs: number
  readonly entries: Array<LedgerEntry>
  /** Tokens seen in fills, by condition and outcome index. */
  readonly seen: Map<string, Map<number, string>>
  readonly bytes: Map<string, Uint8Array>
  readonly lastAt: Map<string, number>
  conversions: number
}

/** Rows stored of a wallet, fills and other deeds. */
export const countHistory = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ rows: number }>`SELECT
    (SELECT count(*) FROM trades WHERE wallet = ${wallet}) +
    (SELECT count(*) FROM activity WHERE wallet = ${wallet}) AS rows`
  return row!.rows
}, Effect.orDie)

export const readHistory = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  nowMs: number,
): Effect.fn.Return<WalletHistory, never, SqlClient.SqlClient> {
  const loading = emptyHistory(nowMs)
  yield* readTrades(wallet, loading)
  yield* readActivity(wallet, loading)
  const markets = new Map<string, LotMarket>()
  const conditions = [...loading.bytes]
  for (let at = 0; at < conditions.length; at += lookupRows) {
    yield* readMarkets(conditions.slice(at, at + lookupRows), loading, markets, nowMs)
    yield* Effect.yieldNow
  }
  const { conversions, entries, lastAt } = loading
  return { entries, markets, lastAt, conversions }
})

export const emptyHistory = (nowMs: number): Loading => ({
  nowMs,
  entries: [],
  seen: new Map(),
  bytes: new Map(),
  lastAt: new Map(),
  conversions: 0,
})

const note = (loading: Loading, condition: Uint8Array, atMs: number): string => {
  const key = bytesToHex(condition)
  if (!loading.bytes.has(key)) loading.bytes.set(key, condition)
  if (atMs > (loading.lastAt.get(key) ?? 0) && atMs <= loading.nowMs) loading.lastAt.set(key, atMs)
  return key
}

export interface FillRow {
  readonly id: Uint8Array
  readonly at_ms: number
  readonly condition: Uint8Array
  readonly token: Uint8Array
  readonly outcome_index: number
  readonly side: "BUY" | "SELL"
  readonly price: number
  readonly size: number
}

export const takeFill = (loading: Loading, fill: FillRow): void => {
  const condition = note(loading, fill.condition, fill.at_ms)
  const token = bytesToBareHex(fill.token)
  const tokens = loading.seen.get(condition) ?? new Map<number, string>()
  loading.seen.set(condition, tokens.set(fill.outcome_index, token))
  loading.entries.push({
    kind: fill.side === "BUY" ? "buy" : "sell",
    id: bytesToBareHex(fill.id),
    atMs: fill.at_ms,
    condition,
    token,
    size: fill.size,
    price: fill.price,
    usdc: 0,
  })
}

const readTrades = Effect.fnUntraced(function* (wallet: Uint8Array, loading: Loading) {
  const sql = yield* SqlClient.SqlClient
  let atMs = -1
  let id: Uint8Array = new Uint8Array()
  for (;;) {
    // In the order of the index: nothing is sorted.
    const rows =
      yield* sql<FillRow>`SELECT id, at_ms, condition, token, outcome_index, side, price, size FROM trades
      WHERE wallet = ${wallet} AND (at_ms, id) > (${atMs}, ${id})
      ORDER BY at_ms, id LIMIT ${pageRows}`.pipe(Effect.orDie)
    for (const fill of rows) takeFill(loading, fill)
    if (rows.length < pageRows) return
    const last = rows[rows.length - 1]!
    atMs = last.at_ms
    id = last.id
    yield* Effect.yieldNow
  }
})

const kinds: Readonly<Record<string, EntryKind>> = {
  SPLIT: "split",
  MERGE: "merge",
  REDEEM: "redeem",
}

export interface DeedRow {
  readonly rowid: number
  readonly id: Uint8Array
  readonly at_ms: number
  readonly type: string
  readonly condition: Uint8Array | null
  readonly token: Uint8Array | null
  readonly size: number
  readonly usdc: number
}

export const takeDeed = (loading: Loading, deed: DeedRow): void => {
  const kind = kinds[deed.type]
  if (deed.type === "CONVERSION") loading.conversions += 1
  if (kind === undefined || deed.condition === null) return
  loading.entries.push({
    kind,
    id: bytesToBareHex(deed.id),
    atMs: deed.at_ms,
    condition: note(loading, deed.condition, deed.at_ms),
    token: deed.token === null ? null : bytesToBareHex(deed.token),
    size: deed.size,
    price: 0,
    usdc: deed.usdc,
  })
}

const readActivity = Effect.fnUntraced(function* (wallet: Uint8Array, loading: Loading) {
  const sql = yield* SqlClient.SqlClient
  let atMs = -1
  let row = 0
  for (;;) {
    const rows =
      yield* sql<DeedRow>`SELECT rowid, id, at_ms, type, condition, token, size, usdc FROM activity
      WHERE wallet = ${wallet} AND (at_ms, rowid) > (${atMs}, ${row})
      ORDER BY at_ms, rowid LIMIT ${pageRows}`.pipe(Effect.orDie)
    for (const deed of rows) takeDeed(loading, deed)
    if (rows.length < pageRows) return
    const last = rows[rows.length - 1]!
    atMs = last.at_ms
    row = last.rowid
    yield* Effect.yieldNow
  }
})

/** Facts and outcomes of up to 500 conditions. */
export const readMarkets = Effect.fnUntraced(function* (
  conditions: ReadonlyArray<readonly [string, Uint8Array]>,
  loading: Loading,
  markets: Map<string, LotMarket>,
  nowMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  const within = sql.in(
    "condition",
    conditions.map(([, bytes]) => bytes),
  )
  const facts = yield* sql<{ condition: Uint8Array; domain: string; end_at_ms: number | null }>`
    SELECT condition, domain, end_at_ms FROM markets WHERE ${within}`.pipe(Effect.orDie)
  const tokens = yield* sql<{ token: Uint8Array; condition: Uint8Array; outcome_index: number }>`
    SELECT token, condition, outcome_index FROM tokens WHERE ${within}`.pipe(Effect.orDie)
  const outcomes = yield* sql<{
    condition: Uint8Array
    payouts: string
    resolved_at_ms: number | null
  }>`SELECT condition, payouts, resolved_at_ms FROM resolutions
    WHERE ${within} AND final = 1`.pipe(Effect.orDie)
  const factsOf = new Map(facts.map((row) => [bytesToHex(row.condition), row]))
  const outcomeOf = new Map(outcomes.map((row) => [bytesToHex(row.condition), row]))
  const known = new Map<string, Map<number, string>>()
  for (const row of tokens) {
    const key = bytesToHex(row.condition)
    const ofCondition = known.get(key) ?? new Map<number, string>()
    known.set(key, ofCondition.set(row.outcome_index, bytesToBareHex(row.token)))
  }
  for (const [condition] of conditions) {
    const outcome = outcomeOf.get(condition)
    const fact = factsOf.get(condition)
    markets.set(condition, {
      condition,
      domain: fact?.domain ?? "unknown",
      tokens: tokensInOrder(condition, known.get(condition), loading.seen.get(condition)),
      payouts: outcome === undefined ? null : (JSON.parse(outcome.payouts) as Array<number>),
    })
    if (outcome === undefined) continue
    // A resolution closes what is held then; a fill that the chain dates later still precedes it.
    const last = loading.lastAt.get(condition) ?? 0
    const resolvedAt = outcome.resolved_at_ms ?? Math.min(nowMs, fact?.end_at_ms ?? last)
    loading.entries.push(resolution(condition, Math.max(resolvedAt, last)))
  }
})

/** What closes all that is held of a condition. */
export const resolution = (condition: string, atMs: number): LedgerEntry => ({
  kind: "resolve",
  id: condition,
  atMs,
  condition,
  token: null,
  size: 0,
  price: 0,
  usdc: 0,
})

/** Tokens by outcome index: from the facts, else from the wallet's own fills, else a name that stands for one. */
const tokensInOrder = (
  condition: string,
  known: ReadonlyMap<number, string> | undefined,
  seen: ReadonlyMap<number, string> | undefined,
): ReadonlyArray<string> => {
  if (known !== undefined && known.size > 0) {
    return [...known].toSorted(([a], [b]) => a - b).map(([, token]) => token)
  }
  const indices = [...(seen?.keys() ?? [])].filter((index) => index < 100)
  const count = Math.max(2, ...indices.map((index) => index + 1))
  return Array.from(
    { length: count },
    (_, index) => seen?.get(index) ?? `${condition}:outcome-${index}`,
  )
}
