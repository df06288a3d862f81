/**
 * What the paper lane reported of our copies: one result a fill and strategy, and what each settled
 * piece earned and what was sold of it. Storing a report again adds what it did not say at first, no more.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventPayload } from "@evaluator/domain/event/DomainEvent"
import { bytesToBareHex, hexToBytes } from "@evaluator/domain/Id"
import { copiesWritten } from "../evidence/RememberedRows.ts"
import { evidenceDue } from "./Evidence.ts"

/** In the caller's transaction. */
export const storeDecided = Effect.fnUntraced(function* (decided: EventPayload<"CopyDecided">) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO copy_results ${sql.insert({
    fill: hexToBytes(decided.fill),
    strategy: decided.strategy,
    wallet: hexToBytes(decided.wallet),
    condition: hexToBytes(decided.condition),
    outcome: decided.outcome,
    cost: decided.costMicro,
    leader_at_ms: decided.leaderAtMs,
    side: decided.met?.side ?? null,
    leader_price: decided.met?.leaderPrice ?? null,
    size: decided.met?.size ?? null,
    fee: decided.met?.fee ?? null,
    depth: decided.met?.depth ?? null,
  })} ON CONFLICT (fill, strategy) DO UPDATE SET outcome = excluded.outcome, cost = excluded.cost,
      side = excluded.side, leader_price = excluded.leader_price, size = excluded.size,
      fee = excluded.fee, depth = excluded.depth`
  if (decided.strategy === "solo") yield* copiesWritten(hexToBytes(decided.wallet))
})

/** In the caller's transaction. The wallet's rules and evidence are due: it grew. */
export const storeSettled = Effect.fnUntraced(function* (
  eventId: string,
  atMs: number,
  settled: EventPayload<"CopySettled">,
) {
  const sql = yield* SqlClient.SqlClient
  const wallet = hexToBytes(settled.wallet)
  yield* sql`INSERT INTO copy_settlements ${sql.insert({
    event_id: eventId,
    fill: hexToBytes(settled.fill),
    strategy: settled.strategy,
    wallet,
    condition: hexToBytes(settled.condition),
    pnl: settled.pnlMicro,
    cause: settled.cause,
    at_ms: atMs,
    sold: settled.sold?.size ?? null,
    sale_fee: settled.sold?.fee ?? null,
  })} ON CONFLICT (event_id) DO UPDATE SET sold = coalesce(excluded.sold, sold),
      sale_fee = coalesce(excluded.sale_fee, sale_fee)`
  if (settled.strategy !== "solo") return
  yield* copiesWritten(wallet)
  yield* evidenceDue(wallet, atMs)
  yield* sql`UPDATE wallets SET rules_due_ms = min(coalesce(rules_due_ms, ${atMs}), ${atMs})
    WHERE wallet = ${wallet}`
})

/** Keys greater than `after` up to `through`; null is no bound. */
export interface Span {
  readonly after: string | null
  readonly through: string | null
}

/** A key of `copy_results`, spelled as the paper lane does, as the values of its columns. */
const resultKey = (key: string) => {
  const [fill = "", strategy = ""] = key.split(" ")
  return [hexToBytes(fill), strategy] as const
}
/** Greater than every fill, whose ids have 16 bytes. */
const beyond = "ff".repeat(17)

/** Removes the results of a span but for those named, in the caller's transaction. */
export const forgetDecided = Effect.fnUntraced(function* (
  { after, through }: Span,
  named: ReadonlySet<string>,
) {
  const sql = yield* SqlClient.SqlClient
  const [afterFill, afterStrategy] = resultKey(after ?? "")
  const [lastFill, lastStrategy] = resultKey(through ?? beyond)
  const rows = yield* sql<{
    fill: Uint8Array
    strategy: string
    wallet: Uint8Array
  }>`SELECT fill, strategy, wallet FROM copy_results
    WHERE (fill, strategy) > (${afterFill}, ${afterStrategy})
      AND (fill, strategy) <= (${lastFill}, ${lastStrategy})`
  for (const { fill, strategy, wallet } of rows) {
    if (named.has(`${bytesToBareHex(fill)} ${strategy}`)) continue
    yield* sql`DELETE FROM copy_results WHERE fill = ${fill} AND strategy = ${strategy}`
    yield* copiesWritten(wallet)
  }
})

/** The same of what was settled. */
export const forgetSettled = Effect.fnUntraced(function* (
  { after, through }: Span,
  named: ReadonlySet<string>,
) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ event_id: string; wallet: Uint8Array }>`SELECT event_id, wallet
    FROM copy_settlements WHERE event_id > ${after ?? ""}
      AND (${through} IS NULL OR event_id <= ${through})`
  for (const { event_id, wallet } of rows) {
    if (named.has(event_id)) continue
    yield* sql`DELETE FROM copy_settlements WHERE event_id = ${event_id}`
    yield* copiesWritten(wallet)
  }
})
