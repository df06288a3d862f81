/**
 * Answers the other lane for what came of our copies, when its own record of them is no longer ours: how
 * each was decided, as its row has it, and what each settled, as it was told. Nothing of that ever leaves
 * this file, whatever becomes of the events; pieces keep the ids of the events that told of them, so
 * whoever has some of them takes nothing twice.
 *
 * Limits: {@link pageEvents} rows a page, in the order of their keys.
 */
import { Effect, Schema, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { encodePayload, Envelope, type EventDraft } from "@evaluator/domain/event/DomainEvent"
import {
  bytesToBareHex,
  bytesToHex,
  type ConditionId,
  type FillId,
  hexToBytes,
  type WalletAddress,
} from "@evaluator/domain/Id"
import type { MicroShares, MicroUsdc } from "@evaluator/domain/money/Micro"
import type { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { copyDecided } from "./CopyDecided.ts"
import { type CopyRecord, toCopy } from "./CopyRow.ts"
import { decodeTakes, metOf } from "./Pricing.ts"

/** The name under which this lane answers. */
export const copyResultsRequest = "paper.copy-results"

/** A few milliseconds of this lane's thread: each row may hold a book. */
export const pageEvents = 100

/** `after` is the `next` of the page before; null asks for the first of that kind. */
export const CopyResultsRequest = Schema.Struct({
  kind: Schema.Literals(["decided", "settled"]),
  after: Schema.NullOr(Schema.String),
})

/** `CopyDecided` or `CopySettled` as envelopes; the id of the former is its key. `next` is null on the last page. */
export const CopyResultsPage = Schema.Struct({
  events: Schema.Array(Envelope),
  next: Schema.NullOr(Schema.String),
})

const decodeRequest = Schema.decodeUnknownEffect(CopyResultsRequest)
const encodePage = Schema.encodeSync(CopyResultsPage)

interface DecidedRow extends CopyRecord {
  readonly outcome: CopyOutcome
  readonly size: MicroShares | null
  readonly gross: MicroUsdc | null
  readonly fee: MicroUsdc | null
  readonly takes: string | null
  readonly moved_at_ms: number
}

interface SettledRow {
  readonly event_id: string
  readonly fill_id: Uint8Array
  readonly strategy: Strategy
  readonly wallet: Uint8Array
  readonly condition_id: Uint8Array
  readonly pnl: number
  readonly cause: "sold" | "resolved"
  readonly at_ms: number
  readonly sold: number
  readonly sale_fee: number
}

const envelope = (id: string, atMs: number, draft: EventDraft): Envelope => ({
  id,
  seq: 0,
  type: draft.type,
  version: 1,
  atMs,
  correlationId: id,
  causationId: null,
  traceparent: null,
  payload: encodePayload(draft),
})

const decided = (row: DecidedRow): Envelope => {
  const copy = toCopy(row)
  const { fee, gross, size } = row
  const filled =
    row.takes === null || size === null || gross === null || fee === null
      ? null
      : { takes: decodeTakes(row.takes), size, gross, fee }
  const sign = copy.fill.side === "BUY" ? 1 : -1
  const costMicro = filled === null ? 0 : sign * filled.gross + filled.fee
  const met = filled === null ? undefined : metOf(copy, filled)
  return envelope(
    `${copy.fillId} ${copy.strategy}`,
    row.moved_at_ms,
    copyDecided(copy, row.outcome, costMicro, met),
  )
}

const settled = (row: SettledRow): Envelope =>
  envelope(row.event_id, row.at_ms, {
    type: "CopySettled",
    payload: {
      fill: bytesToBareHex(row.fill_id) as FillId,
      strategy: row.strategy,
      wallet: bytesToHex(row.wallet) as WalletAddress,
      condition: bytesToHex(row.condition_id) as ConditionId,
      pnlMicro: row.pnl,
      cause: row.cause,
      sold: { size: row.sold, fee: row.sale_fee },
    },
  })

export const serveCopyResults: Effect.Effect<
  void,
  never,
  SqlClient.SqlClient | LaneLink | Scope.Scope
> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const link = yield* LaneLink

  const decidedAfter = Effect.fnUntraced(function* (after: string | null) {
    const [fill = "", strategy = ""] = after?.split(" ") ?? []
    const rows = yield* sql<DecidedRow>`SELECT * FROM copies
      WHERE (fill_id, strategy) > (${hexToBytes(fill)}, ${strategy}) AND outcome IS NOT NULL
        AND origin = 'fill' AND state <> 'compensating'
      ORDER BY fill_id, strategy LIMIT ${pageEvents}`
    return rows.map(decided)
  })

  const settledAfter = Effect.fnUntraced(function* (after: string | null) {
    const rows = yield* sql<SettledRow>`SELECT s.*, c.wallet, c.condition_id FROM settlements s
      JOIN copies c USING (fill_id, strategy)
      WHERE s.event_id > ${after ?? ""} ORDER BY s.event_id LIMIT ${pageEvents}`
    return rows.map(settled)
  })

  yield* link.serve(
    copyResultsRequest,
    Effect.fnUntraced(function* (payload) {
      const { after, kind } = yield* decodeRequest(payload)
      const events = yield* kind === "decided" ? decidedAfter(after) : settledAfter(after)
      const next = events.length < pageEvents ? null : events.at(-1)!.id
      return encodePage({ events, next })
    }),
  )
})
