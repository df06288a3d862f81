/**
 * Copies under several strategies, of fills and of the leader's other ways out; what of our own was
 * no longer in the book they met; when a fill could first be seen; payouts that were corrected; and
 * how far each book may trade.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // A reservation is found by its copy; nothing ever read this.
  yield* sql`ALTER TABLE copies DROP COLUMN reservation_id`
  // Shares of ours that were taken out of the book before it was kept.
  yield* sql`ALTER TABLE copies ADD COLUMN own_taken INTEGER`
  // What the leader did: traded, or gave the token up in another way. A copy of the latter sells.
  yield* sql`ALTER TABLE copies ADD COLUMN origin TEXT NOT NULL DEFAULT 'fill'
    CHECK (origin IN ('fill', 'MERGE', 'REDEEM', 'CONVERSION', 'SPLIT'))`
  // When a feed first showed it to this process; null in rows older than this column.
  yield* sql`ALTER TABLE copies ADD COLUMN visible_at_ms INTEGER`
  yield* sql`CREATE INDEX copies_filled ON copies (strategy, token, filled_at_ms)
    WHERE filled_at_ms IS NOT NULL`
  yield* sql`CREATE INDEX copies_from_feed ON copies (wallet, leader_at_ms)
    WHERE detected_via = 'feed' AND outcome = 'COPIED'`
  // 1 while what was paid before does not agree with the payouts as they are now.
  yield* sql`ALTER TABLE resolutions ADD COLUMN correction_due INTEGER NOT NULL DEFAULT 0`
  yield* sql`CREATE INDEX resolutions_to_correct ON resolutions (condition_id)
    WHERE correction_due = 1`
  // Marked after each closing. A book without a row is ACTIVE and at its peak.
  yield* sql`CREATE TABLE book_modes (
    book TEXT PRIMARY KEY,
    mode TEXT NOT NULL CHECK (mode IN ('ACTIVE', 'REDUCING', 'HALTED')),
    peak INTEGER NOT NULL,
    equity INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX lots_by_condition ON lots (condition_id)`
})
