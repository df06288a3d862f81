/**
 * Serves what the other lane must know when it starts or has lost its place: follow spans, facts and
 * outcomes, page by page under `evaluation.replicas`.
 *
 * A page covers up to {@link pageConditions} conditions that are open, traded or held, by condition;
 * spans (open, or ended within a day) come with the first page.
 */
import { Clock, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, ConditionId, hexToBytes } from "@evaluator/domain/Id"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { recentFollows } from "./stores/Follows.ts"
import { marketsOf } from "./stores/Markets.ts"
import { resolutionsOf } from "./stores/Resolutions.ts"

export const pageConditions = 500
const dayMs = 86_400_000

const Request = Schema.Struct({ after: Schema.NullOr(ConditionId) })

/** One page, as plain JSON. */
export const replicasPage = Effect.fnUntraced(function* (payload: unknown) {
  const sql = yield* SqlClient.SqlClient
  const { after } = yield* Schema.decodeUnknownEffect(Request)(payload)
  const from = after === null ? new Uint8Array() : hexToBytes(after)
  const rows = yield* sql<{ condition: Uint8Array }>`SELECT c.condition FROM conditions c
    WHERE c.condition > ${from} AND (c.touched = 1 OR EXISTS (SELECT 1 FROM markets m
      WHERE m.condition = c.condition AND m.status = 'open'))
    ORDER BY c.condition LIMIT ${pageConditions}`.pipe(Effect.orDie)
  const conditions = rows.map((row) => row.condition)
  const now = yield* Clock.currentTimeMillis
  const last = conditions[pageConditions - 1]
  return {
    markets: yield* marketsOf(conditions),
    resolutions: yield* resolutionsOf(conditions),
    follows: after === null ? yield* recentFollows(now - dayMs) : [],
    next: last === undefined ? null : bytesToHex(last),
  }
})

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const link = yield* LaneLink
    const sql = yield* SqlClient.SqlClient
    yield* link.serve("evaluation.replicas", (payload) =>
      replicasPage(payload).pipe(Effect.provideService(SqlClient.SqlClient, sql)),
    )
  }),
)
