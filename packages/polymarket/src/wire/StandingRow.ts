/**
 * What the venue says of one wallet: its place on the board (`/v2/leaderboard` with `user`) and its
 * numbers over all time (`/v2/user-stats`).
 *
 * `trades` counts the distinct markets traded, not fills. A rank the venue does not know is null.
 */
import { Result, Schema } from "effect"
import { shares, usdc } from "@evaluator/domain/money/Micro"
import type { Standing, UserStats } from "../WalletBoards.ts"
import type { RowDecoder } from "./Rows.ts"
import {
  Absent,
  microOf,
  microOrNullOf,
  NumberLike,
  numberOf,
  shown,
  timeMsOf,
  walletOf,
} from "./Scalar.ts"

const StandingRow = Schema.Struct({
  user_id: Schema.String,
  pnl: NumberLike,
  volume: NumberLike,
  rank_pnl: Absent(NumberLike),
  rank_volume: Absent(NumberLike),
})

const decodeStanding = Schema.decodeUnknownResult(StandingRow)

export const standingOf: RowDecoder<Standing> = (raw) => {
  const decoded = decodeStanding(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const wallet = walletOf(row.user_id)
  if (wallet === null) return Result.fail(`no wallet: ${shown(row.user_id)}`)
  const pnl = microOf(row.pnl)
  if (pnl === null) return Result.fail(`no profit: ${shown(row.pnl)}`)
  const volume = microOf(row.volume)
  if (volume === null || volume < 0) return Result.fail(`no volume: ${shown(row.volume)}`)
  return Result.succeed({
    wallet,
    pnl: usdc(pnl),
    volume: shares(volume),
    rankByPnl: rankOf(row.rank_pnl),
    rankByVolume: rankOf(row.rank_volume),
  })
}

const rankOf = (value: number | string | null | undefined): number | null => {
  const rank = value === null || value === undefined ? null : numberOf(value)
  return rank !== null && Number.isSafeInteger(rank) && rank > 0 ? rank : null
}

const StatsRow = Schema.Struct({
  proxy_wallet: Schema.String,
  trades: NumberLike,
  biggest_win: Absent(NumberLike),
  join_date: Absent(NumberLike),
})

const decodeStats = Schema.decodeUnknownResult(StatsRow)

export const userStatsOf: RowDecoder<UserStats> = (raw) => {
  const decoded = decodeStats(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const wallet = walletOf(row.proxy_wallet)
  if (wallet === null) return Result.fail(`no wallet: ${shown(row.proxy_wallet)}`)
  const markets = numberOf(row.trades)
  if (markets === null || !Number.isSafeInteger(markets) || markets < 0) {
    return Result.fail(`no number of markets: ${shown(row.trades)}`)
  }
  const win = microOrNullOf(row.biggest_win)
  if (win === undefined) return Result.fail(`no amount: ${shown(row.biggest_win)}`)
  return Result.succeed({
    wallet,
    marketsTraded: markets + 0,
    biggestWin: win === null ? null : usdc(win),
    joinedAtMs: timeMsOf(row.join_date ?? 0),
  })
}
