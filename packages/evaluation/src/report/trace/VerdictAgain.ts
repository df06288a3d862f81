/**
 * The numbers of a verdict, worked out again from the wallet's rows as they were visible then and the
 * stored judgement of all wallets it was made in.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import type { Section } from "@evaluator/domain/report/Section"
import type { PopulationModel, Reason } from "@evaluator/judgement/Judgement"
import { Markets } from "@evaluator/judgement/Markets"
import type { JudgementSettings } from "@evaluator/judgement/Settings"
import { weighAgain } from "@evaluator/judgement/WeighAgain"
import { marketsOfConditions, recordOf } from "../../evidence/Population.ts"
import { readCopies, readFacts, readPurchases } from "../../stores/JudgedRows.ts"
import type { VerdictRow } from "../VerdictPage.ts"
import type { KnownThen } from "./KnownThen.ts"

/** The wallets' records of a moment, numbered among themselves. */
const recordsAt = Effect.fnUntraced(function* (
  wallets: ReadonlyArray<Uint8Array>,
  asOfMs: number,
  told: { readonly exclusions: ReadonlyArray<string>; readonly completeShare: number },
) {
  const conditions: Array<string> = []
  const numbers = new Map<string, number>()
  const numberOf = (condition: Uint8Array): number => {
    const name = bytesToHex(condition)
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, conditions.length)
    return conditions.push(name) - 1
  }
  const read = yield* Effect.forEach(wallets, (wallet) =>
    Effect.gen(function* () {
      const purchases = yield* readPurchases(wallet, asOfMs, numberOf)
      const copies = yield* readCopies(wallet, asOfMs, numberOf)
      return { wallet, rows: { copies, purchases }, coverage: "", ...told }
    }),
  )
  const facts = yield* readFacts(conditions, asOfMs)
  const markets: Markets = marketsOfConditions(conditions, facts)
  return { markets, records: read.map((one) => recordOf(one, facts, markets)) }
})

const known = (value: number): number | null => (Number.isNaN(value) ? null : value)

export const verdictAgain = Effect.fnUntraced(function* (
  row: VerdictRow,
  { completeShare, gates }: KnownThen,
) {
  const sql = yield* SqlClient.SqlClient
  const [model] = yield* sql<{ settings: string; population: string }>`SELECT settings, population
    FROM skill_models WHERE id = ${row.model}`
  if (model === undefined) return []
  const population = JSON.parse(model.population) as PopulationModel
  const settings = JSON.parse(model.settings) as JudgementSettings
  const name = bytesToHex(row.wallet)
  const group = population.clusters.find(({ members }) => members.includes(name))
  const first = group === undefined ? row.wallet : hexToBytes(group.first)
  const said = (["for", "against"] as const).flatMap(
    (side) => JSON.parse(row[`reasons_${side}`]) as ReadonlyArray<Reason>,
  )
  const told = { exclusions: gates.map(({ code }) => code), completeShare }
  const { markets, records } = yield* recordsAt([row.wallet, first], row.confirmed_at_ms, told)
  const { belief, copying, likelihood, reasons } = weighAgain(
    records[0]!,
    records[1]!,
    markets,
    population,
    settings,
  )
  const { copyProfit, edge } = belief
  const numbers: ReadonlyArray<readonly [string, number, number]> = [
    ["local_fdr", row.local_fdr, belief.localFdr],
    ["edge", row.edge, edge.mean],
    ["edge_low", row.edge_low, edge.low],
    ["edge_high", row.edge_high, edge.high],
    ["copy_profit", row.copy_profit, copyProfit.mean],
    ["copy_profit_low", row.copy_profit_low, copyProfit.low],
    ["copy_profit_high", row.copy_profit_high, copyProfit.high],
    ["events", row.events, likelihood.events],
    ["entries", row.entries, likelihood.entries],
    ["copies", row.copies, copying.copies],
    ["complete_share", row.complete_share, completeShare],
  ]
  const again = [...reasons.reasonsFor, ...reasons.reasonsAgainst]
  const rows = [
    ...numbers,
    ...said.map(
      ({ code, metric }) =>
        [code, metric, again.find((one) => one.code === code)?.metric ?? Number.NaN] as const,
    ),
    ...again.flatMap(({ code, metric }) =>
      said.some((one) => one.code === code) ? [] : [[code, Number.NaN, metric] as const],
    ),
  ].map(([number, before, now]) => ({ number, said: known(before), again: known(now) }))
  const others = rows.filter((one) => one.said !== one.again)
  return [
    {
      title: "Worked out again from these rows",
      says: [
        `By model-${row.model}, whose prices, spread of edges and costs are of all wallets' rows${group === undefined ? "" : `; purchases are those of ${group.first}, which stands for its group`}.`,
        others.length === 0
          ? "Every number is the one that was said."
          : `Of rows that changed since, these are others than said: ${others.map(({ number }) => number).join(", ")}.`,
      ],
      rows,
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)
