/**
 * A wallet's ledger as it was stored by a moment: what was seen later, rows as well as outcomes, is left
 * out. Facts of markets are of their newest state.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import { readHistory } from "../../stores/History.ts"

export const ledgerSeenBy = Effect.fnUntraced(function* (wallet: Uint8Array, atMs: number) {
  const sql = yield* SqlClient.SqlClient
  const history = yield* readHistory(wallet, atMs)
  const rows = yield* sql<{ id: Uint8Array }>`SELECT id FROM trades
      WHERE wallet = ${wallet} AND seen_at_ms > ${atMs}
    UNION ALL SELECT id FROM activity WHERE wallet = ${wallet} AND seen_at_ms > ${atMs}`
  const outcomes = yield* sql<{ condition: Uint8Array }>`SELECT r.condition FROM wallet_conditions w
    JOIN resolutions r ON r.condition = w.condition
    WHERE w.wallet = ${wallet} AND r.seen_at_ms > ${atMs}`
  const laterRows = new Set(rows.map(({ id }) => bytesToBareHex(id)))
  const laterOutcomes = new Set(outcomes.map(({ condition }) => bytesToHex(condition)))
  const markets = new Map(
    [...history.markets].map(([condition, market]) => [
      condition,
      laterOutcomes.has(condition) ? { ...market, payouts: null } : market,
    ]),
  )
  const entries = history.entries.filter(({ condition, id, kind }) =>
    kind === "resolve" ? !laterOutcomes.has(condition) : !laterRows.has(id),
  )
  return { entries, markets }
}, Effect.orDie)
