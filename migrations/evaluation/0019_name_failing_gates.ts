/**
 * `wallet_rules.failing`: the reasons of `failed` alone, a JSON array, and an index of them. Why wallets
 * are where they are is then counted by the index; before, the gates of every wallet were parsed.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE wallet_rules ADD COLUMN failing TEXT NOT NULL DEFAULT '[]'`
  yield* sql`UPDATE wallet_rules SET failing =
    (SELECT json_group_array(f.value ->> 'reason') FROM json_each(failed) f)`
  yield* sql`DROP INDEX wallet_rules_by_state`
  yield* sql`CREATE INDEX wallet_rules_by_state ON wallet_rules (state, reason, failing)`
})
