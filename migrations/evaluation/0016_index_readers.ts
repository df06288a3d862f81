/**
 * What reading a large file needs.
 *
 * - `trades_by_wallet` also holds the fill's id: which fills of followed wallets there are is then told
 *   by the index alone, where each was a page of the table.
 * - `markets_open`: scoring walks the open markets without passing the many that are not.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP INDEX trades_by_wallet`
  yield* sql`CREATE INDEX trades_by_wallet ON trades (wallet, at_ms, id)`
  yield* sql`CREATE INDEX markets_open ON markets (condition) WHERE status = 'open'`
})
