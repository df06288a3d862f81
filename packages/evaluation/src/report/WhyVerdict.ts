/**
 * Answers to "why" for a verdict and for the judgement of all wallets it was made in: `verdict-N`,
 * `model-N`.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import type { PopulationModel, Reason } from "@evaluator/judgement/Judgement"
import { copiesSection, entriesSection, type VerdictRow, verdictSays } from "./VerdictPage.ts"
import { knownThen } from "./trace/KnownThen.ts"
import { rowsTraced } from "./trace/TraceNumbers.ts"
import { verdictAgain } from "./trace/VerdictAgain.ts"
import { percent, plural, when } from "./Words.ts"

/** A verdict with the evidence as it was visible when it was last confirmed. */
export const whyVerdict = Effect.fnUntraced(function* (id: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<VerdictRow>`SELECT * FROM verdicts WHERE id = ${id}`
  if (row === undefined) return []
  const reasons = (side: "for" | "against") =>
    (JSON.parse(row[`reasons_${side}`]) as ReadonlyArray<Reason>).map((reason) => ({
      speaks: side,
      ...reason,
    }))
  const section: Section = {
    title: `Verdict on ${bytesToHex(row.wallet)}`,
    says: [
      ...verdictSays(row),
      `When it was first said it promised ${percent(row.promised)} (${percent(row.promised_low)} to ${percent(row.promised_high)}).`,
    ],
    rows: [...reasons("for"), ...reasons("against")],
  }
  const { confirmed_at_ms: asOf, wallet } = row
  const then = yield* knownThen(row)
  const reach: Section = {
    title: "How far its rows went then",
    says: [
      "The share of its history is (complete through − first fill) ÷ (weighed at − first fill), at most 1, of the last time that it was weighed. The first fill is by the rows stored then; how far the feeds were complete is kept with the verdict alone.",
    ],
    rows: [
      {
        complete_share: row.complete_share,
        first_fill_ms: then.firstFillMs,
        complete_through_ms: then.completeThroughMs,
        weighed_at_ms: then.weighedAtMs,
      },
    ],
  }
  const refused: Section = {
    title: "Gates that failed then",
    says: [
      "By the rows of its gates, since when each fails; without that time, as the verdict was told: the gate was judged otherwise since.",
    ],
    rows: then.gates.map(({ code, sinceMs }) => ({ code, since_ms: sinceMs })),
  }
  return [
    section,
    yield* entriesSection(wallet, asOf, rowsTraced),
    yield* copiesSection(wallet, asOf, rowsTraced),
    reach,
    refused,
    ...(yield* verdictAgain(row, then)),
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

/** The judgement of all wallets: how prices pay, how edges are spread, the controls. */
export const whyModel = Effect.fnUntraced(function* (id: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{
    at_ms: number
    wallets: number
    follow: number
    watch: number
    avoid: number
    settings: string
    population: string
  }>`SELECT at_ms, wallets, follow, watch, avoid, settings, population FROM skill_models
    WHERE id = ${id}`
  if (row === undefined) return []
  const model = JSON.parse(row.population) as PopulationModel
  const { random, shuffled } = model.controls
  return [
    {
      title: `Judgement ${id} of all wallets`,
      says: [
        `At ${when(row.at_ms)} ${plural(row.wallets, "wallet")} ${row.wallets === 1 ? "was" : "were"} judged: ${row.follow} FOLLOW, ${row.watch} WATCH, ${row.avoid} AVOID.`,
        `Surprises of markets of one event correlate by ${model.rho.toFixed(2)}; a copy pays ${(100 * model.cost).toFixed(2)} cents a share above what its price promises, on average.`,
        `${plural(model.clusters.length, "group")} of wallets that act together count once each.`,
        `Settings: ${row.settings}`,
      ],
      rows: [],
    },
    {
      title: "How edges are spread",
      says: ["The share of wallets at each edge, in cents a share."],
      rows: model.prior.edges.map((edge, at) => ({
        edge_cents: Math.round(edge * 1000) / 10,
        share: model.prior.shares[at]!,
      })),
    },
    {
      title: "How prices pay",
      says: [
        `What is bought at a price pays as logit ${model.prices.shift.toFixed(3)} + ${model.prices.slope.toFixed(3)} × logit(price) says; each wallet's first purchase in a market counts once.`,
      ],
      rows: model.prices.bands.map((band): Readonly<Record<string, Cell>> => ({ ...band })),
    },
    {
      title: "Controls",
      says: [
        random.followed === null
          ? "No followed wallet has copies to hold against random ones."
          : `Copies of followed wallets earned ${percent(random.followed)} a dollar; as many wallets at random ${percent(random.mean)}, ${percent(random.low)} to ${percent(random.high)}.`,
        `With outcomes drawn anew by the prices the same method follows ${shuffled.followed.join(", ")} wallets in ${plural(shuffled.rounds, "round")}.`,
      ],
      rows: shuffled.followed.map((followed, round) => ({
        round,
        followed,
        best_local_fdr: shuffled.best[round] ?? null,
      })),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)
