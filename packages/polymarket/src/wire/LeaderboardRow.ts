/**
 * A place on the venue's board of profits, `/v2/leaderboard`. Ties share a rank.
 */
import { Result, Schema } from "effect"
import { usdc } from "@evaluator/domain/money/Micro"
import type { LeaderboardRow } from "../DataApi.ts"
import { isObject } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import { microOf, NumberLike, numberOf, shown, walletOf } from "./Scalar.ts"

const BoardRow = Schema.Struct({ user_id: Schema.String, rank: NumberLike, pnl: NumberLike })

const decodeRow = Schema.decodeUnknownResult(BoardRow)

export const leaderboardRowOf: RowDecoder<LeaderboardRow> = (raw) => {
  const decoded = decodeRow(
    isObject(raw) ? { ...raw, user_id: raw["user_id"] ?? raw["proxyWallet"] } : raw,
  )
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const wallet = walletOf(row.user_id)
  if (wallet === null) return Result.fail(`no wallet: ${shown(row.user_id)}`)
  const rank = numberOf(row.rank)
  if (rank === null || !Number.isInteger(rank) || rank < 0) {
    return Result.fail(`no rank: ${shown(row.rank)}`)
  }
  const pnl = microOf(row.pnl)
  if (pnl === null) return Result.fail(`no profit: ${shown(row.pnl)}`)
  return Result.succeed({ wallet, rank, pnl: usdc(pnl) })
}
