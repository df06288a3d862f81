/**
 * Copies that somebody must look at are counted at every scrape: found by an index, not by a walk.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX copies_stuck ON copies (strategy) WHERE state = 'stuck'`
})
