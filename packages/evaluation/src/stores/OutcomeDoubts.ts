/**
 * What other sources said of outcomes that the resolution feed did not: kept once a source, so that
 * `why` can tell, and settled when they came to agree.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Resolution } from "@evaluator/domain/market/Market"
import { hexToBytes } from "@evaluator/domain/Id"

export type DoubtSource = "facts" | "gamma" | "clob"

export interface Doubt {
  readonly source: DoubtSource
  /** What the source said, in words. */
  readonly said: string
}

/** Notes doubts about what was served, in the caller's transaction. */
export const storeDoubts = Effect.fnUntraced(function* (
  served: Resolution,
  doubts: ReadonlyArray<Doubt>,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  for (const { said, source } of doubts) {
    yield* sql`INSERT INTO outcome_doubts ${sql.insert({
      condition: hexToBytes(served.condition),
      source,
      served: JSON.stringify(served.payouts),
      said,
      first_at_ms: now,
      last_at_ms: now,
      times: 1,
    })} ON CONFLICT (condition, source) DO UPDATE SET served = excluded.served,
        said = excluded.said, last_at_ms = excluded.last_at_ms, times = times + 1,
        settled_at_ms = NULL`
  }
})

/** The outcome is believed: nothing of it is in doubt any more; in the caller's transaction. */
export const settleDoubts = Effect.fnUntraced(function* (condition: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE outcome_doubts SET settled_at_ms = ${now}
    WHERE condition = ${condition} AND settled_at_ms IS NULL`
})

export interface DoubtRow extends Doubt {
  readonly served: string
  readonly first_at_ms: number
  readonly last_at_ms: number
  readonly times: number
  readonly settled_at_ms: number | null
}

/** By source, at most three. */
export const doubtsOf = Effect.fnUntraced(function* (condition: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<DoubtRow>`SELECT source, said, served, first_at_ms, last_at_ms, times,
      settled_at_ms FROM outcome_doubts WHERE condition = ${condition} ORDER BY source`
}, Effect.orDie)

/** Conditions whose outcome is not believed now. */
export const countDoubted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ conditions: number }>`SELECT count(DISTINCT condition) AS conditions
    FROM outcome_doubts WHERE settled_at_ms IS NULL`
  return row!.conditions
}).pipe(Effect.orDie)
