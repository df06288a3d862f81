/**
 * Settlements of our copies know what was sold of them: `sold` shares for `sale_fee` in fees, NULL of those
 * told before it was. The fast lane is asked for all of them again, as after a rewind: it has them exactly.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE copy_settlements ADD COLUMN sold INTEGER`
  yield* sql`ALTER TABLE copy_settlements ADD COLUMN sale_fee INTEGER`
  yield* sql`DELETE FROM cursors WHERE subscriber = 'evaluation'`
})
