/**
 * Receipts, groups and what no judgement needed.
 *
 * - `verdicts.promised…`: the copy profit forecast when the verdict was first said, with its interval;
 *   the other numbers follow each judgement.
 * - `wallet_clusters`: who stands for a group is all that is kept of it.
 * - `wallet_evidence.vector` was never written: the rows themselves are read.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE verdicts ADD COLUMN promised REAL NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE verdicts ADD COLUMN promised_low REAL NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE verdicts ADD COLUMN promised_high REAL NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE wallet_clusters DROP COLUMN shared`
  yield* sql`ALTER TABLE wallet_clusters DROP COLUMN overlap`
  yield* sql`ALTER TABLE wallet_evidence DROP COLUMN vector`
})
