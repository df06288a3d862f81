/**
 * Markets, what is known and due for each condition, and the day's scores.
 *
 * - `markets`: facts as last served; `facts` is the whole market as JSON without its daily numbers.
 * - `tokens`: which outcome of which condition a token is.
 * - `conditions`: one row for every condition any stored row names, and when its facts and its
 *   resolution are due to be asked for. A due time of NULL: nothing to ask, or given up.
 * - `resolutions`: what the venue says of the outcome.
 * - `scoring_runs`, `market_scores`, `event_scores`: a run counts once `completed_at_ms` is set.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE markets (
    condition BLOB PRIMARY KEY,
    event_slug TEXT NOT NULL,
    domain TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed', 'resolved')),
    end_at_ms INTEGER,
    liquidity INTEGER NOT NULL,
    volume_24h INTEGER NOT NULL,
    facts TEXT NOT NULL,
    first_seen_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX markets_by_event ON markets (event_slug)`
  yield* sql`CREATE TABLE tokens (
    token BLOB PRIMARY KEY,
    condition BLOB NOT NULL,
    outcome TEXT NOT NULL,
    outcome_index INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX tokens_by_condition ON tokens (condition)`
  yield* sql`CREATE TABLE conditions (
    condition BLOB PRIMARY KEY,
    first_named_at_ms INTEGER NOT NULL,
    named_by TEXT NOT NULL,
    touched INTEGER NOT NULL CHECK (touched IN (0, 1)),
    describe_due_ms INTEGER,
    describe_attempts INTEGER NOT NULL DEFAULT 0,
    describe_reason TEXT,
    described_at_ms INTEGER,
    resolve_due_ms INTEGER,
    resolve_attempts INTEGER NOT NULL DEFAULT 0,
    resolve_reason TEXT,
    resolve_checked_at_ms INTEGER
  ) STRICT`
  yield* sql`CREATE INDEX conditions_to_describe ON conditions (describe_due_ms)
    WHERE describe_due_ms IS NOT NULL`
  yield* sql`CREATE INDEX conditions_to_resolve ON conditions (resolve_due_ms)
    WHERE resolve_due_ms IS NOT NULL`
  yield* sql`CREATE TABLE resolutions (
    condition BLOB PRIMARY KEY,
    status TEXT NOT NULL,
    payouts TEXT NOT NULL,
    disputed INTEGER NOT NULL CHECK (disputed IN (0, 1)),
    final INTEGER NOT NULL CHECK (final IN (0, 1)),
    resolved_at_ms INTEGER,
    seen_at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE scoring_runs (
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    completed_at_ms INTEGER,
    markets INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0
  ) STRICT`
  yield* sql`CREATE TABLE market_scores (
    run INTEGER NOT NULL,
    condition BLOB NOT NULL,
    event_slug TEXT NOT NULL,
    mscore REAL NOT NULL,
    liquidity_part REAL NOT NULL,
    volume_part REAL NOT NULL,
    density_part REAL NOT NULL,
    whales_part REAL NOT NULL,
    expiry_part REAL NOT NULL,
    base REAL NOT NULL,
    gate REAL NOT NULL,
    liquidity INTEGER NOT NULL,
    volume_24h INTEGER NOT NULL,
    trades_24h INTEGER,
    top_holder_share REAL,
    days_to_expiry REAL NOT NULL,
    selected INTEGER NOT NULL CHECK (selected IN (0, 1)),
    PRIMARY KEY (run, condition)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE event_scores (
    run INTEGER NOT NULL,
    event_slug TEXT NOT NULL,
    escore REAL NOT NULL,
    event_rank INTEGER NOT NULL,
    PRIMARY KEY (run, event_slug)
  ) STRICT, WITHOUT ROWID`
})
