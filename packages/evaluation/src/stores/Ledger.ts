/**
 * The stored ledger: fills and other deeds, once each, and the fate of every recorded row.
 *
 * {@link storeRows} takes at most {@link batchRows} rows in the caller's transaction. A row known by
 * its id is a duplicate, whatever feed or page brings it. A recorded row gets its fate the first time
 * it is seen; when it is served again nothing changes.
 */
import { Clock, Effect, Metric } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, tokenToBytes } from "@evaluator/domain/Id"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import type { LedgerRow } from "@evaluator/polymarket/DataApi"
import type { RejectedRow, Served } from "@evaluator/polymarket/Page"
import { fingerprintOf } from "@evaluator/polymarket/RejectedRow"
import { executeEach } from "@evaluator/sqlite/ExecuteEach"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { atLeastOne } from "./AtLeastOne.ts"
import { nameConditions } from "./Conditions.ts"
import { givenUp } from "./Storage.ts"

/** Most rows one transaction takes. */
export const batchRows = 500

const setAside = Metric.withAttributes(counterOf(metrics.rowsQuarantined), { kind: "answer" })

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
  const fills: Array<Fill> = []
  const activities: Array<Activity> = []
  for (const { value } of rows) {
    if (value.kind === "fill") fills.push(value.fill)
    else activities.push(value.activity)
  }
  const bytes = keptBytes()
  const insertedFills = yield* executeEach(
    sql,
    insertTrade,
    fills.map((fill) => tradeRow(fill, now, bytes)),
  )
  const insertedActivities = yield* executeEach(
    sql,
    insertActivity,
    activities.map((activity) => activityRow(activity, now)),
  )
  const stored = {
    fills: fills.filter((_, index) => insertedFills[index] === 1),
    activities: activities.filter((_, index) => insertedActivities[index] === 1),
  }
  yield* nameAll(stored.fills, stored.activities)
  let fill = 0
  let activity = 0
  const fates: Array<FateRow> = []
  for (const { value, recorded } of rows) {
    const inserted = value.kind === "fill" ? insertedFills[fill++] : insertedActivities[activity++]
    if (recorded === null) continue
    fates.push(fateRow(recorded, inserted === 1 ? "stored" : "duplicate", null))
  }
  yield* decideFates(fates)
  return {
    ...stored,
    duplicates: rows.length - stored.fills.length - stored.activities.length,
  }
})

const insertTrade = `INSERT OR IGNORE INTO trades (id, wallet, at_ms, condition, token,
  outcome_index, side, price, size, transaction_hash, seen_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Wallets, conditions and tokens as bytes, each made once: the rows of a page name the same few. */
const keptBytes = () => {
  const once = <A extends string>(make: (text: A) => Uint8Array) => {
    const known = new Map<A, Uint8Array>()
    return (text: A): Uint8Array => {
      let bytes = known.get(text)
      if (bytes === undefined) known.set(text, (bytes = make(text)))
      return bytes
    }
  }
  return { wallet: once(hexToBytes), condition: once(hexToBytes), token: once(tokenToBytes) }
}

const tradeRow = (fill: Fill, now: number, bytes: ReturnType<typeof keptBytes>) => [
  hexToBytes(fill.id),
  bytes.wallet(fill.wallet),
  fill.atMs,
  bytes.condition(fill.condition),
  bytes.token(fill.token),
  fill.outcomeIndex,
  fill.side,
  fill.price,
  fill.size,
  hexToBytes(fill.transaction),
  now,
]

const insertActivity = `INSERT OR IGNORE INTO activity (id, wallet, at_ms, type, condition, token,
  size, usdc, transaction_hash, seen_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const activityRow = (row: Activity, now: number) => [
  hexToBytes(row.id),
  hexToBytes(row.wallet),
  row.atMs,
  row.type,
  row.condition === null ? null : hexToBytes(row.condition),
  row.token === null ? null : tokenToBytes(row.token),
  row.size,
  row.usdc,
  hexToBytes(row.transaction),
  now,
]

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
  yield* executeEach(
    sql,
    "INSERT OR IGNORE INTO wallet_conditions (wallet, condition) VALUES (?, ?)",
    [...pairs.values()].map(({ wallet, condition }) => [wallet, condition]),
  )
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

/**
 * The first fate of a row stands. At most 500 rows, in the caller's transaction.
 *
 * Rows of one file and fate are one statement: a third of what a statement a row costs.
 */
export const decideFates = Effect.fnUntraced(function* (fates: ReadonlyArray<FateRow>) {
  const sql = yield* SqlClient.SqlClient
  const alike = new Map<string, { readonly row: FateRow; readonly lines: Array<number> }>()
  for (const row of fates) {
    const key = `${row.fate} ${row.file} ${row.reason ?? ""}`
    const known = alike.get(key)
    if (known === undefined) alike.set(key, { row, lines: [row.line] })
    else known.lines.push(row.line)
  }
  // A row served twice is stored first and then a duplicate, never the other way round.
  const inOrder = [...alike.values()].toSorted(
    (a, b) => Number(b.row.fate === "stored") - Number(a.row.fate === "stored"),
  )
  for (const { lines, row } of inOrder) {
    yield* sql`INSERT OR IGNORE INTO row_fates (file, line, fate, reason)
      SELECT ${row.file}, value, ${row.fate}, ${row.reason} FROM json_each(${JSON.stringify(lines)})`
  }
})

/**
 * Keeps and counts rows that could not be used (at most 500), once each, in the caller's transaction. Beyond
 * `keep` rows the oldest are let go. Without room in the file the bodies are left out, then the rows;
 * the fates of recorded rows are kept all the same.
 */
export const quarantine = Effect.fnUntraced(function* (
  rows: ReadonlyArray<RejectedRow>,
  keep: number,
) {
  if (rows.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const noRoomFor = yield* givenUp
  if (noRoomFor === "nothing" || noRoomFor === "bodies") {
    const kept = yield* sql`INSERT OR IGNORE INTO quarantine ${sql.insert(
      atLeastOne(
        rows.map((row) => ({
          fingerprint: fingerprintOf(row),
          reason: row.reason,
          body: noRoomFor === "bodies" ? "" : row.body,
          request: row.request,
          recorded: row.recorded,
          at_ms: now,
        })),
      ),
    )} RETURNING 1 AS kept`
    yield* sql.afterCommit(Metric.update(setAside, kept.length))
  }
  yield* sql`DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ${keep}`
  yield* decideFates(
    rows.flatMap((row) =>
      row.recorded === null ? [] : [fateRow(row.recorded, "quarantined", row.reason)],
    ),
  )
})
