/**
 * How many fills are near a price of one half is no number of a window any more: who quotes both sides is
 * told by what first purchases paid against the middle price, so all are judged again.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE wallet_features SET features = json_remove(features, '$.midFillRatio')`
  yield* sql`UPDATE wallets SET judge_due_ms = judged_at_ms
    WHERE judged_at_ms IS NOT NULL AND judge_due_ms IS NOT NULL`
})
