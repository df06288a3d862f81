/**
 * What is said of following a wallet, and everything it rests on: sentences with the rows behind.
 *
 * Rows carry the ids under which `why` goes on: fills, `verdict-N`, `model-N`.
 * Limits: the newest {@link rowsShown} rows of a list, the totals always.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import { formatMicro, ONE } from "@evaluator/domain/money/Micro"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { nearest } from "@evaluator/judgement/Bets"
import type { Reason } from "@evaluator/judgement/Judgement"
import { type Copyable, copyableOf, slippageOf } from "../evidence/Copyable.ts"
import type { Habits } from "../evidence/Habits.ts"
import { entriesOf } from "../stores/Entries.ts"
import { type Coverage, soloCopies } from "../stores/Evidence.ts"
import { micro, percent, plural, when } from "./Words.ts"

export const rowsShown = 50

export interface VerdictRow {
  readonly id: number
  readonly wallet: Uint8Array
  readonly model: number
  readonly verdict: string
  readonly at_ms: number
  readonly confirmed_at_ms: number
  readonly until_ms: number | null
  readonly local_fdr: number
  readonly edge: number
  readonly edge_low: number
  readonly edge_high: number
  readonly copy_profit: number
  readonly copy_profit_low: number
  readonly copy_profit_high: number
  readonly promised: number
  readonly promised_low: number
  readonly promised_high: number
  readonly events: number
  readonly entries: number
  readonly copies: number
  readonly complete_share: number
  /** JSON, as weighed. */
  readonly coverage: string
  readonly reasons_for: string
  readonly reasons_against: string
  readonly realized: number
  readonly realized_cost: number
  readonly realized_copies: number
}

const signed = (ratio: number): string => `${ratio < 0 ? "" : "+"}${percent(ratio)}`
const cents = (price: number): string => `${(price * 100).toFixed(2)} cents`

export const verdictSays = (row: VerdictRow): ReadonlyArray<string> => [
  `${row.verdict}, since ${when(row.at_ms)}${row.until_ms === null ? `, confirmed at ${when(row.confirmed_at_ms)}` : ` until ${when(row.until_ms)}`} (verdict-${row.id}, by model-${row.model}).`,
  `The probability that copying it does not pay is ${percent(row.local_fdr)}.`,
  `A dollar in copies of it is expected to earn ${signed(row.copy_profit)} over the next 30 days, between ${signed(row.copy_profit_low)} and ${signed(row.copy_profit_high)} in four cases of five.`,
  `Its purchases win ${cents(row.edge)} a share more than their prices say, between ${cents(row.edge_low)} and ${cents(row.edge_high)}.`,
  `This rests on ${plural(row.entries, "first purchase")} in ${plural(row.events, "decided event")}, ${row.copies === 1 ? "1 settled copy" : `${row.copies} settled copies`} of our own and ${percent(row.complete_share)} of its history.`,
]

const reasonRows = (row: VerdictRow): ReadonlyArray<Readonly<Record<string, Cell>>> =>
  (["for", "against"] as const).flatMap((side) =>
    (JSON.parse(row[`reasons_${side}`]) as ReadonlyArray<Reason>).map((reason) => ({
      speaks: side,
      code: reason.code,
      metric: reason.metric,
      threshold: reason.threshold,
      text: reason.text,
    })),
  )

const said = (row: VerdictRow): Section => ({
  title: "Should it be followed?",
  why: `verdict-${row.id}`,
  says: verdictSays(row),
  rows: reasonRows(row),
})

/** What the sentences of a verdict round. */
const numbersSaid = (row: VerdictRow): Section => ({
  title: "Its numbers",
  why: `verdict-${row.id}`,
  says: ["As they were when it was confirmed; dollars a dollar, a share of one, or a count."],
  rows: (
    [
      "local_fdr",
      "edge",
      "edge_low",
      "edge_high",
      "copy_profit",
      "copy_profit_low",
      "copy_profit_high",
      "entries",
      "events",
      "copies",
      "complete_share",
    ] as const
  ).map((number) => ({ number, value: row[number] })),
})

const becameOf = (row: VerdictRow): string =>
  row.realized_copies === 0
    ? "no copy of a fill after it has settled"
    : `${plural(row.realized_copies, "settled copy")} earned ${micro(row.realized)} USDC, ${signed(row.realized / row.realized_cost)} of their cost`

const receipts = (rows: ReadonlyArray<VerdictRow>): Section => ({
  title: "What was said before, and what became of it",
  why: `${bytesToHex(rows[0]!.wallet)}:promises`,
  says: rows.map(
    (row) =>
      `${row.verdict} of ${when(row.at_ms)} promised ${signed(row.promised)}; within its horizon ${becameOf(row)}.`,
  ),
  rows: rows.map((row) => ({
    id: `verdict-${row.id}`,
    verdict: row.verdict,
    at: when(row.at_ms),
    until: when(row.until_ms, "it stands"),
    promised: row.promised,
    promised_low: row.promised_low,
    promised_high: row.promised_high,
    realized_usdc: micro(row.realized),
    realized_cost_usdc: micro(row.realized_cost),
    realized_copies: row.realized_copies,
  })),
})

/** First purchases as they were visible at a moment, newest first. */
export const entriesSection = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  asOfMs: number,
  most = rowsShown,
) {
  const entries = yield* entriesOf(wallet, asOfMs)
  const resolved = entries.filter((entry) => entry.payout !== null)
  const bets = resolved.filter(({ mid }) => mid / ONE > nearest && mid / ONE < 1 - nearest)
  const events = new Set(bets.map((entry) => entry.event)).size
  const certain = resolved.length - bets.length
  const section: Section = {
    title: "Evidence of skill",
    why: `${bytesToHex(wallet)}:entries`,
    says: [
      `As known at ${when(asOfMs)}: ${plural(entries.length, "market")} it went into, by its first purchase in each; ${resolved.length} of them decided, in ${plural(events, "event")}${certain === 0 ? "" : ` beside ${certain} bought within half a cent of 0 or 1, which say nothing of skill`}.`,
    ],
    rows: entries
      .toReversed()
      .slice(0, most)
      .map((entry) => ({
        fill: bytesToBareHex(entry.fill),
        at: when(entry.atMs),
        event: entry.event,
        condition: bytesToHex(entry.condition),
        outcome_index: entry.outcomeIndex,
        price: formatMicro(entry.price),
        mid: formatMicro(entry.mid),
        mid_error: formatMicro(entry.midError),
        mid_from: entry.midFrom,
        payout: entry.payout === null ? null : formatMicro(entry.payout),
      })),
  }
  return section
})

/** Our solo copies as reported up to a moment, newest first. */
export const copiesSection = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  asOfMs: number,
  most = rowsShown,
) {
  const copies = yield* soloCopies(wallet, asOfMs)
  const copyable = copyableOf(copies)
  const section: Section = {
    title: "How it can be copied",
    why: `${bytesToHex(wallet)}:solo`,
    says: copyable.fills === 0 ? ["It was not copied yet."] : says(copyable),
    rows: copies
      .toReversed()
      .slice(0, most)
      .map((copy) => {
        const slippage = slippageOf(copy)
        return {
          fill: bytesToBareHex(copy.fill),
          at: when(copy.leaderAtMs),
          outcome: copy.outcome,
          cost_usdc: micro(copy.cost),
          slippage: slippage === null ? null : micro(slippage),
          depth_usdc: copy.met === null ? null : micro(copy.met.depth),
          sold: copy.sold === null ? null : micro(copy.sold),
          sale_fee_usdc: copy.saleFee === null ? null : micro(copy.saleFee),
          pnl_usdc: copy.pnl === null ? null : micro(copy.pnl),
        }
      }),
  }
  return section
})

const says = (copyable: Copyable): ReadonlyArray<string> => [
  `Of ${plural(copyable.fills, "fill")} made while it was followed ${copyable.copied} were copied (${percent(copyable.fidelity ?? 0)})${Object.entries(
    copyable.missed,
  )
    .map(([outcome, count]) => `; ${outcome} ${count}`)
    .join("")}.`,
  copyable.slippage === null
    ? "No purchase of ours has filled yet: slippage and capacity are not known."
    : `We paid ${cents(copyable.slippage / ONE)} a share more than it did, and ${percent(copyable.feeShare ?? 0)} of the cost in fees.`,
  ...(copyable.capacityMedian === null
    ? []
    : [
        `When our orders arrived the book held ${micro(copyable.capacityMedian)} USDC within our limit in the median, ${micro(copyable.capacityLow ?? 0)} or less a quarter of the time.`,
      ]),
  `${copyable.settled} copies have settled: ${micro(copyable.settledPnl)} USDC on a cost of ${micro(copyable.settledCost)}.`,
]

const habitWords: ReadonlyArray<readonly [Exclude<keyof Habits, "fills">, string]> = [
  ["flipRate", "share of purchases against its last trade in the market"],
  ["sizeGini", "Gini coefficient of its fills' sizes"],
  ["medianGapSeconds", "seconds between fills, median"],
  ["betterThanMid", "share of first purchases below the mid price"],
  ["executionShare", "share of its profit that the price being better than mid explains"],
  ["lossAgainstWin", "largest loss of a market over its mean win"],
  ["topMarketShare", "share of its profit from its best market"],
  ["largestFill", "largest fill of its newest week over its median fill"],
]

const habitsSection = (habits: Habits, wallet: Uint8Array): Section => ({
  title: "Habits",
  why: `${bytesToHex(wallet)}:habits`,
  says: [
    `They describe it and refuse nothing; of its newest ${plural(habits.fills, "fill")} and all its first purchases.`,
  ],
  rows: habitWords.map(([habit, words]) => ({ habit, value: habits[habit], what: words })),
})

const coverageSection = (coverage: Coverage, wallet: Uint8Array): Section => ({
  title: "How far the rows go",
  why: `${bytesToHex(wallet)}:coverage`,
  says: [
    coverage.completeThroughMs === null
      ? "Its ledger is not complete."
      : `Its ledger is complete through ${when(coverage.completeThroughMs)}: ${percent(coverage.share)} of the time since its first fill.`,
    `${plural(coverage.marketsWithoutFacts, "market")} of ${coverage.markets} have no facts, ${coverage.unresolved} no outcome yet.`,
    `${plural(coverage.feedGaps, "fill")} could not be copied because a feed, a book or time was lacking.`,
  ],
  rows: [
    { number: "share", value: coverage.share },
    { number: "fills", value: coverage.fills },
    { number: "markets", value: coverage.markets },
    { number: "marketsWithoutFacts", value: coverage.marketsWithoutFacts },
    { number: "unresolved", value: coverage.unresolved },
    { number: "feedGaps", value: coverage.feedGaps },
  ],
})

/** Sections on the verdict; one that says so when there is none yet. */
export const verdictPage = Effect.fnUntraced(function* (wallet: Uint8Array, nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  const verdicts = yield* sql<VerdictRow>`SELECT * FROM verdicts WHERE wallet = ${wallet}
    ORDER BY id DESC LIMIT ${rowsShown}`
  const [weighed] = yield* sql<{
    coverage: string
    habits: string
  }>`SELECT coverage, habits FROM wallet_evidence
    WHERE wallet = ${wallet} AND weighed_at_ms IS NOT NULL`
  const [cluster] = yield* sql<{ counted_as: Uint8Array; wallets: number }>`SELECT counted_as,
      wallets FROM wallet_clusters WHERE wallet = ${wallet}`
  const [standing, ...before] = verdicts
  const sections: Array<Section> = []
  if (standing === undefined) {
    const none = "Nothing is said of it yet: it was not weighed, or all were not judged since."
    sections.push({ title: "Should it be followed?", says: [none], rows: [] })
  } else sections.push(said(standing), numbersSaid(standing))
  if (cluster !== undefined) {
    sections.push({
      title: "Acts together with others",
      why: `${bytesToHex(wallet)}:together`,
      says: [
        `${cluster.wallets} wallets buy the same within minutes and count as one, ${bytesToHex(cluster.counted_as)}.`,
      ],
      rows: [],
    })
  }
  if (before.length > 0) sections.push(receipts(before))
  if (weighed === undefined) return sections
  return [
    ...sections,
    yield* entriesSection(wallet, nowMs),
    yield* copiesSection(wallet, nowMs),
    habitsSection(JSON.parse(weighed.habits) as Habits, wallet),
    coverageSection(JSON.parse(weighed.coverage) as Coverage, wallet),
  ]
}, Effect.orDie)
