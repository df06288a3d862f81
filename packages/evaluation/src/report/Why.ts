/**
 * Answers to "why" for a condition, a fill and a verdict of this lane, with the rows behind.
 *
 * What an id is follows from its shape: 40 hex digits are a wallet, 64 a condition (or a
 * transaction), 32 without `0x` a fill; verdicts and
 * judgements of all wallets are `verdict-N` and `model-N`; `ADDRESS:PART` is what a part of the
 * wallet's page was worked out from.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import {
  bytesToBareHex,
  bytesToHex,
  bytesToToken,
  hexToBytes,
  type WalletAddress,
} from "@evaluator/domain/Id"
import type { Market } from "@evaluator/domain/market/Market"
import { failedFilters } from "@evaluator/domain/market/MarketFilters"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import { marketsOf } from "../stores/Markets.ts"
import { newestFilters } from "../stores/MarketScores.ts"
import { payoutsInWords } from "../ResolutionCheck.ts"
import { doubtsOf } from "../stores/OutcomeDoubts.ts"
import { resolutionsOf } from "../stores/Resolutions.ts"
import { plural, when } from "./Words.ts"
import { walletPage } from "./WalletPage.ts"
import { whyModel, whyVerdict } from "./WhyVerdict.ts"
import { traceMiddle, whyDeed } from "./trace/TraceMiddle.ts"
import { parts } from "./trace/WhyPart.ts"

/** Empty when this lane knows nothing under the id. */
export const why = Effect.fnUntraced(function* (
  id: string,
): Effect.fn.Return<ReadonlyArray<Section>, never, SqlClient.SqlClient> {
  const text = id.trim().toLowerCase()
  if (/^0x[0-9a-f]{40}$/.test(text)) return yield* walletPage(text as WalletAddress)
  if (/^0x[0-9a-f]{64}$/.test(text)) {
    const condition = yield* whyCondition(hexToBytes(text))
    return condition.length > 0 ? condition : yield* whyTransaction(hexToBytes(text))
  }
  if (/^[0-9a-f]{32}$/.test(text)) return yield* whyFill(hexToBytes(text))
  const [, address, part] = /^(0x[0-9a-f]{40}):([a-z]+)$/.exec(text) ?? []
  if (address !== undefined) return yield* parts[part!]?.(hexToBytes(address)) ?? Effect.succeed([])
  const [, kind, number] = /^(verdict|model)-(\d{1,12})$/.exec(text) ?? []
  if (kind === "verdict") return yield* whyVerdict(Number(number))
  if (kind === "model") return yield* whyModel(Number(number))
  return []
})

const whyCondition = Effect.fnUntraced(function* (condition: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [named] = yield* sql<{
    first_named_at_ms: number
    named_by: string
    touched: number
    describe_due_ms: number | null
    describe_attempts: number
    describe_reason: string | null
    described_at_ms: number | null
    resolve_due_ms: number | null
    resolve_reason: string | null
    resolve_checked_at_ms: number | null
  }>`SELECT first_named_at_ms, named_by, touched, describe_due_ms, describe_attempts,
      describe_reason, described_at_ms, resolve_due_ms, resolve_reason, resolve_checked_at_ms
    FROM conditions WHERE condition = ${condition}`
  if (named === undefined) return []
  const [market] = yield* marketsOf([condition])
  const [resolution] = yield* resolutionsOf([condition])
  const scores = yield* sql<{ mscore: number; selected: number } & Record<string, Cell>>`
    SELECT r.day, r.completed_at_ms, m.mscore, m.liquidity_part, m.volume_part, m.density_part,
      m.whales_part, m.expiry_part, m.base, m.gate, m.trades_24h, m.top_holder_share,
      m.days_to_expiry, e.event_rank, m.selected
    FROM market_scores m JOIN scoring_runs r ON r.id = m.run
    LEFT JOIN event_scores e ON e.run = m.run AND e.event_slug = m.event_slug
    WHERE m.condition = ${condition} AND r.completed_at_ms IS NOT NULL
    ORDER BY m.run DESC LIMIT 5`
  const [holders] = yield* sql<{ wallets: number }>`SELECT count(*) AS wallets
    FROM wallet_conditions WHERE condition = ${condition}`
  const facts: Section = {
    title: "Market",
    says: [
      `Condition ${bytesToHex(condition)} was first named at ${when(named.first_named_at_ms)} by ${named.named_by}.`,
      ...(market === undefined
        ? [
            `Its facts are not known${named.describe_reason === null ? "" : `: ${named.describe_reason}`}; ${plural(named.describe_attempts, "attempt")} so far, the next at ${when(named.describe_due_ms, "no time, it was given up")}.`,
          ]
        : describeMarket(market)),
      `${plural(holders!.wallets, "watched wallet")} traded or held it.`,
    ],
    rows: market === undefined ? [] : marketRows(market),
  }
  const [believed] = yield* sql<{ confirmed_by: string | null; despite: string | null }>`SELECT
    confirmed_by, despite FROM resolutions WHERE condition = ${condition}`
  const doubts = yield* doubtsOf(condition)
  const outcome: Section = {
    title: "Outcome",
    says: [
      ...(resolution === undefined
        ? [
            `The venue has not told its outcome${named.resolve_reason === null ? "" : `: ${named.resolve_reason}`}; it is asked again at ${when(named.resolve_due_ms, "no time set")}.`,
          ]
        : [
            `Status ${resolution.status}, resolved at ${when(resolution.resolvedAtMs, "a time not told")}, pays ${payoutsInWords(resolution.payouts)} per share by outcome, ${believedBecause(believed)}.`,
          ]),
      ...doubts.map(
        ({ first_at_ms, last_at_ms, said, served, settled_at_ms, source, times }) =>
          `${source} did not agree with the feed's ${payoutsInWords(JSON.parse(served) as Array<number>)}: ${said}; ${plural(times, "time")} from ${when(first_at_ms)} to ${when(last_at_ms)}, ${
            settled_at_ms === null
              ? "so the outcome is not believed"
              : `until ${when(settled_at_ms)}`
          }.`,
      ),
    ],
    rows: [],
  }
  const scoring: Section = {
    title: "Scores",
    says:
      scores.length === 0
        ? yield* whyNotScored(condition)
        : [
            `Its newest MScore is ${scores[0]!.mscore.toFixed(6)}; its event is ${scores[0]!.selected === 1 ? `selected with rank ${scores[0]!["event_rank"]}` : "not selected"}.`,
          ],
    rows: scores,
  }
  return [facts, outcome, scoring]
}, Effect.orDie)

const believedBecause = (
  believed: { confirmed_by: string | null; despite: string | null } | undefined,
): string => {
  const confirmedBy = believed?.confirmed_by ?? null
  const despite = believed?.despite ?? null
  if (despite !== null) return `believed despite a doubt: ${despite}`
  return confirmedBy === null
    ? "which no other source says or denies"
    : `as ${confirmedBy} says, too`
}

/** Every filter that the stored facts fail, under the limits of the newest run. */
const whyNotScored = Effect.fnUntraced(function* (condition: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const [market] = yield* sql<{
    status: string
    liquidity: number
    volume_24h: number
    end_at_ms: number | null
  }>`SELECT status, liquidity, volume_24h, end_at_ms FROM markets WHERE condition = ${condition}`
  const filters = yield* newestFilters
  if (market === undefined || filters === null) return ["It was not scored yet."]
  if (market.status !== "open") return ["It is not scored: it is not open."]
  const failed = failedFilters(
    {
      liquidityMicro: market.liquidity,
      volume24hMicro: market.volume_24h,
      daysToExpiry: market.end_at_ms === null ? null : (market.end_at_ms - now) / dayMs,
    },
    filters.limits,
  )
  return failed.length === 0
    ? ["It passes every filter now; the next run scores it."]
    : failed.map(({ code, evidence }) => `It is not scored, ${code}: ${evidence}.`)
})

const describeMarket = (market: Market): ReadonlyArray<string> => [
  `"${market.question}", event ${market.eventSlug}, topic ${market.domain}, ${market.status}, ends ${when(market.endAtMs, "at no stated time")}.`,
  `Tick ${formatMicro(market.tick)}, least order ${formatMicro(market.minimumSize)} shares, taker fee rate ${formatMicro(market.fee.rate)}, liquidity ${formatMicro(market.liquidity)} USDC, volume of the last day ${formatMicro(market.volume24h)} USDC.`,
]

const marketRows = (market: Market) =>
  market.tokens.map((token) => ({
    outcome: token.outcome,
    outcome_index: token.index,
    token: token.token,
  }))

interface FillRow {
  readonly id: Uint8Array
  readonly wallet: Uint8Array
  readonly at_ms: number
  readonly condition: Uint8Array
  readonly token: Uint8Array
  readonly side: string
  readonly price: number
  readonly size: number
  readonly transaction_hash: Uint8Array
  readonly seen_at_ms: number
}

const fillCells = (fill: FillRow) => ({
  fill: bytesToBareHex(fill.id),
  wallet: bytesToHex(fill.wallet),
  at: when(fill.at_ms),
  condition: bytesToHex(fill.condition),
  token: bytesToToken(fill.token),
  side: fill.side,
  price: formatMicro(fill.price),
  size: formatMicro(fill.size),
  transaction_hash: bytesToHex(fill.transaction_hash),
  seen_at: when(fill.seen_at_ms),
})

const whyTransaction = Effect.fnUntraced(function* (hash: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  // There is no index by transaction: newest wallets' rows are few, so the search is bounded by time.
  const fills = yield* sql<FillRow>`SELECT * FROM (SELECT * FROM trades ORDER BY rowid DESC
    LIMIT 20000) WHERE transaction_hash = ${hash} LIMIT 100`
  if (fills.length === 0) return []
  const section: Section = {
    title: "Transaction",
    says: [`${plural(fills.length, "stored fill")} of this transaction, among the newest 20,000.`],
    rows: fills.map(fillCells),
  }
  return [section]
}, Effect.orDie)

const whyFill = Effect.fnUntraced(function* (id: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [fill] = yield* sql<FillRow>`SELECT id, wallet, at_ms, condition, token, side, price, size,
      transaction_hash, seen_at_ms FROM trades WHERE id = ${id}`
  if (fill === undefined) return yield* whyDeed(id)
  const spans = yield* sql<{ from_ms: number; to_ms: number | null; state: string }>`
    SELECT from_ms, to_ms, state FROM follows WHERE wallet = ${fill.wallet}
      AND from_ms <= ${fill.at_ms} AND (to_ms IS NULL OR ${fill.at_ms} < to_ms)`
  const copies = yield* sql<Record<string, Cell>>`SELECT strategy, outcome, cost, leader_at_ms
    FROM copy_results WHERE fill = ${id} ORDER BY strategy`
  const section: Section = {
    title: "Fill",
    says: [
      `${bytesToHex(fill.wallet)} ${fill.side === "BUY" ? "bought" : "sold"} ${formatMicro(fill.size)} shares at ${formatMicro(fill.price)} USDC in market ${bytesToHex(fill.condition)} at ${when(fill.at_ms)}.`,
      `It was ingested ${Math.max(0, Math.round((fill.seen_at_ms - fill.at_ms) / 1000))} s later, at ${when(fill.seen_at_ms)}.`,
      spans.length === 0
        ? "Its wallet was not followed at that time, so it was not to be copied."
        : `Its wallet was followed as ${spans[0]!.state} since ${when(spans[0]!.from_ms)}, so it was to be copied.`,
      ...copies.map((copy) => `Copy in strategy ${copy["strategy"]}: ${copy["outcome"]}.`),
    ],
    rows: [fillCells(fill)],
  }
  return [section, ...(yield* traceMiddle(id))]
}, Effect.orDie)
