/**
 * The ids of ledger rows: the first 16 bytes of a SHA-256 over what tells two rows apart.
 *
 * The venue gives its rows no id, so the same row from another route, page, recording or the trade
 * stream must arrive at the same id. Synchronous, about 2 µs.
 */
import { hash } from "node:crypto"
import type {
  ConditionId,
  FillId,
  TokenId,
  TransactionHash,
  WalletAddress,
} from "@evaluator/domain/Id"
import type { ActivityType, Fill } from "@evaluator/domain/trade/Trade"
import { fillKey } from "@evaluator/domain/trade/Trade"

const digest = (key: string): FillId => hash("sha256", key, "hex").slice(0, 32) as FillId

export const fillIdOf = (fill: Parameters<typeof fillKey>[0]): Fill["id"] => digest(fillKey(fill))

export interface ActivityKey {
  readonly transaction: TransactionHash
  readonly wallet: WalletAddress
  readonly type: ActivityType
  readonly condition: ConditionId | null
  readonly token: TokenId | null
  /** Stands in for the token where the venue names none: a redemption has one row per outcome. */
  readonly outcomeIndex: number
  readonly size: number
  readonly usdc: number
}

export const activityIdOf = (key: ActivityKey): FillId =>
  digest(
    [
      key.transaction,
      key.wallet,
      key.type,
      key.condition ?? "",
      key.token ?? `#${key.outcomeIndex}`,
      key.size,
      key.usdc,
    ].join(":"),
  )
