/**
 * What the other lane is told of a copy's end says what was sold of it: `sold` shares for `sale_fee` in fees.
 * What was told before has it from the closings, at the first word of each copy; of purchases that were
 * taken back nothing counts as sold.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE settlements ADD COLUMN sold INTEGER NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE settlements ADD COLUMN sale_fee INTEGER NOT NULL DEFAULT 0`
  yield* sql`UPDATE settlements SET sold = f.sold, sale_fee = f.sale_fee
    FROM (SELECT s.event_id, c.sold, c.sale_fee,
        row_number() OVER (PARTITION BY s.fill_id, s.strategy ORDER BY s.at_ms, s.event_id) AS word
      FROM settlements s JOIN (SELECT l.fill_id, l.strategy,
          sum(x.size) FILTER (WHERE x.cause = 'sold') AS sold,
          sum(x.sale_fee) FILTER (WHERE x.cause = 'sold') AS sale_fee
        FROM lots l JOIN closings x ON x.lot_id = l.id
        GROUP BY l.id HAVING sold IS NOT NULL AND NOT max(x.cause = 'taken back')) c
      USING (fill_id, strategy)) f
    WHERE f.event_id = settlements.event_id AND f.word = 1`
})
