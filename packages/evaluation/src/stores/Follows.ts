/**
 * Who is followed since when: spans of time, never overlapping for one wallet.
 *
 * An end lies a little in the future of its decision, so that both lanes agree about every fill.
 * The cause says who opened a span: the rules close only what the rules opened.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Follow } from "@evaluator/domain/event/DomainEvent"
import { bytesToHex, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Persona } from "@evaluator/domain/wallet/Persona"
import type { RulesState } from "@evaluator/domain/wallet/WalletRules"

export type FollowCause = "rules" | "recording"

interface FollowRow {
  readonly wallet: Uint8Array
  readonly from_ms: number
  readonly to_ms: number | null
  readonly state: RulesState
  readonly persona: Persona | null
}

const toFollow = (row: FollowRow): Follow => ({
  wallet: bytesToHex(row.wallet) as WalletAddress,
  fromMs: row.from_ms,
  toMs: row.to_ms,
  state: row.state,
  persona: row.persona,
})

/** Spans without an end, by wallet. */
export const openFollows = Effect.fnUntraced(function* (cause: FollowCause) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<FollowRow>`SELECT wallet, from_ms, to_ms, state, persona FROM follows
    WHERE to_ms IS NULL AND cause = ${cause} ORDER BY wallet`
  return rows.map(toFollow)
}, Effect.orDie)

/** All spans of one wallet, newest first, at most 100. */
export const followsOf = Effect.fnUntraced(function* (wallet: WalletAddress) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<FollowRow>`SELECT wallet, from_ms, to_ms, state, persona FROM follows
    WHERE wallet = ${hexToBytes(wallet)} ORDER BY from_ms DESC LIMIT 100`
  return rows.map(toFollow)
}, Effect.orDie)

/** Spans that are open or ended after `sinceMs`, at most 5,000: what the other lane must know. */
export const recentFollows = Effect.fnUntraced(function* (sinceMs: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<FollowRow>`SELECT wallet, from_ms, to_ms, state, persona FROM follows
    WHERE to_ms IS NULL OR to_ms >= ${sinceMs} ORDER BY wallet, from_ms LIMIT 5000`
  return rows.map(toFollow)
}, Effect.orDie)

/** Opens a span at `fromMs`, or where the last one ends if that is later; in the caller's transaction. */
export const openFollow = Effect.fnUntraced(function* (follow: Follow, cause: FollowCause) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const wallet = hexToBytes(follow.wallet)
  const [last] = yield* sql<{ to_ms: number | null }>`SELECT max(to_ms) AS to_ms FROM follows
    WHERE wallet = ${wallet}`
  const opened = { ...follow, fromMs: Math.max(follow.fromMs, last?.to_ms ?? 0) }
  yield* sql`INSERT INTO follows ${sql.insert({
    wallet,
    from_ms: opened.fromMs,
    to_ms: opened.toMs,
    state: opened.state,
    persona: opened.persona,
    cause,
    decided_at_ms: now,
    ended_because: null,
  })}`
  yield* pollAsFollowed(wallet, true)
  return opened
})

/** Ends a span at `toMs`, in the caller's transaction. */
export const endFollow = Effect.fnUntraced(function* (
  follow: Follow,
  toMs: number,
  because: string,
) {
  const sql = yield* SqlClient.SqlClient
  const wallet = hexToBytes(follow.wallet)
  yield* sql`UPDATE follows SET to_ms = ${toMs}, ended_because = ${because}
    WHERE wallet = ${wallet} AND from_ms = ${follow.fromMs}`
  return { ...follow, toMs }
})

/** A followed wallet's state or persona changed while its span goes on. */
export const relabelFollow = Effect.fnUntraced(function* (follow: Follow) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE follows SET state = ${follow.state}, persona = ${follow.persona}
    WHERE wallet = ${hexToBytes(follow.wallet)} AND from_ms = ${follow.fromMs}`
  return follow
})

const pollAsFollowed = Effect.fnUntraced(function* (wallet: Uint8Array, followed: boolean) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE wallet_feeds SET priority = ${followed ? 1 : 2}, due_ms = min(due_ms, ${now})
    WHERE wallet = ${wallet} AND priority <> 0 AND due_ms IS NOT NULL`
})

/**
 * How far the fills of followed wallets are known: the least time through which a followed wallet's
 * feeds are complete, a wallet counting until its last span is covered. `now` when none is followed.
 */
export const followedWatermark = Effect.fnUntraced(function* (nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ watermark: number | null }>`
    SELECT min(known) AS watermark FROM (
      SELECT max(f.from_ms - 1, coalesce(min(w.complete_through_ms), 0)) AS known, f.to_ms
      FROM follows f JOIN wallet_feeds w ON w.wallet = f.wallet
      GROUP BY f.wallet, f.from_ms
      HAVING (SELECT count(*) FROM wallet_feeds x
          WHERE x.wallet = f.wallet AND x.complete_through_ms IS NULL) > 0
        OR f.to_ms IS NULL OR min(w.complete_through_ms) < f.to_ms)`
  return Math.min(nowMs, row?.watermark ?? nowMs)
}, Effect.orDie)

/** Wallets with a span that their feeds do not cover through `throughMs` (or the span's end), at most 5,000. */
export const followedBehind = Effect.fnUntraced(function* (throughMs: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ wallet: Uint8Array }>`SELECT DISTINCT f.wallet FROM follows f
    JOIN wallet_feeds w ON w.wallet = f.wallet
    WHERE coalesce(w.complete_through_ms, 0) < min(coalesce(f.to_ms, ${throughMs}), ${throughMs})
      AND f.from_ms < ${throughMs}
    ORDER BY f.wallet LIMIT 5000`
  return rows.map((row) => row.wallet)
}, Effect.orDie)
