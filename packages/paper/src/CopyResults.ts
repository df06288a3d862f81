/**
 * Answers the other lane for what came of our copies, when its own record of them was lost: the
 * `CopyDecided` and `CopySettled` of this lane's log, page by page in their order, as they were first
 * told. Their ids are the same, so whoever has some of them already takes nothing twice.
 *
 * Limits: {@link pageEvents} events a page.
 */
import { Effect, Schema, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { Envelope } from "@evaluator/domain/event/DomainEvent"
import { type EventRow, toEnvelope } from "@evaluator/runtime/EventLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"

/** The name under which this lane answers. */
export const copyResultsRequest = "paper.copy-results"

export const pageEvents = 500

/** `after` is the `next` of the page before; null asks for the first. */
export const CopyResultsRequest = Schema.Struct({ after: Schema.NullOr(Schema.String) })

/** `next` is null on the last page. */
export const CopyResultsPage = Schema.Struct({
  events: Schema.Array(Envelope),
  next: Schema.NullOr(Schema.String),
})

const decodeRequest = Schema.decodeUnknownEffect(CopyResultsRequest)
const encodePage = Schema.encodeSync(CopyResultsPage)

export const serveCopyResults: Effect.Effect<
  void,
  never,
  SqlClient.SqlClient | LaneLink | Scope.Scope
> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const link = yield* LaneLink
  yield* link.serve(
    copyResultsRequest,
    Effect.fnUntraced(function* (payload) {
      const { after } = yield* decodeRequest(payload)
      const rows = yield* sql<EventRow>`SELECT seq, id, type, version, at_ms, correlation_id,
          causation_id, traceparent, payload FROM events
        WHERE seq > ${Number(after ?? 0)} AND type IN ('CopyDecided', 'CopySettled')
        ORDER BY seq LIMIT ${pageEvents}`
      const next = rows.length < pageEvents ? null : String(rows.at(-1)!.seq)
      return encodePage({ events: rows.map(toEnvelope), next })
    }),
  )
})
