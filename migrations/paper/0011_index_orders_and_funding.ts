/**
 * Orders that are priced and not booked yet are looked for at every pricing, by token; what was put
 * into the books is a handful among all transfers.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX copies_priced ON copies (strategy, token) WHERE state = 'priced'`
  yield* sql`CREATE INDEX transfers_funding ON transfers (book, at_ms) WHERE kind = 'fund'`
})
