/**
 * What wallets did, as the venue tells it, and what became of every row.
 *
 * - `trades`: fills, once each. `activity`: everything else in a wallet's ledger.
 * - `wallet_conditions`: which wallets touched which condition.
 * - `quarantine`: rows that could not be used, with the reason and the row itself.
 * - `row_fates`: for rows out of a recording, what became of the row at file and line, decided once.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE trades (
    id BLOB PRIMARY KEY,
    wallet BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    condition BLOB NOT NULL,
    token BLOB NOT NULL,
    outcome_index INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    price INTEGER NOT NULL,
    size INTEGER NOT NULL,
    transaction_hash BLOB NOT NULL,
    seen_at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX trades_by_wallet ON trades (wallet, at_ms)`
  yield* sql`CREATE TABLE activity (
    id BLOB PRIMARY KEY,
    wallet BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    type TEXT NOT NULL,
    condition BLOB,
    token BLOB,
    size INTEGER NOT NULL,
    usdc INTEGER NOT NULL,
    transaction_hash BLOB NOT NULL,
    seen_at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX activity_by_wallet ON activity (wallet, at_ms)`
  yield* sql`CREATE TABLE wallet_conditions (
    wallet BLOB NOT NULL,
    condition BLOB NOT NULL,
    PRIMARY KEY (wallet, condition)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX wallet_conditions_by_condition ON wallet_conditions (condition)`
  yield* sql`CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    request TEXT NOT NULL,
    recorded TEXT,
    at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE row_fates (
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('stored', 'duplicate', 'quarantined', 'ignored')),
    reason TEXT,
    PRIMARY KEY (file, line)
  ) STRICT, WITHOUT ROWID`
})
