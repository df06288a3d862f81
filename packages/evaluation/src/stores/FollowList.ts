/**
 * Who ought to be followed now, by the rules.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type WalletAddress } from "@evaluator/domain/Id"
import type { Persona } from "@evaluator/domain/wallet/Persona"
import type { RulesState } from "@evaluator/domain/wallet/WalletRules"
import { followableSql, standingVerdictSql } from "./Followable.ts"

export interface Wanted {
  readonly wallet: WalletAddress
  readonly state: RulesState
  readonly persona: Persona | null
}

/** Followable wallets in PAPER_TRADING or APPROVED, best 30-day score first, ties by address. */
export const wantedWallets = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ wallet: Uint8Array; state: RulesState; persona: Persona | null }>`
    SELECT r.wallet, r.state, w.persona FROM wallet_rules r
    JOIN wallets w ON w.wallet = r.wallet
    ${standingVerdictSql(sql)}
    LEFT JOIN wallet_scores s ON s.wallet = r.wallet AND s.window_days = 30
    WHERE r.state IN ('PAPER_TRADING', 'APPROVED') AND ${followableSql(sql)}
      AND w.history_complete_at_ms IS NOT NULL
    ORDER BY coalesce(s.wscore, -1) DESC, r.wallet LIMIT ${limit}`
  return rows.map((row): Wanted => ({
    wallet: bytesToHex(row.wallet) as WalletAddress,
    state: row.state,
    persona: row.persona,
  }))
}, Effect.orDie)

/** Wallets that a recording follows now or later: the rules leave them alone. */
export const followedByRecording = Effect.fnUntraced(function* (nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ wallet: Uint8Array }>`SELECT DISTINCT wallet FROM follows
    WHERE cause = 'recording' AND (to_ms IS NULL OR to_ms > ${nowMs})`
  return new Set(rows.map((row) => bytesToHex(row.wallet)))
}, Effect.orDie)
