/**
 * Who holds an outcome token, `/v2/holders`: one group per token, its holders inside.
 *
 * The groups are opened first, so that a holder that cannot be read costs one row and not a token.
 */
import { Result, Schema } from "effect"
import { shares, usdc } from "@evaluator/domain/money/Micro"
import type { Holder } from "../DataApi.ts"
import { isObject } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, microOf, microOrNullOf, NumberLike, shown, tokenOf, walletOf } from "./Scalar.ts"
import { outcomeIndexOf } from "./TradeRow.ts"

/** Holders out of their groups, each with its group's token; what is no group passes as it is. */
export const ungrouped = (groups: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  groups.flatMap((group) =>
    isObject(group) && Array.isArray(group["holders"])
      ? group["holders"].map((holder: unknown) =>
          isObject(holder)
            ? {
                ...holder,
                token_id:
                  holder["token_id"] ?? holder["asset"] ?? group["token_id"] ?? group["token"],
                proxy_wallet: holder["proxy_wallet"] ?? holder["proxyWallet"],
                outcome_index: holder["outcome_index"] ?? holder["outcomeIndex"],
              }
            : holder,
        )
      : [group],
  )

const HolderRow = Schema.Struct({
  proxy_wallet: Schema.String,
  token_id: Schema.String,
  outcome_index: Absent(NumberLike),
  amount: NumberLike,
  total_pnl: Absent(NumberLike),
})

const decodeRow = Schema.decodeUnknownResult(HolderRow)

export const holderOf: RowDecoder<Holder> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const wallet = walletOf(row.proxy_wallet)
  if (wallet === null) return Result.fail(`no wallet: ${shown(row.proxy_wallet)}`)
  const token = tokenOf(row.token_id)
  if (token === null) return Result.fail(`no token: ${shown(row.token_id)}`)
  const amount = microOf(row.amount)
  if (amount === null || amount < 0) return Result.fail(`no amount: ${shown(row.amount)}`)
  const totalPnl = microOrNullOf(row.total_pnl)
  if (totalPnl === undefined) return Result.fail(`no profit: ${shown(row.total_pnl)}`)
  return Result.succeed({
    wallet,
    token,
    outcomeIndex: outcomeIndexOf(row.outcome_index),
    amount: shares(amount),
    ...(totalPnl !== null && { totalPnl: usdc(totalPnl) }),
  })
}
