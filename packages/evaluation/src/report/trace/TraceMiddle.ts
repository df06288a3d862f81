/**
 * Behind a fill: where the middle price of a first purchase comes from, and deeds that are no fills.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { Section } from "@evaluator/domain/report/Section"
import { midAtPurchase, nearMs } from "../../evidence/MidPrice.ts"
import { commonTick, tradesAround } from "../../stores/Entries.ts"
import { plural, when } from "../Words.ts"

interface EntryRow {
  readonly wallet: Uint8Array
  readonly condition: Uint8Array
  readonly outcome_index: number
  readonly at_ms: number
  readonly price: number
  readonly mid: number
  readonly mid_error: number
  readonly mid_from: number
  readonly seen_at_ms: number
  readonly tick: number | null
}

/**
 * The trades of others that the middle was found from. When it was found is not kept, but it never moves:
 * it is looked for among the tapes there were since, the newest first.
 */
export const traceMiddle = Effect.fnUntraced(function* (fill: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [entry] = yield* sql<EntryRow>`SELECT e.wallet, e.condition, e.outcome_index, e.at_ms,
      e.price, e.mid, e.mid_error, e.mid_from, e.seen_at_ms,
      json_extract(m.facts, '$.tick') AS tick
    FROM trades t JOIN wallet_entries e ON e.wallet = t.wallet AND e.condition = t.condition
      AND e.fill = t.id LEFT JOIN markets m ON m.condition = e.condition WHERE t.id = ${fill}`
  if (entry === undefined) return []
  const around = (seenByMs: number) => tradesAround(entry.wallet, entry, seenByMs)
  const now = yield* around(Number.MAX_SAFE_INTEGER)
  const tick = entry.tick ?? commonTick
  const moments = [...new Set([entry.seen_at_ms, ...now.map((row) => row.seen_at_ms)])]
    .filter((atMs) => atMs >= entry.seen_at_ms)
    .toSorted((a, b) => b - a)
  let found: { readonly atMs: number; readonly trades: typeof now } | null = null
  for (const atMs of moments) {
    const trades = yield* around(atMs)
    const again = midAtPurchase(
      entry.price,
      trades.map(({ near }) => near),
      tick,
    )
    const { error, from, mid } = again
    if (mid !== entry.mid || error !== entry.mid_error || from !== entry.mid_from) continue
    found = { atMs, trades }
    break
  }
  const trades = found?.trades ?? now
  return [
    {
      title: "The middle of the market",
      says: [
        `By this fill the wallet went into the market: paid ${formatMicro(entry.price)}, the middle then ${formatMicro(entry.mid)}, give or take ${formatMicro(entry.mid_error)}, from ${plural(entry.mid_from, "trade")} of others.`,
        entry.mid_from > 0
          ? `It lies between what was bought and what was sold within ${nearMs / 60_000} minutes, the nearer in time the more; prices are of the token that was bought.`
          : `Nobody sold within ${nearMs / 60_000} minutes: half a tick (${formatMicro(tick)}) is taken off what was paid.`,
        found === null
          ? "The tape around it changed since: these are the trades stored now, and they say something else."
          : "Worked out again from these trades it is the same.",
      ],
      rows: trades.map(({ id, near, seen_at_ms }) => ({
        fill: bytesToBareHex(id),
        side: near.side,
        price: near.price,
        apart_ms: near.apartMs,
        seen_at_ms,
      })),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

/** A split, merge, redemption or reward. */
export const whyDeed = Effect.fnUntraced(function* (id: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    wallet: Uint8Array
    at_ms: number
    type: string
    condition: Uint8Array | null
    size: number
    usdc: number
    transaction_hash: Uint8Array
    seen_at_ms: number
  }>`SELECT wallet, at_ms, type, condition, size, usdc, transaction_hash, seen_at_ms FROM activity
    WHERE id = ${id}`
  return rows.map((row): Section => ({
    title: "Deed",
    says: [
      `${row.type} by ${bytesToHex(row.wallet)} at ${when(row.at_ms)}: ${formatMicro(row.size)} shares, ${formatMicro(row.usdc)} USDC.`,
    ],
    rows: [
      {
        ...row,
        wallet: bytesToHex(row.wallet),
        condition: row.condition === null ? null : bytesToHex(row.condition),
        transaction_hash: bytesToHex(row.transaction_hash),
      },
    ],
  }))
}, Effect.orDie)
