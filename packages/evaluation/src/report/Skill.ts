/**
 * The judgement of all wallets as it stands: the newest model with its controls, what is said of the
 * wallets best first, and what became of what was promised.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import type { PopulationModel, Reason } from "@evaluator/judgement/Judgement"
import { type OutOfTime, readOutOfTime } from "./OutOfTime.ts"
import type { VerdictRow } from "./VerdictPage.ts"

const walletsShown = 50
const promisesShown = 1000

export interface SaidOfWallet {
  readonly wallet: string
  readonly verdict: string
  readonly localFdr: number
  readonly edge: readonly [mean: number, low: number, high: number]
  readonly copyProfit: readonly [mean: number, low: number, high: number]
  readonly events: number
  readonly copies: number
  readonly completeShare: number
  readonly reasonsFor: ReadonlyArray<Reason>
  readonly reasonsAgainst: ReadonlyArray<Reason>
}

/** A forecast of a verdict beside what solo copies of fills within its horizon earned per dollar. */
export interface Promise {
  readonly wallet: string
  readonly verdict: string
  readonly atMs: number
  readonly promised: readonly [mean: number, low: number, high: number]
  readonly realized: number
  readonly copies: number
}

export interface SkillReport {
  readonly atMs: number
  readonly model: number
  readonly wallets: number
  readonly follow: number
  readonly watch: number
  readonly avoid: number
  readonly population: PopulationModel
  /** FOLLOW first, then WATCH, each by the probability that it is luck; at most 50. */
  readonly said: ReadonlyArray<SaidOfWallet>
  /** Forecasts with at least one settled copy after them, newest first; at most 1000. */
  readonly promises: ReadonlyArray<Promise>
  readonly outOfTime: OutOfTime
}

/** Null while no judgement was made. */
export const readSkill = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [model] = yield* sql<{
    id: number
    at_ms: number
    wallets: number
    follow: number
    watch: number
    avoid: number
    population: string
  }>`SELECT id, at_ms, wallets, follow, watch, avoid, population FROM skill_models
    ORDER BY id DESC LIMIT 1`
  if (model === undefined) return null
  const said = yield* sql<VerdictRow>`SELECT * FROM verdicts WHERE until_ms IS NULL
    ORDER BY CASE verdict WHEN 'FOLLOW' THEN 0 WHEN 'WATCH' THEN 1 ELSE 2 END, local_fdr, wallet
    LIMIT ${walletsShown}`
  const promises = yield* sql<VerdictRow>`SELECT * FROM verdicts
    WHERE realized_copies > 0 AND realized_cost > 0 ORDER BY id DESC LIMIT ${promisesShown}`
  const report: SkillReport = {
    outOfTime: yield* readOutOfTime,
    atMs: model.at_ms,
    model: model.id,
    wallets: model.wallets,
    follow: model.follow,
    watch: model.watch,
    avoid: model.avoid,
    population: JSON.parse(model.population) as PopulationModel,
    said: said.map((row): SaidOfWallet => ({
      wallet: bytesToHex(row.wallet),
      verdict: row.verdict,
      localFdr: row.local_fdr,
      edge: [row.edge, row.edge_low, row.edge_high],
      copyProfit: [row.copy_profit, row.copy_profit_low, row.copy_profit_high],
      events: row.events,
      copies: row.copies,
      completeShare: row.complete_share,
      reasonsFor: JSON.parse(row.reasons_for) as ReadonlyArray<Reason>,
      reasonsAgainst: JSON.parse(row.reasons_against) as ReadonlyArray<Reason>,
    })),
    promises: promises.map((row): Promise => ({
      wallet: bytesToHex(row.wallet),
      verdict: row.verdict,
      atMs: row.at_ms,
      promised: [row.promised, row.promised_low, row.promised_high],
      realized: row.realized / row.realized_cost,
      copies: row.realized_copies,
    })),
  }
  return report
}).pipe(Effect.orDie)
