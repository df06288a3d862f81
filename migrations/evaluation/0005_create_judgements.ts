/**
 * What is thought of wallets, and who is followed since when.
 *
 * - `wallet_features`: numbers of a window, as JSON (window 0 is the whole history).
 * - `wallet_gates`: the gates that a wallet failed at its last judgement.
 * - `wallet_traits`, `wallet_personas`: side labels; what each persona asked for and did not find.
 * - `wallet_scores`: WScore of a window with all its parts.
 * - `wallet_rules`, `rule_transitions`: lifecycle state, and every move with its reason.
 * - `follows`: following as spans of time. A fill belongs to a follow when
 *   `from_ms <= at_ms AND (to_ms IS NULL OR at_ms < to_ms)`.
 * - `copy_results`, `copy_settlements`: what the paper lane reported of our copies.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE wallet_features (
    wallet BLOB NOT NULL,
    window_days INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    features TEXT NOT NULL,
    PRIMARY KEY (wallet, window_days)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE wallet_gates (
    wallet BLOB NOT NULL,
    position INTEGER NOT NULL,
    code TEXT NOT NULL,
    stage INTEGER NOT NULL,
    metric REAL NOT NULL,
    threshold REAL NOT NULL,
    evidence TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet, code)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX wallet_gates_by_code ON wallet_gates (code)`
  yield* sql`CREATE TABLE wallet_personas (
    wallet BLOB NOT NULL,
    persona TEXT NOT NULL,
    lacks TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet, persona)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE wallet_traits (
    wallet BLOB NOT NULL,
    trait TEXT NOT NULL,
    value TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet, trait)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE wallet_scores (
    wallet BLOB NOT NULL,
    window_days INTEGER NOT NULL,
    wscore REAL NOT NULL,
    edge REAL NOT NULL,
    consistency REAL NOT NULL,
    market_skill REAL NOT NULL,
    timing REAL,
    behaviour REAL NOT NULL,
    raw REAL NOT NULL,
    hit_rate_factor REAL NOT NULL,
    trust_factor REAL NOT NULL,
    obscurity_factor REAL NOT NULL,
    roi_percent REAL NOT NULL,
    hit_rate REAL NOT NULL,
    trade_count INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet, window_days)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX wallet_scores_ranked ON wallet_scores (window_days, wscore DESC, wallet)`
  yield* sql`CREATE TABLE wallet_rules (
    wallet BLOB PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('CANDIDATE', 'PAPER_TRADING', 'APPROVED', 'STOPPED')),
    since_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    metric REAL,
    threshold REAL,
    baseline TEXT,
    looked_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX wallet_rules_by_state ON wallet_rules (state)`
  yield* sql`CREATE TABLE rule_transitions (
    id INTEGER PRIMARY KEY,
    wallet BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    metric REAL,
    threshold REAL
  ) STRICT`
  yield* sql`CREATE INDEX rule_transitions_by_wallet ON rule_transitions (wallet, id)`
  yield* sql`CREATE TABLE follows (
    wallet BLOB NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    state TEXT NOT NULL,
    persona TEXT,
    cause TEXT NOT NULL CHECK (cause IN ('rules', 'recording')),
    decided_at_ms INTEGER NOT NULL,
    ended_because TEXT,
    PRIMARY KEY (wallet, from_ms)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX follows_open ON follows (cause, wallet) WHERE to_ms IS NULL`
  yield* sql`CREATE TABLE copy_results (
    fill BLOB NOT NULL,
    strategy TEXT NOT NULL,
    wallet BLOB NOT NULL,
    condition BLOB NOT NULL,
    outcome TEXT NOT NULL,
    cost INTEGER NOT NULL,
    leader_at_ms INTEGER NOT NULL,
    PRIMARY KEY (fill, strategy)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE copy_settlements (
    event_id TEXT PRIMARY KEY,
    fill BLOB NOT NULL,
    strategy TEXT NOT NULL,
    wallet BLOB NOT NULL,
    condition BLOB NOT NULL,
    pnl INTEGER NOT NULL,
    cause TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX copy_settlements_by_wallet
    ON copy_settlements (wallet, strategy, at_ms)`
})
