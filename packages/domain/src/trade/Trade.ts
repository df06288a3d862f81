/**
 * A fill: one execution of a wallet's order on one outcome token.
 *
 * The venue gives fills no id, and one transaction holds several of them. What tells two fills
 * apart is the whole of {@link fillKey}; the same fill served by another route or page has the
 * same key. Its digest, the {@link FillId}, is made where rows enter the program.
 */
import { Schema } from "effect"
import { ConditionId, FillId, TokenId, TransactionHash, WalletAddress } from "../Id.ts"
import { MicroShares, Price } from "../money/Micro.ts"

export const Side = Schema.Literals(["BUY", "SELL"])
export type Side = typeof Side.Type

export const Fill = Schema.Struct({
  id: FillId,
  wallet: WalletAddress,
  condition: ConditionId,
  token: TokenId,
  /** Position of the token among the market's outcomes; 999 when the venue does not know it. */
  outcomeIndex: Schema.Int,
  side: Side,
  price: Price,
  size: MicroShares,
  /** Block time, milliseconds; the venue's grain is a second. */
  atMs: Schema.Int,
  transaction: TransactionHash,
})
export type Fill = typeof Fill.Type

/** The fields whose combination identifies a fill, in the order in which they are joined. */
export const fillKey = (fill: Omit<Fill, "id" | "atMs" | "outcomeIndex">): string =>
  `${fill.transaction}:${fill.wallet}:${fill.condition}:${fill.token}:${fill.side}:${fill.price}:${fill.size}`

/** What a wallet can do besides trading. A SPLIT makes a full set of outcome tokens out of USDC, a MERGE the reverse, a CONVERSION turns neg-risk NO into YES. */
export const ActivityType = Schema.Literals([
  "SPLIT",
  "MERGE",
  "REDEEM",
  "REWARD",
  "CONVERSION",
  "MIGRATION",
  "MAKER_REBATE",
  "TAKER_REBATE",
  "REFERRAL_REWARD",
  "YIELD",
  "DEPOSIT",
  "WITHDRAWAL",
  "TIP",
])
export type ActivityType = typeof ActivityType.Type

/** A row of a wallet's ledger that is no fill. `condition` is absent for rewards and the like. */
export const Activity = Schema.Struct({
  id: FillId,
  wallet: WalletAddress,
  type: ActivityType,
  condition: Schema.NullOr(ConditionId),
  token: Schema.NullOr(TokenId),
  /** Shares, micro. A REDEEM of a lost position may say 0. */
  size: MicroShares,
  /** USDC, micro, as the venue reports it. */
  usdc: Schema.Int,
  atMs: Schema.Int,
  transaction: TransactionHash,
})
export type Activity = typeof Activity.Type
