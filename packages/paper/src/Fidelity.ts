/**
 * How close we come to the wallets we copy: of the fills of the last {@link fidelityDays} days the part
 * that was copied, and what a share cost us more (or brought us less) than the leader. A negative
 * slippage is a price better than the leader's.
 *
 * Reads only.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { formatPico, type Pico } from "@evaluator/domain/paper/Waterfall"
import { makeReceiptSums, receiptFigures, type ReceiptSum } from "./Receipts.ts"

export const fidelityDays = 7
const dayMs = 86_400_000

/** USDC a share, exact to the 12th place; null where nothing was traded. */
const perShare = (amount: Pico, size: number): string | null =>
  size === 0 ? null : formatPico((amount * 1_000_000n) / BigInt(size))

const figuresOf = ({ copies, receipt, side, size, slippage }: ReceiptSum) => ({
  side,
  copies,
  slippage_usdc_per_share: perShare(slippage, size),
  fee_usdc_per_share: perShare(-receipt.fee, size),
  ...receiptFigures(receipt),
})
export type ReceiptFigures = ReturnType<typeof figuresOf>

export interface Fidelity {
  /** Fills of the last days, and how many of them were copied. */
  readonly fills: number
  readonly copied: number
  /** Purchases and sales apart, of all time. */
  readonly receipts: ReadonlyArray<ReceiptFigures>
}

export const makeFidelity = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const sums = yield* makeReceiptSums

  /** Of one wallet's copies under a strategy, or of all when `wallet` is null. */
  return Effect.fnUntraced(function* (strategy: Strategy, wallet: WalletAddress | null) {
    const now = yield* Clock.currentTimeMillis
    const key = wallet === null ? null : hexToBytes(wallet)
    const [row] = yield* sql<{ fills: number; copied: number }>`SELECT count(*) AS fills,
        count(*) FILTER (WHERE outcome = 'COPIED') AS copied FROM copies
      WHERE strategy = ${strategy} AND origin = 'fill' AND outcome IS NOT NULL
        AND leader_at_ms > ${now - fidelityDays * dayMs} AND leader_at_ms <= ${now}
        ${key === null ? sql.literal("") : sql`AND wallet = ${key}`}`
    const summed = yield* sums([
      sql`c.strategy = ${strategy}`,
      sql`c.origin = 'fill'`,
      ...(key === null ? [] : [sql`c.wallet = ${key}`]),
    ])
    const fidelity: Fidelity = { ...row!, receipts: summed.map(figuresOf) }
    return fidelity
  }, Effect.orDie)
})
