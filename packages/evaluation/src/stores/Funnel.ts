/**
 * The ids that ever reached a stage of the pipeline. An id is counted once, whatever happens later.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { atLeastOne } from "./AtLeastOne.ts"

export const funnelStages = [
  "markets",
  "markets_scored",
  "events_selected",
  "wallets",
  "classified",
  "excluded",
  "followable",
  "paper_trading",
  "approved",
  "ranked",
] as const
export type FunnelStage = (typeof funnelStages)[number]

/** Notes that ids (at most 500) reached a stage, in the caller's transaction. */
export const reachStage = Effect.fnUntraced(function* (
  stage: FunnelStage,
  ids: ReadonlyArray<Uint8Array>,
) {
  if (ids.length === 0) return
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT OR IGNORE INTO funnel ${sql.insert(atLeastOne(ids.map((id) => ({ stage, id }))))}`
})

export const textId = (text: string): Uint8Array => new TextEncoder().encode(text)
