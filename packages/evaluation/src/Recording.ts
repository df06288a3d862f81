/**
 * What is being replayed, when rows come out of a recording; null in live and simulated runs.
 *
 * Whoever replays knows which wallets stand in the recording and when: each joins the watchlist at
 * its own first row, not before. Rows that no request can bring are named here with their reason.
 */
import { Context } from "effect"
import type { WalletAddress } from "@evaluator/domain/Id"

export interface RecordedWallet {
  readonly wallet: WalletAddress
  readonly firstMs: number
  readonly lastMs: number
}

export interface UnservableRow {
  /** `folder/file`. */
  readonly file: string
  readonly line: number
  readonly reason: string
  readonly body: string
}

export interface Recorded {
  readonly wallets: ReadonlyArray<RecordedWallet>
  readonly unservable: ReadonlyArray<UnservableRow>
  /** `all`: each wallet is followed from its first row to a day after its last, whatever the rules say. */
  readonly follow: "rules" | "all"
}

export const Recording = Context.Reference<Recorded | null>("evaluation/Recording", {
  defaultValue: () => null,
})
