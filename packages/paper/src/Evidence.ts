/**
 * What all copies of a file must show, counted: none was filled without a book, none before its
 * leader's fill, none but from its book, no leader's fill differs from what its id was made of, no receipt
 * leaves a remainder; how late fills were detected; and what each strategy
 * made. What `careless` made more than `solo` is what a careless simulation would make up.
 *
 * Reads only, all copies: for the end of a run.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex, bytesToToken } from "@evaluator/domain/Id"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { formatMicro } from "@evaluator/domain/money/Micro"
import { formatPico } from "@evaluator/domain/paper/Waterfall"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { fillIdOf } from "@evaluator/polymarket/FillId"
import type { CopyRecord } from "./CopyRow.ts"
import { makeLedgerSummary } from "./LedgerSummary.ts"
import { makeReceiptSums, pageRows } from "./Receipts.ts"

/** USDC as text. */
export interface StrategyResult {
  readonly copied: number
  /** What was put into its books. */
  readonly capital_usdc: string
  readonly equity_usdc: string
  readonly realized_pnl_usdc: string
  readonly fees_usdc: string
  /** What its prices were worse than the leaders', in all. */
  readonly slippage_usdc: string
}

export interface Evidence {
  readonly copies_without_book: number
  readonly copies_before_leader: number
  readonly receipts_with_remainder: number
  /** Copies that took what the book kept with them would not have given. */
  readonly takes_unlike_book: number
  /** Leaders' fills whose id is not the digest of what their row says. */
  readonly fills_unlike_id: number
  /** From the leader's fill until we knew of it; null before the first. */
  readonly detection_ms: {
    readonly count: number
    readonly p50: number
    readonly p99: number
  } | null
  readonly results: Readonly<Record<Strategy, StrategyResult>>
  /** Realised by `careless` beyond `solo`. */
  readonly lie_usdc: string
}

type FillRow = Pick<
  CopyRecord,
  | "fill_id"
  | "wallet"
  | "condition_id"
  | "token"
  | "side"
  | "leader_price"
  | "leader_size"
  | "transaction_hash"
  | "origin"
>

interface CheckedRow extends FillRow {
  readonly row: number
  readonly lag: number
  readonly of_a_fill: 0 | 1
  /** Null while the copy has no outcome. */
  readonly without_book: 0 | 1 | null
  readonly before_leader: 0 | 1 | null
}

/** What a fill's id is the digest of, from the columns of its copy. */
const idOf = (row: FillRow) =>
  fillIdOf({
    wallet: bytesToHex(row.wallet) as Fill["wallet"],
    condition: bytesToHex(row.condition_id) as Fill["condition"],
    token: bytesToToken(row.token),
    side: row.side,
    price: row.leader_price,
    size: row.leader_size,
    transaction: bytesToHex(row.transaction_hash) as Fill["transaction"],
  })

export const makeEvidence = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { money } = yield* makeLedgerSummary
  const sums = yield* makeReceiptSums

  /** One walk over all copies, so that no query reads them all at once. */
  const walk = Effect.gen(function* () {
    const lags: Array<number> = []
    let withoutBook = 0
    let beforeLeader = 0
    let unlikeId = 0
    let after = 0
    for (;;) {
      const page = yield* sql<CheckedRow>`SELECT rowid AS row, detected_at_ms - leader_at_ms AS lag,
          strategy = 'portfolio' AND origin = 'fill' AS of_a_fill,
          outcome = 'COPIED' AND strategy <> 'careless' AND priced_book IS NULL AS without_book,
          outcome = 'COPIED' AND min(detected_at_ms, priced_at_ms, filled_at_ms) < leader_at_ms
            AS before_leader,
          fill_id, wallet, condition_id, token, side, leader_price, leader_size, transaction_hash,
          origin
        FROM copies WHERE rowid > ${after} ORDER BY rowid LIMIT ${pageRows}`
      for (const row of page) {
        if (row.of_a_fill === 1) lags.push(row.lag)
        withoutBook += row.without_book ?? 0
        beforeLeader += row.before_leader ?? 0
        if (row.origin === "fill" && idOf(row) !== bytesToBareHex(row.fill_id)) unlikeId += 1
      }
      if (page.length < pageRows) break
      after = page.at(-1)!.row
    }
    lags.sort((x, y) => x - y)
    const at = (part: number) => lags[Math.max(0, Math.ceil(lags.length * part) - 1)]!
    const detection = lags.length === 0 ? null : { count: lags.length, p50: at(0.5), p99: at(0.99) }
    return { withoutBook, beforeLeader, unlikeId, detection }
  })

  const capitalOf = (strategy: Strategy) =>
    Effect.map(
      sql<{ capital: number }>`SELECT -coalesce(sum(amount), 0) AS capital FROM balances
        WHERE account = 'capital' AND (book = ${strategy} OR book LIKE ${`${strategy}:%`})`,
      ([row]) => row!.capital,
    )

  return Effect.gen(function* () {
    const found = yield* walk
    let remainders = 0
    let unlikeBook = 0
    const realized = new Map<Strategy, number>()
    const results: Array<readonly [Strategy, StrategyResult]> = []
    for (const strategy of Strategy.literals) {
      const its = yield* sums([sql`c.strategy = ${strategy}`])
      const { equityMicro, feesMicro, realizedPnlMicro } = yield* money(strategy)
      remainders += its.reduce((total, one) => total + one.remainders, 0)
      unlikeBook += its.reduce((total, one) => total + one.unlikeBook, 0)
      realized.set(strategy, realizedPnlMicro)
      results.push([
        strategy,
        {
          copied: its.reduce((total, one) => total + one.copies, 0),
          capital_usdc: formatMicro(yield* capitalOf(strategy)),
          equity_usdc: formatMicro(equityMicro),
          realized_pnl_usdc: formatMicro(realizedPnlMicro),
          fees_usdc: formatMicro(feesMicro),
          slippage_usdc: formatPico(its.reduce((total, one) => total + one.slippage, 0n)),
        },
      ])
    }
    const evidence: Evidence = {
      copies_without_book: found.withoutBook,
      copies_before_leader: found.beforeLeader,
      receipts_with_remainder: remainders,
      takes_unlike_book: unlikeBook,
      fills_unlike_id: found.unlikeId,
      detection_ms: found.detection,
      results: Object.fromEntries(results) as Record<Strategy, StrategyResult>,
      lie_usdc: formatMicro(realized.get("careless")! - realized.get("solo")!),
    }
    return evidence
  }).pipe(Effect.orDie)
})
