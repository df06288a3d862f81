/**
 * The books of a strategy in a few numbers, from the balances, the open lots and the closings.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Price, proceeds, shares } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { type CurvePoint, makeEquityCurve } from "./EquityCurve.ts"
import { type Fidelity, makeFidelity } from "./Fidelity.ts"
import { type LatencyPoint, makeLatencyCurve } from "./LatencyCurve.ts"
import { checkLedger } from "./LedgerCheck.ts"

/** Millionths of a USDC. */
export interface Money {
  /** Free cash; what is promised to purchases on their way is in `reservedMicro`. */
  readonly cashMicro: number
  readonly reservedMicro: number
  /** Open shares at what they cost before fees. */
  readonly positionsMicro: number
  /** Cash, reserved cash, and open shares: at their payout where it is known, else at cost. */
  readonly equityMicro: number
  /** Profit of the shares that are gone, after the fees paid for them. */
  readonly realizedPnlMicro: number
  /** Every fee paid, also for shares still open. */
  readonly feesMicro: number
  readonly openLots: number
}

export interface LedgerSummary extends Money {
  /** The whole ledger of all strategies, recomputed from its postings, has no fault. */
  readonly balanced: boolean
}

/** Where the money came from and went to. */
export interface LedgerReceipts {
  readonly fidelity: Fidelity
  readonly curve: ReadonlyArray<CurvePoint>
  /** Profit as a function of added latency; the orders of `solo`, whatever strategy was asked for. */
  readonly later: ReadonlyArray<LatencyPoint>
}

interface OpenRow {
  readonly outcome_index: number
  readonly open_size: number
  readonly open_cost: number
  readonly payouts: string | null
}

const decodePayouts = Schema.decodeSync(Schema.fromJsonString(Schema.Array(Price)))

export const makeLedgerSummary = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const valueOf = (row: OpenRow): number => {
    const at = row.payouts === null ? undefined : decodePayouts(row.payouts)[row.outcome_index]
    return at === undefined ? row.open_cost : proceeds(shares(row.open_size), at)
  }

  const money = Effect.fnUntraced(function* (strategy: Strategy) {
    const books = sql`(book = ${strategy} OR book LIKE ${`${strategy}:%`})`
    const rows = yield* sql<{ account: string; amount: number }>`
      SELECT account, sum(amount) AS amount FROM balances
      WHERE ${books} AND length(token) = 0 GROUP BY account`
    const balance = (account: string) => rows.find((row) => row.account === account)?.amount ?? 0
    const open = yield* sql<OpenRow>`SELECT l.outcome_index, l.open_size, l.open_cost, r.payouts
      FROM lots l LEFT JOIN resolutions r ON r.condition_id = l.condition_id
      WHERE l.strategy = ${strategy} AND l.open_size > 0`
    const [realized] = yield* sql<{ pnl: number }>`SELECT coalesce(sum(pnl), 0) AS pnl FROM results
      WHERE ${books}`
    const summary: Money = {
      cashMicro: balance("cash"),
      reservedMicro: balance("reserved"),
      positionsMicro: balance("positions"),
      equityMicro:
        balance("cash") +
        balance("reserved") +
        open.reduce((total, row) => total + valueOf(row), 0),
      realizedPnlMicro: realized!.pnl,
      feesMicro: balance("fees"),
      openLots: open.length,
    }
    return summary
  }, Effect.orDie)

  const ledger = Effect.fnUntraced(function* (strategy: Strategy) {
    const faults = yield* Effect.provideService(checkLedger, SqlClient.SqlClient, sql)
    const summary: LedgerSummary = { ...(yield* money(strategy)), balanced: faults.length === 0 }
    return summary
  })

  const fidelityOf = yield* makeFidelity
  const curveOf = yield* makeEquityCurve
  const laterOf = yield* makeLatencyCurve
  const receipts = Effect.fnUntraced(function* (strategy: Strategy) {
    const found: LedgerReceipts = {
      fidelity: yield* fidelityOf(strategy, null),
      curve: yield* curveOf(strategy, null),
      later: yield* laterOf(null),
    }
    return found
  })

  return { money, ledger, receipts }
})
