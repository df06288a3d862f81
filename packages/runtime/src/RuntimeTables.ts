/**
 * The tables that the machinery keeps in each lane's file. Both lanes' first migration runs this
 * effect; like a migration it is never edited once landed, a change is a new step.
 *
 * - `boots`: one row a start; the newest is the boot that owns running work.
 * - `events`: the lane's log. `log_identity` names it; a restored file gets a new name.
 * - `cursors`: how far a subscriber in this lane has come in the other lane's log.
 * - `job_runs`: every run of every job. A run that a kill cut off is closed at the next boot.
 * - `dead_letters`: what could not be handled after its attempts, with the cause.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export const createRuntimeTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE boots (
    id INTEGER PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    stopped_at_ms INTEGER
  ) STRICT`
  yield* sql`CREATE TABLE log_identity (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    log_id TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    correlation_id TEXT NOT NULL,
    causation_id TEXT,
    traceparent TEXT,
    payload TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX events_by_correlation ON events (correlation_id)`
  yield* sql`CREATE TABLE cursors (
    subscriber TEXT PRIMARY KEY,
    log_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    event_id TEXT,
    rewinds INTEGER NOT NULL DEFAULT 0,
    moved_at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE job_runs (
    id INTEGER PRIMARY KEY,
    boot_id INTEGER NOT NULL,
    job TEXT NOT NULL,
    cause TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    outcome TEXT NOT NULL CHECK (outcome IN ('running', 'completed', 'failed', 'interrupted')),
    counts TEXT NOT NULL DEFAULT '{}',
    error TEXT,
    trace_id TEXT
  ) STRICT`
  yield* sql`CREATE INDEX job_runs_by_job ON job_runs (job, id)`
  yield* sql`CREATE INDEX job_runs_running ON job_runs (id) WHERE outcome = 'running'`
  yield* sql`CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    cause TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    payload TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (source, subject)
  ) STRICT`
})

/** How far a run came, in its job's own words. */
export const addRunCursors = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE job_runs ADD COLUMN cursor TEXT`
})

/** Where a run that is cut off goes on: in what walk, and since when it stands. */
export const addRunCheckpoints = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE job_runs ADD COLUMN checkpoint TEXT`
  yield* sql`ALTER TABLE job_runs ADD COLUMN checkpoint_of TEXT`
  yield* sql`ALTER TABLE job_runs ADD COLUMN checkpoint_at_ms INTEGER`
})

/** Which event of the lane's log had it run; of several that came to one run, the first. */
export const addRunCauses = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE job_runs ADD COLUMN cause_event TEXT`
})
