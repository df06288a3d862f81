/**
 * Copies as rows, newest detected first, page by page: a replay leaves a hundred thousand of them
 * and the list must be whole when a program compares two of them.
 */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex, bytesToToken, hexToBytes } from "@evaluator/domain/Id"
import { formatMicro } from "@evaluator/domain/money/Micro"
import { bars, formatPico } from "@evaluator/domain/paper/Waterfall"
import {
  receiptColumns,
  type ReceiptRow,
  receiptTables,
  toReceipt,
} from "@evaluator/paper/Receipts"

/** Copies read in one query. */
export const pageSize = 1000
/** Copies a list has at most, whatever was asked. */
export const mostCopies = 1_000_000

export interface CopyFilter {
  readonly strategy: string | null
  readonly outcome: string | null
  readonly state: string | null
  readonly wallet: string | null
}

interface StoredCopy extends ReceiptRow {
  readonly row: number
  readonly fill_id: Uint8Array
  readonly state: string
  readonly outcome: string | null
  readonly reason: string | null
  readonly wallet: Uint8Array
  readonly condition_id: Uint8Array
  readonly token: Uint8Array
  readonly leader_size: number
  readonly leader_at_ms: number
  readonly visible_at_ms: number | null
  readonly detected_at_ms: number
  readonly reserved_at_ms: number | null
  readonly priced_at_ms: number | null
  readonly detected_via: string
  readonly origin: string
  readonly arrive_at_ms: number | null
  readonly book_source: string | null
  readonly book_age_ms: number | null
}

const money = (micro: number | null) => (micro === null ? null : formatMicro(micro))

/** The bars of its receipt; null for a copy that was not filled. */
const barsOf = (copy: StoredCopy): ReceiptBars => {
  const receipt = toReceipt(copy)
  return Object.fromEntries(
    bars.map((bar) => [`receipt_${bar}_usdc`, receipt === null ? null : formatPico(receipt[bar])]),
  ) as ReceiptBars
}
type ReceiptBars = Readonly<Record<`receipt_${(typeof bars)[number]}_usdc`, string | null>>

const toRow = (copy: StoredCopy) => ({ ...factsOf(copy), ...barsOf(copy) })

const factsOf = (copy: StoredCopy) => ({
  id: bytesToBareHex(copy.fill_id),
  strategy: copy.strategy,
  state: copy.state,
  outcome: copy.outcome,
  reason: copy.reason,
  wallet: bytesToHex(copy.wallet),
  condition: bytesToHex(copy.condition_id),
  token: bytesToToken(copy.token) as string,
  side: copy.side,
  leader_price: formatMicro(copy.leader_price),
  leader_shares: formatMicro(copy.leader_size),
  leader_at_ms: copy.leader_at_ms,
  visible_at_ms: copy.visible_at_ms,
  detected_at_ms: copy.detected_at_ms,
  decided_at_ms: copy.reserved_at_ms,
  arrive_at_ms: copy.arrive_at_ms,
  priced_at_ms: copy.priced_at_ms,
  book_source: copy.book_source,
  book_age_ms: copy.book_age_ms,
  detected_via: copy.detected_via,
  origin: copy.origin,
  shares: money(copy.size),
  gross_usdc: money(copy.gross),
  fee_usdc: money(copy.fee),
  pnl_usdc: money(copy.pnl),
})

export type CopyRow = ReturnType<typeof toRow>

/** The copies that fit the filter, at most `limit`. */
export const readCopies = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  filter: CopyFilter,
  limit: number,
) {
  const wallet = filter.wallet === null ? null : hexToBytes(filter.wallet)
  const wanted = [
    ...(filter.strategy === null ? [] : [sql`c.strategy = ${filter.strategy}`]),
    ...(filter.outcome === null ? [] : [sql`c.outcome = ${filter.outcome}`]),
    ...(filter.state === null ? [] : [sql`c.state = ${filter.state}`]),
    ...(wallet === null ? [] : [sql`c.wallet = ${wallet}`]),
  ]
  const rows: Array<CopyRow> = []
  let last: StoredCopy | undefined
  while (rows.length < limit) {
    const after = last === undefined ? [] : [sql`c.rowid < ${last.row}`]
    const page = yield* sql<StoredCopy>`SELECT c.rowid AS row, c.fill_id, c.strategy, c.state,
        c.outcome, c.reason, c.wallet, c.condition_id, c.token, c.leader_size, c.leader_at_ms,
        c.visible_at_ms, c.detected_at_ms, c.reserved_at_ms, c.arrive_at_ms, c.priced_at_ms,
        c.detected_via, c.origin, c.book_source, c.book_age_ms, ${sql.literal(receiptColumns)}
      FROM ${sql.literal(receiptTables)} WHERE ${sql.and([...wanted, ...after])}
      ORDER BY c.rowid DESC LIMIT ${Math.min(pageSize, limit - rows.length)}`
    if (page.length === 0) break
    rows.push(...page.map(toRow))
    last = page.at(-1)
  }
  return rows
}, Effect.orDie)
