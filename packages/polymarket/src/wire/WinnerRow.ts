/**
 * A win on the venue's board, `/v2/biggest-winners`. Only wins in markets are read: a combo is several
 * markets at once and refused by its name. `event_id` is a number here and text elsewhere.
 */
import { Result, Schema } from "effect"
import { usdc } from "@evaluator/domain/money/Micro"
import type { BiggestWin } from "../WalletBoards.ts"
import type { RowDecoder } from "./Rows.ts"
import {
  Absent,
  microOf,
  NumberLike,
  numberOf,
  shown,
  timeMsOf,
  tokenOf,
  walletOf,
} from "./Scalar.ts"
import { marketOf } from "./TradeRow.ts"

const WinnerRow = Schema.Struct({
  win_rank: NumberLike,
  kind: Absent(Schema.String),
  user_id: Schema.String,
  pnl: NumberLike,
  initial_value: NumberLike,
  final_value: NumberLike,
  resolved_at: NumberLike,
  condition_id: Schema.String,
  position_id: Schema.String,
  event_slug: Absent(Schema.String),
})

const decodeRow = Schema.decodeUnknownResult(WinnerRow)

export const biggestWinOf: RowDecoder<BiggestWin> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  if (row.kind === "combo") return Result.fail("a combo, not a market")
  const rank = numberOf(row.win_rank)
  if (rank === null || !Number.isSafeInteger(rank) || rank < 1) {
    return Result.fail(`no rank: ${shown(row.win_rank)}`)
  }
  const wallet = walletOf(row.user_id)
  if (wallet === null) return Result.fail(`no wallet: ${shown(row.user_id)}`)
  const condition = marketOf(row.condition_id)
  if (Result.isFailure(condition)) return Result.fail(condition.failure)
  const token = tokenOf(row.position_id)
  if (token === null) return Result.fail(`no token: ${shown(row.position_id)}`)
  const pnl = microOf(row.pnl)
  const paid = microOf(row.initial_value)
  const received = microOf(row.final_value)
  if (pnl === null || paid === null || received === null) {
    return Result.fail(`no amounts: ${shown([row.pnl, row.initial_value, row.final_value])}`)
  }
  const resolvedAtMs = timeMsOf(row.resolved_at)
  if (resolvedAtMs === null) return Result.fail(`no time: ${shown(row.resolved_at)}`)
  return Result.succeed({
    rank,
    wallet,
    condition: condition.success,
    token,
    eventSlug: row.event_slug ?? "",
    pnl: usdc(pnl),
    paid: usdc(paid),
    received: usdc(received),
    resolvedAtMs,
  })
}
