/**
 * The watchlist: who is on it, since when and why, and what its stored history amounts to.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { atLeastOne } from "./AtLeastOne.ts"
import { reachStage } from "./Funnel.ts"
import type { FeedName } from "./WalletFeeds.ts"

export type WalletSource = "HOLDER" | "TRADER_RECENT" | "LEADERBOARD" | "WINNER" | "RECORDING"

export interface Discovered {
  readonly wallet: WalletAddress
  readonly source: WalletSource
  readonly condition: Uint8Array | null
}

/** How many wallets are on the watchlist. */
export const countWallets = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ wallets: number }>`SELECT count(*) AS wallets FROM wallets`
  return row!.wallets
}).pipe(Effect.orDie)

/**
 * Puts wallets (at most 500) on the watchlist, in the caller's transaction, and returns those that
 * were not on it. The first source stands; being on the leaderboard is remembered for all.
 */
export const addWallets = Effect.fnUntraced(function* (
  discovered: ReadonlyArray<Discovered>,
  feeds: ReadonlyArray<FeedName>,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const unique = [...new Map(discovered.map((found) => [found.wallet, found])).values()]
  if (unique.length === 0) return []
  const known = yield* sql<{ wallet: Uint8Array }>`SELECT wallet FROM wallets
    WHERE ${sql.in(
      "wallet",
      unique.map((found) => hexToBytes(found.wallet)),
    )}`
  const knownHex = new Set(known.map((row) => `0x${Buffer.from(row.wallet).toString("hex")}`))
  const fresh = unique.filter((found) => !knownHex.has(found.wallet))
  if (fresh.length > 0) {
    yield* sql`INSERT INTO wallets ${sql.insert(
      atLeastOne(
        fresh.map((found) => ({
          wallet: hexToBytes(found.wallet),
          source: found.source,
          discovered_at_ms: now,
          discovered_in: found.condition,
        })),
      ),
    )}`
    yield* sql`INSERT INTO wallet_feeds ${sql.insert(
      atLeastOne(
        fresh.flatMap((found) =>
          feeds.map((feed) => ({
            wallet: hexToBytes(found.wallet),
            feed,
            priority: 0,
            due_ms: now,
          })),
        ),
      ),
    )}`
    yield* reachStage(
      "wallets",
      fresh.map((found) => hexToBytes(found.wallet)),
    )
  }
  const leaders = unique.filter((found) => found.source === "LEADERBOARD")
  if (leaders.length > 0) {
    yield* sql`UPDATE wallets SET leaderboard_at_ms = ${now} WHERE ${sql.in(
      "wallet",
      leaders.map((found) => hexToBytes(found.wallet)),
    )}`
  }
  return fresh.map((found) => found.wallet)
})

/** New fills or deeds of a wallet: its counts, and its judgement is due; in the caller's transaction. */
export const noteHistory = Effect.fnUntraced(function* (
  wallet: WalletAddress,
  fills: ReadonlyArray<Fill>,
  apartMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const times = fills.map((fill) => fill.atMs)
  const first = times.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER)
  const last = times.reduce((a, b) => Math.max(a, b), 0)
  yield* sql`UPDATE wallets SET fills = fills + ${fills.length},
      first_fill_ms = CASE WHEN ${fills.length} = 0 THEN first_fill_ms
        ELSE min(coalesce(first_fill_ms, ${first}), ${first}) END,
      last_fill_ms = CASE WHEN ${fills.length} = 0 THEN last_fill_ms
        ELSE max(coalesce(last_fill_ms, ${last}), ${last}) END,
      judge_due_ms = CASE WHEN history_complete_at_ms IS NULL THEN judge_due_ms
        ELSE min(coalesce(judge_due_ms, ${Number.MAX_SAFE_INTEGER}),
          max(${now}, coalesce(judged_at_ms, 0) + ${apartMs})) END
    WHERE wallet = ${hexToBytes(wallet)}`
})

/** Marks the history complete once every feed is; true when it just became so. In the caller's transaction. */
export const noteComplete = Effect.fnUntraced(function* (wallet: WalletAddress) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql`UPDATE wallets SET history_complete_at_ms = ${now}, judge_due_ms = ${now}
    WHERE wallet = ${hexToBytes(wallet)} AND history_complete_at_ms IS NULL
      AND NOT EXISTS (SELECT 1 FROM wallet_feeds f WHERE f.wallet = wallets.wallet
        AND f.complete_through_ms IS NULL)
    RETURNING wallet`
  return rows.length > 0
})

/** A condition's outcome is known: who touched it is due to be judged; in the caller's transaction. */
export const noteResolved = Effect.fnUntraced(function* (condition: Uint8Array, apartMs: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE wallets SET judge_due_ms = min(coalesce(judge_due_ms, ${Number.MAX_SAFE_INTEGER}),
      max(${now}, coalesce(judged_at_ms, 0) + ${apartMs}))
    WHERE history_complete_at_ms IS NOT NULL AND wallet IN (
      SELECT wallet FROM wallet_conditions WHERE condition = ${condition})`
})
