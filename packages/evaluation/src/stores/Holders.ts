/**
 * The largest holders of a market's outcomes, as a set: whoever the last look does not name is none
 * any more.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import type { Holder } from "@evaluator/polymarket/DataApi"
import { atLeastOne } from "./AtLeastOne.ts"

const rowsATime = 200

/** Replaces a market's set, in the caller's transaction; holders that stay keep since when they hold. */
export const replaceHolders = Effect.fnUntraced(function* (
  condition: Uint8Array,
  served: ReadonlyArray<Holder>,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const unique = new Map(served.map((one) => [`${one.wallet} ${one.outcomeIndex}`, one]))
  const rows = [...unique.values()].map(({ amount, outcomeIndex, wallet }) => ({
    condition,
    wallet: hexToBytes(wallet),
    outcome_index: outcomeIndex,
    amount,
    since_ms: now,
    seen_at_ms: now,
  }))
  for (let at = 0; at < rows.length; at += rowsATime) {
    yield* sql`INSERT INTO holders ${sql.insert(atLeastOne(rows.slice(at, at + rowsATime)))}
      ON CONFLICT (condition, wallet, outcome_index) DO UPDATE SET amount = excluded.amount,
        seen_at_ms = excluded.seen_at_ms`
  }
  yield* sql`DELETE FROM holders WHERE condition = ${condition} AND seen_at_ms < ${now}`
})
