/**
 * Wallets on the watchlist, how they are found, and how far each one's history is known.
 *
 * - `wallets`: identity, what its stored history amounts to, its verdict and when each judgement is
 *   due again (NULL: not before something changes).
 * - `wallet_feeds`: the span of each feed that is complete, and the walk in progress. Everything up
 *   to `complete_through_ms` is stored; a walk goes newest first and resumes at `walk_cursor`.
 * - `discovery_items`: the places where wallets are looked for, and when next.
 * - `funnel`: every id that ever reached a stage.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE wallets (
    wallet BLOB PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('HOLDER', 'TRADER_RECENT', 'LEADERBOARD', 'RECORDING')),
    discovered_at_ms INTEGER NOT NULL,
    discovered_in BLOB,
    leaderboard_at_ms INTEGER,
    fills INTEGER NOT NULL DEFAULT 0,
    first_fill_ms INTEGER,
    last_fill_ms INTEGER,
    history_complete_at_ms INTEGER,
    verdict TEXT NOT NULL DEFAULT 'waiting'
      CHECK (verdict IN ('waiting', 'classified', 'excluded')),
    verdict_reason TEXT DEFAULT 'HISTORY_INCOMPLETE',
    persona TEXT,
    judged_at_ms INTEGER,
    judge_due_ms INTEGER,
    judge_attempts INTEGER NOT NULL DEFAULT 0,
    score_due_ms INTEGER,
    rules_due_ms INTEGER
  ) STRICT`
  yield* sql`CREATE INDEX wallets_to_judge ON wallets (judge_due_ms) WHERE judge_due_ms IS NOT NULL`
  yield* sql`CREATE INDEX wallets_to_score ON wallets (score_due_ms) WHERE score_due_ms IS NOT NULL`
  yield* sql`CREATE INDEX wallets_to_rule ON wallets (rules_due_ms) WHERE rules_due_ms IS NOT NULL`
  yield* sql`CREATE INDEX wallets_by_verdict ON wallets (verdict, verdict_reason)`
  yield* sql`CREATE TABLE wallet_feeds (
    wallet BLOB NOT NULL,
    feed TEXT NOT NULL CHECK (feed IN ('activity', 'trades')),
    priority INTEGER NOT NULL CHECK (priority IN (0, 1, 2)),
    due_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    complete_through_ms INTEGER,
    last_row_ms INTEGER,
    walk_started_ms INTEGER,
    walk_from_ms INTEGER,
    walk_cursor TEXT,
    walk_oldest_ms INTEGER,
    pages INTEGER NOT NULL DEFAULT 0,
    polled_at_ms INTEGER,
    PRIMARY KEY (wallet, feed)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX wallet_feeds_due ON wallet_feeds (priority, due_ms)
    WHERE due_ms IS NOT NULL`
  yield* sql`CREATE TABLE discovery_items (
    kind TEXT NOT NULL CHECK (kind IN ('market', 'leaderboard')),
    subject TEXT NOT NULL,
    due_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    visited_at_ms INTEGER,
    wallets INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, subject)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX discovery_items_due ON discovery_items (due_ms) WHERE due_ms IS NOT NULL`
  yield* sql`CREATE TABLE funnel (
    stage TEXT NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (stage, id)
  ) STRICT, WITHOUT ROWID`
})
