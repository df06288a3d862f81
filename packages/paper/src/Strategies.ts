/**
 * Which strategies run, which book of paper money each copy belongs to, and on what terms it trades.
 *
 * `portfolio` has one book; the others have one for each wallet they copy. `careless` is the control:
 * it trades at the leader's own price, at once and without a fee, so what it earns beyond `solo` is
 * what a careless simulation would make up.
 */
import { Context } from "effect"
import type { WalletAddress } from "@evaluator/domain/Id"
import { type FeeSchedule, type Market, noFee } from "@evaluator/domain/market/Market"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"

/** Every leader's fill gets a copy under each of these. */
export const RunningStrategies = Context.Reference<ReadonlyArray<Strategy>>(
  "paper/RunningStrategies",
  { defaultValue: () => Strategy.literals },
)

export const bookOf = (strategy: Strategy, wallet: WalletAddress): string =>
  strategy === "portfolio" ? strategy : `${strategy}:${wallet}`

/** It gets the leader's price without meeting a book. */
export const isAtLeaderPrice = (strategy: Strategy): boolean => strategy === "careless"

export const feeOf = (strategy: Strategy, market: Pick<Market, "fee">): FeeSchedule =>
  isAtLeaderPrice(strategy) ? noFee : market.fee
