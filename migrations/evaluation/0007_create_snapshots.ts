/**
 * Who holds what, as sets: what a complete answer did not name is not held any more.
 *
 * - `position_snapshots`: one row a followed wallet, when its positions are due to be asked for, and
 *   what the last complete answer amounted to.
 * - `positions`: the set of the last complete answer. `since_ms`: held since the snapshot of then.
 * - `holders`: the largest holders of a market's outcomes, as of the last look.
 * - `fee_schedules`: a market's fees from a time on, until the next row of the same market.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE position_snapshots (
    wallet BLOB PRIMARY KEY,
    due_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    taken_at_ms INTEGER,
    positions INTEGER,
    bankroll INTEGER
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX position_snapshots_due ON position_snapshots (due_ms)
    WHERE due_ms IS NOT NULL`
  yield* sql`CREATE TABLE positions (
    wallet BLOB NOT NULL,
    token BLOB NOT NULL,
    condition BLOB NOT NULL,
    outcome_index INTEGER NOT NULL,
    size INTEGER NOT NULL,
    average_price INTEGER,
    value INTEGER,
    redeemable INTEGER NOT NULL CHECK (redeemable IN (0, 1)),
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet, token)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE holders (
    condition BLOB NOT NULL,
    wallet BLOB NOT NULL,
    outcome_index INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (condition, wallet, outcome_index)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX holders_by_seen ON holders (seen_at_ms)`
  yield* sql`CREATE TABLE fee_schedules (
    condition BLOB NOT NULL,
    from_ms INTEGER NOT NULL,
    rate INTEGER NOT NULL,
    exponent INTEGER NOT NULL,
    PRIMARY KEY (condition, from_ms)
  ) STRICT, WITHOUT ROWID`
})
