/**
 * A final outcome held against what else is known of its market before anything is paid by it: as
 * many payouts as outcome tokens, and a share of each outcome together worth one USDC.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import type { Resolution } from "@evaluator/domain/market/Market"
import { formatMicro, ONE } from "@evaluator/domain/money/Micro"

/** What is wrong, in words; null when nothing is. `tokens` is 0 when the facts are not known. */
export const contradictionOf = ({ payouts }: Resolution, tokens: number): string | null => {
  if (tokens > 0 && payouts.length !== tokens) {
    return `${payouts.length} payouts for ${tokens} outcome tokens`
  }
  // Thirds do not add up in millionths: one millionth an outcome is rounding.
  const sum = payouts.reduce((total, payout) => total + payout, 0)
  return Math.abs(sum - ONE) <= payouts.length
    ? null
    : `payouts add up to ${formatMicro(sum)}, not to 1`
}

/** As {@link contradictionOf}, with the tokens of the stored facts. */
export const checkResolution = Effect.fnUntraced(function* (served: Resolution) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ tokens: number }>`SELECT count(*) AS tokens FROM tokens
    WHERE condition = ${hexToBytes(served.condition)}`
  return contradictionOf(served, row!.tokens)
}, Effect.orDie)
