/**
 * What other sources said of outcomes that the resolution feed did not: kept once a source, so that
 * `why` can tell, and settled when they came to agree.
 *
 * The feed tells what was paid out on the chain, the others what they show of it. So a contradiction
 * that does not end is decided for the feed: after `resolution.overrule_doubts_after` of saying the
 * same at every look, and as long after the time of resolution that it tells. An outcome impossible in
 * itself (`facts`) is never decided.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Resolution } from "@evaluator/domain/market/Market"
import { hexToBytes } from "@evaluator/domain/Id"

const dayMs = 86_400_000

export type DoubtSource = "facts" | "gamma" | "clob"

export interface Doubt {
  readonly source: DoubtSource
  /** What the source said, in words. */
  readonly said: string
}

/** Notes doubts about what was served, in the caller's transaction; those of anything else have ended. */
export const storeDoubts = Effect.fnUntraced(function* (
  served: Resolution,
  doubts: ReadonlyArray<Doubt>,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const condition = hexToBytes(served.condition)
  const payouts = JSON.stringify(served.payouts)
  yield* sql`UPDATE outcome_doubts SET settled_at_ms = ${now}
    WHERE condition = ${condition} AND settled_at_ms IS NULL AND served <> ${payouts}`
  for (const { said, source } of doubts) {
    yield* sql`INSERT INTO outcome_doubts ${sql.insert({
      condition,
      source,
      served: payouts,
      said,
      first_at_ms: now,
      last_at_ms: now,
      times: 1,
      served_since_ms: now,
    })} ON CONFLICT (condition, source) DO UPDATE SET
        served_since_ms = iif(settled_at_ms IS NULL, served_since_ms, excluded.served_since_ms),
        served = excluded.served, said = excluded.said, last_at_ms = excluded.last_at_ms, times = times + 1,
        settled_at_ms = NULL`
  }
})

/** Why an outcome is believed despite the doubts just stored, in words; null while it is not. */
export const overruling = Effect.fnUntraced(function* (
  served: Resolution,
  doubts: ReadonlyArray<Doubt>,
  afterMs: number,
) {
  if (doubts.some(({ source }) => source === "facts")) return null
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const [row] = yield* sql<{ since: number }>`SELECT min(served_since_ms) AS since
    FROM outcome_doubts
    WHERE condition = ${hexToBytes(served.condition)} AND settled_at_ms IS NULL`
  const since = Math.max(row!.since, served.resolvedAtMs ?? 0)
  if (now - since < afterMs) return null
  const said = doubts.map(({ said, source }) => `${source} ${said}`).join(" and ")
  return `the feed has said so for ${Math.floor((now - row!.since) / dayMs)} days, while ${said}`
})

/** The outcome is believed, or none is served: nothing of it is in doubt any more; in the caller's transaction. */
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

/** Conditions whose outcome is not believed now, and those whose outcome is believed despite a doubt. */
export const countDoubted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ doubted: number; overruled: number }>`SELECT
    (SELECT count(DISTINCT condition) FROM outcome_doubts WHERE settled_at_ms IS NULL) AS doubted,
    (SELECT count(*) FROM resolutions WHERE despite IS NOT NULL) AS overruled`
  return row!
}).pipe(Effect.orDie)
