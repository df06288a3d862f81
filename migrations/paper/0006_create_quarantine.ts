/**
 * Rows the fast lane was served and could not use, once each, and how many of them are no longer kept
 * or never were: there were too many (`full`), they were not served for long (`aged`), or a stream
 * brought them faster than is kept (`flood`).
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    request TEXT NOT NULL,
    recorded TEXT,
    first_at_ms INTEGER NOT NULL,
    last_at_ms INTEGER NOT NULL,
    times INTEGER NOT NULL CHECK (times > 0)
  ) STRICT`
  yield* sql`CREATE INDEX quarantine_by_last ON quarantine (last_at_ms, id)`
  yield* sql`CREATE TABLE quarantine_losses (
    cause TEXT PRIMARY KEY CHECK (cause IN ('full', 'aged', 'flood')),
    dropped INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
})
