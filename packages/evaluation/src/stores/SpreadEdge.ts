/**
 * What wallets paid against the middle price, of their first purchases in so far as they are noted and
 * trades of others told the middle.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { SpreadEdge } from "@evaluator/domain/wallet/Gates"
import { EvaluationSettings } from "../EvaluationSettings.ts"

export interface ToldPurchase {
  readonly fill: Uint8Array
  readonly at_ms: number
  readonly price: number
  readonly mid: number
  readonly mid_from: number
}

/** Those from `fromMs` on that were visible at `asOfMs`, in time order. Prices in millionths. */
export const toldPurchases = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  fromMs: number,
  asOfMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<ToldPurchase>`SELECT fill, at_ms, price, mid, mid_from FROM wallet_entries
    WHERE wallet = ${wallet} AND mid_from > 0 AND at_ms BETWEEN ${fromMs} AND ${asOfMs}
      AND seen_at_ms <= ${asOfMs} ORDER BY at_ms, fill`
}, Effect.orDie)

export const spreadEdgeOf = (wallet: Uint8Array, fromMs: number, asOfMs: number) =>
  Effect.map(toldPurchases(wallet, fromMs, asOfMs), (told): SpreadEdge => ({
    known: told.length,
    paidNoMore: told.filter(({ mid, price }) => price <= mid).length,
  }))

/**
 * More middles are known than a wallet was judged by: in the caller's transaction it is due to be judged
 * again, when that can make a difference.
 */
export const middlesTold = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const { personas } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE wallets SET judge_due_ms = min(judge_due_ms, ${now})
    WHERE wallet = ${wallet} AND judged_at_ms IS NOT NULL AND judge_due_ms IS NOT NULL
      AND verdict <> 'excluded' AND ${personas.provider_min_known} <=
        (SELECT count(*) FROM wallet_entries WHERE wallet = ${wallet} AND mid_from > 0)`
})
