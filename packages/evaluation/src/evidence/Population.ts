/**
 * The evidence of all weighed wallets as it was visible at a moment: what a judgement is made of.
 *
 * All rows, by column; wallets without a change since the last time are not read again
 * (`RememberedRows.ts`), what became of markets always is. A wallet's rows are followed by a yield.
 */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { ONE } from "@evaluator/domain/money/Micro"
import { Markets } from "@evaluator/judgement/Markets"
import type { WalletRecord } from "@evaluator/judgement/WalletRecord"
import type { EvaluationSettings } from "../EvaluationSettings.ts"
import { type MarketFacts, readFacts } from "../stores/JudgedRows.ts"
import { weighedAfter } from "../stores/Verdicts.ts"
import { conditionsMet, rowsOf } from "./RememberedRows.ts"

const pageWallets = 20

export interface Population {
  readonly markets: Markets
  /** In the order of addresses. */
  readonly records: ReadonlyArray<WalletRecord>
  /** JSON by record, as weighed. */
  readonly coverages: ReadonlyArray<string>
}

type Rows = Effect.Success<ReturnType<typeof rowsOf>>

interface Read {
  readonly wallet: Uint8Array
  readonly rows: Rows
  readonly exclusions: ReadonlyArray<string>
  readonly completeShare: number
  readonly coverage: string
}

const readAll = Effect.fnUntraced(function* (asOfMs: number) {
  const read: Array<Read> = []
  let after = new Uint8Array(0)
  for (;;) {
    const page = yield* weighedAfter(after, pageWallets)
    for (const { complete_share: completeShare, coverage, exclusions, wallet } of page) {
      const rows = yield* rowsOf(wallet, asOfMs)
      const codes = JSON.parse(exclusions) as ReadonlyArray<string>
      read.push({ wallet, rows, exclusions: codes, completeShare, coverage })
      yield* Effect.yieldNow
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageWallets) return read
    after = new Uint8Array(last.wallet)
  }
})

/** A wallet's rows as the judgement takes them. */
export const recordOf = (
  { completeShare, exclusions, rows, wallet }: Read,
  facts: ReadonlyArray<MarketFacts>,
  { eventOf }: Markets,
): WalletRecord => {
  const { copies, purchases } = rows
  const { atMs, market, mid, outcome } = purchases
  return {
    wallet: bytesToHex(wallet),
    purchases: {
      market,
      outcome,
      atMs,
      price: Float64Array.from(mid, (micro) => micro / ONE),
      payout: Float64Array.from(
        market,
        (id, i) => (facts[id]!.payouts[outcome[i]!] ?? Number.NaN) / ONE,
      ),
    },
    copies: { ...copies, event: copies.market.map((id) => eventOf[id]!) },
    exclusions,
    completeShare,
  }
}

export const marketsOfConditions = (
  conditions: ReadonlyArray<string>,
  facts: ReadonlyArray<MarketFacts>,
): Markets => {
  const markets = new Markets()
  for (const [id, condition] of conditions.entries()) {
    // Without facts a market is an event of its own.
    const { event, exclusive } = facts[id]!
    markets.idOf(condition, event === "" ? condition : event, exclusive)
  }
  return markets
}

export const populationAt = Effect.fnUntraced(function* (
  asOfMs: number,
): Effect.fn.Return<Population, never, SqlClient.SqlClient | EvaluationSettings> {
  const read = yield* readAll(asOfMs)
  const conditions = [...(yield* conditionsMet)]
  const facts = yield* readFacts(conditions, asOfMs)
  const markets = marketsOfConditions(conditions, facts)
  yield* Effect.yieldNow
  const records: Array<WalletRecord> = []
  for (const one of read) {
    records.push(recordOf(one, facts, markets))
    if (records.length % pageWallets === 0) yield* Effect.yieldNow
  }
  return { markets, records, coverages: read.map(({ coverage }) => coverage) }
})
