/**
 * What speaks for and against following a wallet, and what was said of it.
 *
 * - `copy_results`: how our price, the leader's and the book's depth compare, of copies that filled.
 * - `wallet_entries`: the first purchase in each market, with the mid price then: the evidence of
 *   skill. Written once; `mid_from` is how many prices of others it rests on.
 * - `wallet_evidence`: one row a wallet: what was weighed, when, and when it is due again (NULL: not
 *   before something changes).
 * - `skill_models`: one row a judgement of all wallets together: the mixture of edges, how prices are
 *   calibrated, and the controls beside the ranking.
 * - `verdicts`: what was said of a wallet: a new row when the word changes or its horizon is over.
 *   `realized`, `realized_cost`, `realized_copies`: what solo copies of fills after it earned.
 * - `wallet_clusters`: wallets that act together, under the one they are counted as.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE copy_results ADD COLUMN side TEXT`
  yield* sql`ALTER TABLE copy_results ADD COLUMN leader_price INTEGER`
  yield* sql`ALTER TABLE copy_results ADD COLUMN size INTEGER`
  yield* sql`ALTER TABLE copy_results ADD COLUMN fee INTEGER`
  yield* sql`ALTER TABLE copy_results ADD COLUMN depth INTEGER`
  yield* sql`CREATE INDEX copy_results_by_wallet ON copy_results (wallet, strategy, leader_at_ms)`
  yield* sql`CREATE TABLE wallet_entries (
    wallet BLOB NOT NULL,
    condition BLOB NOT NULL,
    fill BLOB NOT NULL,
    outcome_index INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    price INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mid INTEGER NOT NULL,
    mid_error INTEGER NOT NULL,
    mid_from INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet, condition)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE wallet_evidence (
    wallet BLOB PRIMARY KEY,
    due_ms INTEGER,
    weighed_at_ms INTEGER,
    read_through_ms INTEGER,
    entries INTEGER NOT NULL DEFAULT 0,
    resolved INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    copies INTEGER NOT NULL DEFAULT 0,
    complete_share REAL NOT NULL DEFAULT 0,
    vector TEXT,
    coverage TEXT,
    copyable TEXT,
    habits TEXT
  ) STRICT`
  yield* sql`CREATE INDEX wallet_evidence_due ON wallet_evidence (due_ms) WHERE due_ms IS NOT NULL`
  yield* sql`CREATE TABLE skill_models (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    wallets INTEGER NOT NULL,
    follow INTEGER NOT NULL,
    watch INTEGER NOT NULL,
    avoid INTEGER NOT NULL,
    settings TEXT NOT NULL,
    population TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    wallet BLOB NOT NULL,
    model INTEGER NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('FOLLOW', 'WATCH', 'AVOID')),
    at_ms INTEGER NOT NULL,
    confirmed_at_ms INTEGER NOT NULL,
    until_ms INTEGER,
    local_fdr REAL NOT NULL,
    edge REAL NOT NULL,
    edge_low REAL NOT NULL,
    edge_high REAL NOT NULL,
    copy_profit REAL NOT NULL,
    copy_profit_low REAL NOT NULL,
    copy_profit_high REAL NOT NULL,
    events INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    complete_share REAL NOT NULL,
    reasons_for TEXT NOT NULL,
    reasons_against TEXT NOT NULL,
    coverage TEXT NOT NULL,
    realized INTEGER NOT NULL DEFAULT 0,
    realized_cost INTEGER NOT NULL DEFAULT 0,
    realized_copies INTEGER NOT NULL DEFAULT 0
  ) STRICT`
  yield* sql`CREATE INDEX verdicts_by_wallet ON verdicts (wallet, id)`
  yield* sql`CREATE INDEX verdicts_standing ON verdicts (verdict, local_fdr, wallet)
    WHERE until_ms IS NULL`
  yield* sql`CREATE TABLE wallet_clusters (
    wallet BLOB PRIMARY KEY,
    counted_as BLOB NOT NULL,
    wallets INTEGER NOT NULL,
    shared INTEGER NOT NULL,
    overlap REAL NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
})
