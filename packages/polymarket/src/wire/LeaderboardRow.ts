/**
 * A place on the venue's board, `/v2/leaderboard`. Ties share a rank. The volume is in shares of both
 * sides, whatever its name suggests.
 */
import { Result, Schema } from "effect"
import { shares, usdc } from "@evaluator/domain/money/Micro"
import type { LeaderboardRow } from "../DataApi.ts"
import { isObject } from "./Json.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, microOf, microOrNullOf, NumberLike, numberOf, shown, walletOf } from "./Scalar.ts"

const BoardRow = Schema.Struct({
  user_id: Schema.String,
  rank: NumberLike,
  pnl: NumberLike,
  volume: Absent(NumberLike),
})

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
  if (rank === null || !Number.isSafeInteger(rank) || rank < 0) {
    return Result.fail(`no rank: ${shown(row.rank)}`)
  }
  const pnl = microOf(row.pnl)
  if (pnl === null) return Result.fail(`no profit: ${shown(row.pnl)}`)
  const volume = microOrNullOf(row.volume)
  if (volume === undefined || (volume ?? 0) < 0) {
    return Result.fail(`no volume: ${shown(row.volume)}`)
  }
  return Result.succeed({
    wallet,
    rank: rank + 0,
    pnl: usdc(pnl),
    ...(volume !== null && { volume: shares(volume) }),
  })
}
