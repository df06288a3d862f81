/**
 * `rule_transitions.numbers_at_ms`: the judgement whose numbers a move was made by. A wallet's numbers are
 * replaced by the next judgement; with its moment the ledger tells them again. NULL: moves before this.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE rule_transitions ADD COLUMN numbers_at_ms INTEGER`
})
