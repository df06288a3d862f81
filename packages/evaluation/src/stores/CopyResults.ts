/**
 * What the paper lane reported of our copies: one result a fill and strategy, and what each settled
 * piece earned. Storing a report again changes nothing.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventPayload } from "@evaluator/domain/event/DomainEvent"
import { hexToBytes } from "@evaluator/domain/Id"
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
  yield* sql`INSERT OR IGNORE INTO copy_settlements ${sql.insert({
    event_id: eventId,
    fill: hexToBytes(settled.fill),
    strategy: settled.strategy,
    wallet,
    condition: hexToBytes(settled.condition),
    pnl: settled.pnlMicro,
    cause: settled.cause,
    at_ms: atMs,
  })}`
  if (settled.strategy !== "solo") return
  yield* copiesWritten(wallet)
  yield* evidenceDue(wallet, atMs)
  yield* sql`UPDATE wallets SET rules_due_ms = min(coalesce(rules_due_ms, ${atMs}), ${atMs})
    WHERE wallet = ${wallet}`
})
