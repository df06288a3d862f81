/**
 * What an order of `solo` would have got some time after it came: the same order walked down the book
 * of that moment.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE later_fills (
    fill_id BLOB NOT NULL,
    after_ms INTEGER NOT NULL,
    size INTEGER NOT NULL,
    gross INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    PRIMARY KEY (fill_id, after_ms)
  ) STRICT, WITHOUT ROWID`
})
