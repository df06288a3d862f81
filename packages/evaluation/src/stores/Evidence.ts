/**
 * What was weighed for each wallet, and which wallets are due to be weighed again.
 *
 * A wallet is due when its ledger was judged anew or a copy of it settled, but not within
 * {@link leastPauseMs} of the last time: evidence grows slowly.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { type Copyable, type CopyRow } from "../evidence/Copyable.ts"
import type { Habits } from "../evidence/Habits.ts"

export const leastPauseMs = 6 * 3_600_000

/** How far the rows behind a verdict go, and what is missing of them. */
export interface Coverage {
  readonly firstFillMs: number | null
  /** All of its ledger up to here is stored; null: not complete yet. */
  readonly completeThroughMs: number | null
  /** Share of the time since its first fill that is complete. */
  readonly share: number
  /** When the share was worked out; absent: of a row stored before this was told. */
  readonly weighedAtMs?: number
  /** When its fills and markets were counted; absent like it. */
  readonly describedAtMs?: number
  /** Its fills that were stored then. */
  readonly fills: number
  /** Markets it went into, and those of them whose facts are not known. */
  readonly markets: number
  readonly marketsWithoutFacts: number
  /** Markets it went into that have no outcome yet. */
  readonly unresolved: number
  /** Leader fills we should have copied and could not because a feed, a book or time was lacking. */
  readonly feedGaps: number
}

/** Of the time from a wallet's first fill to a moment, the share that is complete. */
export const completeShareOf = (
  firstFillMs: number | null,
  completeThroughMs: number | null,
  atMs: number,
): number => {
  if (completeThroughMs === null || firstFillMs === null) return 0
  const span = atMs - firstFillMs
  return span <= 0 ? 1 : Math.min(1, Math.max(0, (completeThroughMs - firstFillMs) / span))
}

export interface Weighed {
  readonly coverage: Coverage
  readonly copyable: Copyable
}

/** What its own fills say of a wallet. */
export interface WeighedLedger {
  readonly entries: number
  readonly resolved: number
  readonly events: number
  readonly habits: Habits
  readonly readThroughMs: number | null
}

/** Makes a wallet due, in the caller's transaction. */
export const evidenceDue = Effect.fnUntraced(function* (wallet: Uint8Array, nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO wallet_evidence (wallet, due_ms) VALUES (${wallet}, ${nowMs})
    ON CONFLICT (wallet) DO UPDATE SET due_ms = min(coalesce(due_ms, max(excluded.due_ms,
      coalesce(weighed_at_ms, 0) + ${leastPauseMs})), max(excluded.due_ms,
      coalesce(weighed_at_ms, 0) + ${leastPauseMs}))`
})

export interface DueToWeigh {
  readonly wallet: Uint8Array
  readonly readThroughMs: number | null
  readonly firstFillMs: number | null
  /** What was said of its purchases, while its ledger was not judged since; else null. */
  readonly standing: Coverage | null
  /** Its fills now, and what was told of them while there are no others. */
  readonly fills: number
  readonly habits: Habits | null
}

/** Truth query of `weigh-evidence`: due by `untilMs`, longest due first. */
export const dueToWeigh = Effect.fnUntraced(function* (untilMs: number, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    wallet: Uint8Array
    read_through_ms: number | null
    first_fill_ms: number | null
    standing: string | null
    fills: number
    habits: string | null
  }>`SELECT e.wallet, e.read_through_ms, w.first_fill_ms, coalesce(w.fills, 0) AS fills,
      iif(json_extract(e.coverage, '$.fills') = w.fills AND w.last_fill_ms <= e.weighed_at_ms,
        e.habits, NULL) AS habits,
      iif(w.judged_at_ms < e.weighed_at_ms, e.coverage, NULL) AS standing FROM wallet_evidence e
    LEFT JOIN wallets w ON w.wallet = e.wallet
    WHERE e.due_ms <= ${untilMs} ORDER BY e.due_ms, e.wallet LIMIT ${limit}`
  return rows.map((row): DueToWeigh => ({
    wallet: row.wallet,
    readThroughMs: row.read_through_ms,
    firstFillMs: row.first_fill_ms,
    standing: row.standing === null ? null : (JSON.parse(row.standing) as Coverage),
    fills: row.fills,
    habits: row.habits === null ? null : (JSON.parse(row.habits) as Habits),
  }))
}, Effect.orDie)

/** In the caller's transaction; `ledger` is null where only its copies are new. */
export const storeWeighed = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  { coverage, copyable }: Weighed,
  ledger: WeighedLedger | null,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE wallet_evidence SET ${sql.update({
    due_ms: null,
    weighed_at_ms: yield* Clock.currentTimeMillis,
    copies: copyable.settled,
    complete_share: coverage.share,
    coverage: JSON.stringify(coverage),
    copyable: JSON.stringify(copyable),
    ...(ledger && {
      read_through_ms: ledger.readThroughMs,
      entries: ledger.entries,
      resolved: ledger.resolved,
      events: ledger.events,
      habits: JSON.stringify(ledger.habits),
    }),
  })} WHERE wallet = ${wallet}`
})

export interface SoloCopy extends CopyRow {
  readonly fill: Uint8Array
  readonly condition: Uint8Array
  readonly event: string | null
  readonly leaderAtMs: number
  readonly settledAtMs: number | null
  /** Shares sold before the end, and their sales' fees; null until it ended. */
  readonly sold: number | null
  readonly saleFee: number | null
}

/** Most copies of a wallet that are described at once, the newest; a judgement reads all. */
const mostCopies = 10_000

/** Solo copies of a wallet as reported up to `asOfMs`, the newest {@link mostCopies}, in time order. */
export const soloCopies = Effect.fnUntraced(function* (wallet: Uint8Array, asOfMs: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    fill: Uint8Array
    condition: Uint8Array
    event_slug: string | null
    outcome: string
    cost: number
    leader_at_ms: number
    side: "BUY" | "SELL" | null
    leader_price: number | null
    size: number | null
    fee: number | null
    depth: number | null
    pnl: number | null
    sold: number | null
    sale_fee: number | null
    settled_at_ms: number | null
  }>`SELECT c.fill, c.condition, m.event_slug, c.outcome, c.cost, c.leader_at_ms, c.side,
      c.leader_price, c.size, c.fee, c.depth, s.pnl, s.sold, s.sale_fee, s.settled_at_ms
    FROM copy_results c LEFT JOIN markets m ON m.condition = c.condition
    LEFT JOIN (SELECT fill, sum(pnl) AS pnl, sum(sold) AS sold, sum(sale_fee) AS sale_fee,
        max(at_ms) AS settled_at_ms FROM copy_settlements
      WHERE wallet = ${wallet} AND strategy = 'solo' AND at_ms <= ${asOfMs} GROUP BY fill) s
      ON s.fill = c.fill
    WHERE c.wallet = ${wallet} AND c.strategy = 'solo' AND c.leader_at_ms <= ${asOfMs}
    ORDER BY c.leader_at_ms DESC, c.fill LIMIT ${mostCopies}`
  return rows.toReversed().map((row): SoloCopy => ({
    fill: row.fill,
    condition: row.condition,
    event: row.event_slug,
    outcome: row.outcome,
    cost: row.cost,
    leaderAtMs: row.leader_at_ms,
    met:
      row.side === null
        ? null
        : {
            side: row.side,
            leaderPrice: row.leader_price!,
            size: row.size!,
            fee: row.fee!,
            depth: row.depth!,
          },
    pnl: row.pnl,
    settledAtMs: row.settled_at_ms,
    sold: row.sold,
    saleFee: row.sale_fee,
  }))
}, Effect.orDie)

/** How far a wallet's ledger is complete, of all its feeds the least. */
export const completeThrough = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ through: number | null; open: number }>`SELECT
      min(complete_through_ms) AS through, sum(complete_through_ms IS NULL) AS open
    FROM wallet_feeds WHERE wallet = ${wallet}`
  return row === undefined || row.open !== 0 ? null : row.through
}, Effect.orDie)
