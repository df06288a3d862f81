/**
 * The stored ledger: fills and other deeds, once each, and the fate of every recorded row.
 *
 * {@link storeRows} takes at most {@link batchRows} rows in the caller's transaction. A row known by
 * its id is a duplicate, whatever feed or page brings it. A recorded row gets its fate the first time
 * it is seen; when it is served again nothing changes.
 */
import { createHash } from "node:crypto"
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, hexToBytes, tokenToBytes } from "@evaluator/domain/Id"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import type { LedgerRow } from "@evaluator/polymarket/DataApi"
import type { RejectedRow, Served } from "@evaluator/polymarket/Page"
import { atLeastOne } from "./AtLeastOne.ts"
import { nameConditions } from "./Conditions.ts"

/** Most rows one transaction takes. */
export const batchRows = 500

export type Fate = "stored" | "duplicate" | "quarantined" | "ignored"

export interface StoredRows {
  /** Fills that were new, in the order received. */
  readonly fills: ReadonlyArray<Fill>
  readonly activities: ReadonlyArray<Activity>
  readonly duplicates: number
}

export const storeRows = Effect.fnUntraced(function* (rows: ReadonlyArray<Served<LedgerRow>>) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const ids = rows.map(({ value }) => idOf(value))
  const known = yield* knownIds(rows.map(({ value }) => value))
  const fills: Array<Fill> = []
  const activities: Array<Activity> = []
  const fates: Array<FateRow> = []
  rows.forEach(({ value, recorded }, index) => {
    const fresh = !known.has(ids[index]!)
    if (fresh) {
      known.add(ids[index]!)
      if (value.kind === "fill") fills.push(value.fill)
      else activities.push(value.activity)
    }
    if (recorded !== null) fates.push(fateRow(recorded, fresh ? "stored" : "duplicate", null))
  })
  if (fills.length > 0) {
    yield* sql`INSERT INTO trades ${sql.insert(atLeastOne(fills.map((fill) => tradeRow(fill, now))))}`
  }
  if (activities.length > 0) {
    yield* sql`INSERT INTO activity ${sql.insert(atLeastOne(activities.map((row) => activityRow(row, now))))}`
  }
  yield* nameAll(fills, activities)
  yield* decideFates(fates)
  return { fills, activities, duplicates: rows.length - fills.length - activities.length }
})

const idOf = (row: LedgerRow): string => (row.kind === "fill" ? row.fill.id : row.activity.id)

const knownIds = Effect.fnUntraced(function* (rows: ReadonlyArray<LedgerRow>) {
  const sql = yield* SqlClient.SqlClient
  const known = new Set<string>()
  const look = Effect.fnUntraced(function* (table: "trades" | "activity", kind: LedgerRow["kind"]) {
    const ids = rows.filter((row) => row.kind === kind).map((row) => hexToBytes(idOf(row)))
    if (ids.length === 0) return
    const found = yield* sql<{ id: Uint8Array }>`SELECT id FROM ${sql(table)}
      WHERE ${sql.in("id", ids)}`
    for (const { id } of found) known.add(bytesToBareHex(id))
  })
  yield* look("trades", "fill")
  yield* look("activity", "activity")
  return known
})

const tradeRow = (fill: Fill, now: number) => ({
  id: hexToBytes(fill.id),
  wallet: hexToBytes(fill.wallet),
  at_ms: fill.atMs,
  condition: hexToBytes(fill.condition),
  token: tokenToBytes(fill.token),
  outcome_index: fill.outcomeIndex,
  side: fill.side,
  price: fill.price,
  size: fill.size,
  transaction_hash: hexToBytes(fill.transaction),
  seen_at_ms: now,
})

const activityRow = (row: Activity, now: number) => ({
  id: hexToBytes(row.id),
  wallet: hexToBytes(row.wallet),
  at_ms: row.atMs,
  type: row.type,
  condition: row.condition === null ? null : hexToBytes(row.condition),
  token: row.token === null ? null : tokenToBytes(row.token),
  size: row.size,
  usdc: row.usdc,
  transaction_hash: hexToBytes(row.transaction),
  seen_at_ms: now,
})

/** Conditions the new rows name, and that the wallet touched them. */
const nameAll = Effect.fnUntraced(function* (
  fills: ReadonlyArray<Fill>,
  activities: ReadonlyArray<Activity>,
) {
  const sql = yield* SqlClient.SqlClient
  const traded = new Set(fills.map((fill) => fill.condition))
  const touched = new Set(
    activities.flatMap((row) =>
      row.condition === null || traded.has(row.condition) ? [] : [row.condition],
    ),
  )
  yield* nameConditions([...traded].map(hexToBytes), "trade")
  yield* nameConditions([...touched].map(hexToBytes), "activity")
  const pairs = new Map<string, { wallet: Uint8Array; condition: Uint8Array }>()
  for (const row of [...fills, ...activities]) {
    if (row.condition === null) continue
    const key = row.wallet + row.condition
    if (pairs.has(key)) continue
    pairs.set(key, { wallet: hexToBytes(row.wallet), condition: hexToBytes(row.condition) })
  }
  if (pairs.size === 0) return
  yield* sql`INSERT OR IGNORE INTO wallet_conditions ${sql.insert(atLeastOne([...pairs.values()]))}`
})

interface FateRow {
  readonly file: string
  readonly line: number
  readonly fate: Fate
  readonly reason: string | null
}

/** `folder/file:line` taken apart. */
export const fateRow = (recorded: string, fate: Fate, reason: string | null): FateRow => {
  const colon = recorded.lastIndexOf(":")
  return { file: recorded.slice(0, colon), line: Number(recorded.slice(colon + 1)), fate, reason }
}

/** The first fate of a row stands. At most 500 rows, in the caller's transaction. */
export const decideFates = Effect.fnUntraced(function* (fates: ReadonlyArray<FateRow>) {
  if (fates.length === 0) return
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT OR IGNORE INTO row_fates ${sql.insert(atLeastOne(fates.map((fate) => ({ ...fate }))))}`
})

/**
 * Keeps rows that could not be used (at most 500), once each, in the caller's transaction. Beyond
 * `keep` rows the oldest are let go.
 */
export const quarantine = Effect.fnUntraced(function* (
  rows: ReadonlyArray<RejectedRow>,
  keep: number,
) {
  if (rows.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`INSERT OR IGNORE INTO quarantine ${sql.insert(
    atLeastOne(
      rows.map((row) => ({
        fingerprint: fingerprint(row),
        reason: row.reason,
        body: row.body,
        request: row.request,
        recorded: row.recorded,
        at_ms: now,
      })),
    ),
  )}`
  yield* sql`DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ${keep}`
  yield* decideFates(
    rows.flatMap((row) =>
      row.recorded === null ? [] : [fateRow(row.recorded, "quarantined", row.reason)],
    ),
  )
})

// The request differs from poll to poll; a recorded row is told apart by where it stands.
const fingerprint = (row: RejectedRow): Uint8Array =>
  createHash("sha256")
    .update(row.recorded ?? "")
    .update("\n")
    .update(row.body)
    .digest()
    .subarray(0, 16)
