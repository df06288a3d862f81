/**
 * An outcome that another source contradicts for ever is decided in the end.
 *
 * - `outcome_doubts.served_since_ms`: since when the feed has said what it says now; of rows from
 *   before, the last look.
 * - `resolutions.despite`: what was said against an outcome that was believed all the same, and for how
 *   long; NULL when nothing was. The index counts them.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE outcome_doubts ADD COLUMN served_since_ms INTEGER NOT NULL DEFAULT 0`
  yield* sql`UPDATE outcome_doubts SET served_since_ms = last_at_ms`
  yield* sql`ALTER TABLE resolutions ADD COLUMN despite TEXT`
  yield* sql`CREATE INDEX resolutions_despite ON resolutions (condition) WHERE despite IS NOT NULL`
})
