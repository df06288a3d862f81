/**
 * The fast lane's tables: what it knows of the world (replicas), what it watches, the copies, and
 * the book of paper money. The states and outcomes are those of `domain/paper`; a test ties them.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const createReplicas = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // `seq` is the event that brought the facts, null when the venue or a refill did.
  yield* sql`CREATE TABLE markets (
    condition_id BLOB PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed', 'resolved')),
    theme TEXT NOT NULL,
    facts TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('event', 'refill', 'venue')),
    seq INTEGER,
    at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE resolutions (
    condition_id BLOB PRIMARY KEY,
    payouts TEXT NOT NULL,
    disputed INTEGER NOT NULL,
    resolved_at_ms INTEGER,
    source TEXT NOT NULL CHECK (source IN ('event', 'refill')),
    seq INTEGER,
    at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE follows (
    wallet BLOB NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    state TEXT NOT NULL,
    persona TEXT,
    seq INTEGER,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet, from_ms)
  ) STRICT`
  // The one request to fill the replicas again from the other lane's truth.
  yield* sql`CREATE TABLE refills (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    requested_at_ms INTEGER NOT NULL,
    after TEXT,
    done_at_ms INTEGER
  ) STRICT`
})

const createWatches = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // `next_poll_at_ms` is null when the follow is over and complete, or its polls were given up.
  yield* sql`CREATE TABLE watches (
    wallet BLOB NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    complete_through_ms INTEGER NOT NULL,
    next_poll_at_ms INTEGER,
    quiet_polls INTEGER NOT NULL DEFAULT 0,
    polls INTEGER NOT NULL DEFAULT 0,
    rejected_rows INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    PRIMARY KEY (wallet, from_ms)
  ) STRICT`
  yield* sql`CREATE INDEX watches_due ON watches (next_poll_at_ms)
    WHERE next_poll_at_ms IS NOT NULL`
})

const createCopies = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE copies (
    fill_id BLOB NOT NULL,
    strategy TEXT NOT NULL CHECK (strategy IN ('portfolio', 'solo', 'careless')),
    book TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('detected', 'reviewed', 'reserved', 'priced', 'filled',
      'closed', 'skipped', 'compensating', 'compensated', 'stuck', 'reversed')),
    outcome TEXT CHECK (outcome IN ('COPIED', 'SKIPPED_WALLET_RISK', 'SKIPPED_PORTFOLIO_RISK',
      'SKIPPED_DAILY_LOSS', 'SKIPPED_WEEKLY_LOSS', 'SKIPPED_HALTED', 'SKIPPED_MARKET_CLOSED',
      'SKIPPED_MARKET_UNKNOWN', 'SKIPPED_NO_BOOK', 'SKIPPED_NO_FILL', 'SKIPPED_DETECTION_LAG',
      'SKIPPED_STALE_FEED', 'SKIPPED_BELOW_MINIMUM', 'SKIPPED_NOTHING_TO_SELL',
      'SKIPPED_OVERLOAD', 'FAILED')),
    reason TEXT,
    wallet BLOB NOT NULL,
    condition_id BLOB NOT NULL,
    token BLOB NOT NULL,
    outcome_index INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    leader_price INTEGER NOT NULL,
    leader_size INTEGER NOT NULL,
    leader_at_ms INTEGER NOT NULL,
    transaction_hash BLOB NOT NULL,
    detected_via TEXT NOT NULL CHECK (detected_via IN ('bridge', 'feed', 'poll')),
    detected_at_ms INTEGER NOT NULL,
    correlation_id TEXT,
    causation_id TEXT,
    traceparent TEXT,
    reviewed_at_ms INTEGER,
    gate TEXT,
    gate_value INTEGER,
    gate_limit INTEGER,
    review TEXT,
    budget INTEGER,
    offered INTEGER,
    limit_price INTEGER,
    reservation_id INTEGER,
    reserved_at_ms INTEGER,
    arrive_at_ms INTEGER,
    priced_at_ms INTEGER,
    priced_book TEXT,
    size INTEGER,
    gross INTEGER,
    fee INTEGER,
    takes TEXT,
    filled_at_ms INTEGER,
    pnl INTEGER,
    closed_at_ms INTEGER,
    moved_at_ms INTEGER NOT NULL,
    PRIMARY KEY (fill_id, strategy),
    CHECK (CASE
      WHEN state IN ('detected', 'reviewed', 'reserved', 'priced') THEN outcome IS NULL
      WHEN state = 'compensating' THEN 1
      ELSE outcome IS NOT NULL END)
  ) STRICT`
  yield* sql`CREATE INDEX copies_in_flight ON copies (detected_at_ms)
    WHERE state IN ('detected', 'reviewed', 'reserved', 'priced', 'compensating')`
  yield* sql`CREATE INDEX copies_by_leader_time ON copies (strategy, leader_at_ms)`
  yield* sql`CREATE INDEX copies_by_token ON copies (strategy, wallet, token, leader_at_ms)`
})

const createLedger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE transfers (
    id INTEGER PRIMARY KEY,
    book TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('fund', 'reserve', 'promise', 'void', 'buy', 'sell', 'payout')),
    strategy TEXT NOT NULL,
    fill_id BLOB,
    at_ms INTEGER NOT NULL,
    reason TEXT
  ) STRICT`
  yield* sql`CREATE INDEX transfers_by_fill ON transfers (fill_id) WHERE fill_id IS NOT NULL`
  // The empty token is USDC.
  yield* sql`CREATE TABLE postings (
    transfer_id INTEGER NOT NULL REFERENCES transfers (id),
    account TEXT NOT NULL,
    token BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (transfer_id, token, account)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE balances (
    book TEXT NOT NULL,
    token BLOB NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (book, token, account)
  ) STRICT, WITHOUT ROWID`
  // A pending transfer: cash or shares promised to one copy. Its id is the transfer that made it.
  yield* sql`CREATE TABLE reservations (
    id INTEGER PRIMARY KEY REFERENCES transfers (id),
    book TEXT NOT NULL,
    strategy TEXT NOT NULL,
    fill_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    wallet BLOB NOT NULL,
    condition_id BLOB NOT NULL,
    theme TEXT NOT NULL,
    token BLOB NOT NULL,
    cash INTEGER NOT NULL,
    exposure INTEGER NOT NULL,
    size INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (fill_id, strategy)
  ) STRICT`
  yield* sql`CREATE INDEX reservations_pending ON reservations (book) WHERE state = 'pending'`
  yield* sql`CREATE TABLE lots (
    id INTEGER PRIMARY KEY,
    book TEXT NOT NULL,
    strategy TEXT NOT NULL,
    fill_id BLOB NOT NULL,
    wallet BLOB NOT NULL,
    condition_id BLOB NOT NULL,
    theme TEXT NOT NULL,
    token BLOB NOT NULL,
    outcome_index INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    size INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    open_size INTEGER NOT NULL CHECK (open_size >= 0),
    open_cost INTEGER NOT NULL CHECK (open_cost >= 0),
    open_fee INTEGER NOT NULL CHECK (open_fee >= 0),
    UNIQUE (fill_id, strategy)
  ) STRICT`
  yield* sql`CREATE INDEX lots_open ON lots (book) WHERE open_size > 0`
  yield* sql`CREATE INDEX lots_open_by_condition ON lots (condition_id) WHERE open_size > 0`
  yield* sql`CREATE TABLE closings (
    id INTEGER PRIMARY KEY,
    lot_id INTEGER NOT NULL REFERENCES lots (id),
    transfer_id INTEGER NOT NULL REFERENCES transfers (id),
    cause TEXT NOT NULL CHECK (cause IN ('sold', 'resolved')),
    size INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    buy_fee INTEGER NOT NULL,
    proceeds INTEGER NOT NULL,
    sale_fee INTEGER NOT NULL,
    pnl INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX closings_by_lot ON closings (lot_id)`
  // Profit after fees by UTC day, for the loss gates.
  yield* sql`CREATE TABLE results (
    book TEXT NOT NULL,
    day INTEGER NOT NULL,
    wallet BLOB NOT NULL,
    pnl INTEGER NOT NULL,
    PRIMARY KEY (book, day, wallet)
  ) STRICT, WITHOUT ROWID`
})

const createBreakers = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE halts (
    id INTEGER PRIMARY KEY,
    strategy TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER,
    lifted_at_ms INTEGER
  ) STRICT`
  yield* sql`CREATE INDEX halts_standing ON halts (id) WHERE lifted_at_ms IS NULL`
  yield* sql`CREATE TABLE audits (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    verb TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL
  ) STRICT`
})

export default Effect.gen(function* () {
  yield* createReplicas
  yield* createWatches
  yield* createCopies
  yield* createLedger
  yield* createBreakers
})
