/**
 * A market as the CLOB's older route `/markets/{condition}` tells it: which token won, once one did.
 */
import { Result, Schema } from "effect"
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import type { RowDecoder } from "./Rows.ts"
import { Absent, conditionOf, shown, tokenOf } from "./Scalar.ts"

export interface ClobWinners {
  readonly condition: ConditionId
  readonly closed: boolean
  /** Each outcome pays the same. */
  readonly halves: boolean
  readonly tokens: ReadonlyArray<TokenId>
  readonly winners: ReadonlyArray<TokenId>
}

const ClobWinnersRow = Schema.Struct({
  condition_id: Schema.String,
  closed: Absent(Schema.Boolean),
  is_50_50_outcome: Absent(Schema.Boolean),
  tokens: Absent(
    Schema.Array(Schema.Struct({ token_id: Schema.String, winner: Absent(Schema.Boolean) })),
  ),
})

const decodeRow = Schema.decodeUnknownResult(ClobWinnersRow)

export const clobWinnersOf: RowDecoder<ClobWinners> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const condition = conditionOf(row.condition_id)
  if (condition === null) return Result.fail(`no condition: ${shown(row.condition_id)}`)
  const given = row.tokens ?? []
  const tokens: Array<TokenId> = []
  const winners: Array<TokenId> = []
  for (const { token_id, winner } of given) {
    const token = tokenOf(token_id)
    if (token === null) return Result.fail(`no token: ${shown(token_id)}`)
    tokens.push(token)
    if (winner === true) winners.push(token)
  }
  return Result.succeed({
    condition,
    closed: row.closed === true,
    halves: row.is_50_50_outcome === true,
    tokens,
    winners,
  })
}
