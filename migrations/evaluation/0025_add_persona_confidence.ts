/**
 * `wallets.persona_confidence`: how probable it is that the persona is right, 0 … 1; null without one
 * and of a wallet that was judged before it was said.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE wallets ADD COLUMN persona_confidence REAL
    CHECK (persona_confidence BETWEEN 0 AND 1)`
})
