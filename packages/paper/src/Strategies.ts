/**
 * Which strategies run, and which book of paper money each copy belongs to.
 *
 * `portfolio` has one book; the others have one for each wallet they copy.
 */
import type { WalletAddress } from "@evaluator/domain/Id"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"

export const runningStrategies: ReadonlyArray<Strategy> = ["portfolio"]

export const bookOf = (strategy: Strategy, wallet: WalletAddress): string =>
  strategy === "portfolio" ? strategy : `${strategy}:${wallet}`
