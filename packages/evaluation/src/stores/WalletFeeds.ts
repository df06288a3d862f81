/**
 * How far each wallet's feeds are known, and which walk is under way.
 *
 * Everything up to `complete_through_ms` is stored. A walk covers what lies between the last
 * completed span and its own start, newest page first; its cursor is committed with each page, so a
 * killed walk goes on where it was. Only its last page moves `complete_through_ms`: to the start of
 * the walk less the visibility lag, because younger rows may still appear.
 */
import { Clock, Effect, Random } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import type { NextAttempt } from "../Backoff.ts"
import { givenUp } from "./Storage.ts"

export type FeedName = "activity" | "trades"

export interface WalletFeed {
  readonly wallet: WalletAddress
  readonly feed: FeedName
  /** 0: history incomplete, 1: followed, 2: all others. */
  readonly priority: 0 | 1 | 2
  readonly dueMs: number | null
  readonly attempts: number
  readonly completeThroughMs: number | null
  readonly lastRowMs: number | null
  readonly walk: Walk | null
}

export interface Walk {
  readonly startedMs: number
  /** Rows before this are known already; 0 walks the whole history. */
  readonly fromMs: number
  readonly cursor: string | null
}

interface FeedRow {
  readonly feed: FeedName
  readonly priority: 0 | 1 | 2
  readonly due_ms: number | null
  readonly attempts: number
  readonly complete_through_ms: number | null
  readonly last_row_ms: number | null
  readonly walk_started_ms: number | null
  readonly walk_from_ms: number | null
  readonly walk_cursor: string | null
}

/** The feeds of one wallet. */
export const feedsOf = Effect.fnUntraced(function* (wallet: WalletAddress) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<FeedRow>`SELECT feed, priority, due_ms, attempts, complete_through_ms,
      last_row_ms, walk_started_ms, walk_from_ms, walk_cursor
    FROM wallet_feeds WHERE wallet = ${hexToBytes(wallet)} ORDER BY feed`
  return rows.map((row): WalletFeed => ({
    wallet,
    feed: row.feed,
    priority: row.priority,
    dueMs: row.due_ms,
    attempts: row.attempts,
    completeThroughMs: row.complete_through_ms,
    lastRowMs: row.last_row_ms,
    walk:
      row.walk_started_ms === null
        ? null
        : {
            startedMs: row.walk_started_ms,
            fromMs: row.walk_from_ms ?? 0,
            cursor: row.walk_cursor,
          },
  }))
}, Effect.orDie)

const distinct = (wallets: ReadonlyArray<Uint8Array>, limit: number): Array<WalletAddress> =>
  [...new Set(wallets.map((bytes) => bytesToHex(bytes) as WalletAddress))].slice(0, limit)

/**
 * Truth query of ingestion: wallets with a feed due since `sinceMs` and followed ones whenever they are
 * due; new ones first, then followed, then oldest due. Without room in the file only followed ones.
 */
export const dueWallets = Effect.fnUntraced(function* (limit: number, sinceMs = 0) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const found: Array<Uint8Array> = []
  const priorities = (yield* givenUp) === "tape" ? [1] : [0, 1, 2]
  for (const priority of priorities) {
    if (found.length >= limit) break
    const rows = yield* sql<{ wallet: Uint8Array }>`SELECT wallet FROM wallet_feeds
      WHERE priority = ${priority} AND due_ms <= ${now}
        AND due_ms >= ${priority === 1 ? 0 : sinceMs} ORDER BY due_ms LIMIT ${limit}`
    found.push(...rows.map(({ wallet }) => wallet))
  }
  return distinct(found, limit)
}, Effect.orDie)

/** The other part of it, where there is room: wallets not followed and due since before `beforeMs`. */
export const longDueWallets = Effect.fnUntraced(function* (limit: number, beforeMs: number) {
  const sql = yield* SqlClient.SqlClient
  const found: Array<Uint8Array> = []
  for (const priority of [0, 2]) {
    if (found.length >= limit) break
    const rows = yield* sql<{ wallet: Uint8Array }>`SELECT wallet FROM wallet_feeds
      WHERE priority = ${priority} AND due_ms < ${beforeMs} ORDER BY due_ms LIMIT ${limit}`
    found.push(...rows.map(({ wallet }) => wallet))
  }
  return distinct(found, limit)
}, Effect.orDie)

/** When the next feed that is not due yet becomes due; null when none waits. */
export const nextDueMs = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  let next: number | null = null
  for (const priority of [0, 1, 2]) {
    const [row] = yield* sql<{ due_ms: number | null }>`SELECT min(due_ms) AS due_ms
      FROM wallet_feeds WHERE priority = ${priority} AND due_ms > ${now}`
    const due = row?.due_ms ?? null
    if (due !== null && (next === null || due < next)) next = due
  }
  return next
}).pipe(Effect.orDie)

/** A page is stored and the walk goes on at `cursor`; in the page's transaction. */
export const advanceWalk = Effect.fnUntraced(function* (
  feed: WalletFeed,
  walk: Walk,
  lastRowMs: number | null,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE wallet_feeds SET walk_started_ms = ${walk.startedMs},
      walk_from_ms = ${walk.fromMs}, walk_cursor = ${walk.cursor}, attempts = 0, reason = NULL,
      last_row_ms = ${lastRowMs}, pages = pages + 1, polled_at_ms = ${now}
    WHERE wallet = ${hexToBytes(feed.wallet)} AND feed = ${feed.feed}`
})

export interface PollPolicy {
  readonly activeEveryMs: number
  readonly followedAtLeastEveryMs: number
  readonly quietEveryMs: number
  readonly visibilityLagMs: number
}

/** The walk has seen everything: the span is complete; in the last page's transaction. */
export const completeWalk = Effect.fnUntraced(function* (
  feed: WalletFeed,
  walk: Walk,
  lastRowMs: number | null,
  followed: boolean,
  policy: PollPolicy,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const through = Math.max(feed.completeThroughMs ?? 0, walk.startedMs - policy.visibilityLagMs)
  // A wallet that has been quiet for long is asked seldom: a tenth of its silence.
  const silence = lastRowMs === null ? policy.quietEveryMs : (now - lastRowMs) / 10
  const longest = followed ? policy.followedAtLeastEveryMs : policy.quietEveryMs
  const wait = Math.min(longest, Math.max(policy.activeEveryMs, silence))
  const due = now + Math.ceil(wait * (0.9 + 0.2 * (yield* Random.next)))
  yield* sql`UPDATE wallet_feeds SET complete_through_ms = ${through}, walk_started_ms = NULL,
      walk_from_ms = NULL, walk_cursor = NULL, attempts = 0, reason = NULL,
      last_row_ms = ${lastRowMs}, pages = pages + 1, polled_at_ms = ${now}, due_ms = ${due},
      priority = ${followed ? 1 : 2}
    WHERE wallet = ${hexToBytes(feed.wallet)} AND feed = ${feed.feed}`
})

/** A request failed. A refused cursor is forgotten: the walk starts again, known rows change nothing. */
export const failWalk = Effect.fnUntraced(
  function* (feed: WalletFeed, next: NextAttempt, forgetWalk: boolean) {
    const sql = yield* SqlClient.SqlClient
    const wallet = hexToBytes(feed.wallet)
    yield* sql`UPDATE wallet_feeds SET due_ms = ${next.dueMs}, attempts = ${next.attempts},
      reason = ${next.reason} WHERE wallet = ${wallet} AND feed = ${feed.feed}`
    if (forgetWalk) {
      yield* sql`UPDATE wallet_feeds SET walk_started_ms = NULL, walk_from_ms = NULL,
        walk_cursor = NULL WHERE wallet = ${wallet} AND feed = ${feed.feed}`
    }
    if (next.dueMs === null) {
      yield* DeadLetters.write({
        source: `ingest-${feed.feed}`,
        subject: feed.wallet,
        cause: next.reason,
        attempts: next.attempts,
      })
    }
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

/** The walk has more pages; its next turn is due now. */
export const walkAgainNow = Effect.fnUntraced(
  function* (feed: WalletFeed) {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    yield* sql`UPDATE wallet_feeds SET due_ms = ${now}
      WHERE wallet = ${hexToBytes(feed.wallet)} AND feed = ${feed.feed}`
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)
