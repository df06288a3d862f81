/**
 * What the background lane can say about itself, read from evaluator.db alone: while the service runs,
 * through a read-only connection beside it, or when it is down.
 *
 * Promises: never writes. Limits: lists as stated at each method.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type FillId, type WalletAddress } from "@evaluator/domain/Id"
import type { Section } from "@evaluator/domain/report/Section"
import {
  type DueCount,
  type FileFates,
  readDue,
  readFates,
  readFunnel,
  readQuarantined,
  readLeaderFills,
  readReasons,
  readVerdicts,
  type ReasonCount,
} from "./report/Figures.ts"
import { type FactsCoverage, readFactsCoverage } from "./report/Coverage.ts"
import { readSkill, type SkillReport } from "./report/Skill.ts"
import { walletPage } from "./report/WalletPage.ts"
import { why } from "./report/Why.ts"
import { followedWatermark } from "./stores/Follows.ts"
import { type FilterCounts, newestFilters } from "./stores/MarketScores.ts"
import { bestPaperTraded } from "./stores/Rules.ts"
import { ranking } from "./stores/Scores.ts"
import { readStorage, type StorageFigures } from "./stores/Storage.ts"

export interface RankedWallet {
  readonly wallet: WalletAddress
  readonly wscore: number
  /** FOLLOW, WATCH or AVOID; null while none is made. */
  readonly verdict: string | null
}

export class EvaluationReports extends Context.Service<
  EvaluationReports,
  {
    /** Distinct ids that ever reached each stage, in the order of the stages. */
    readonly funnel: Effect.Effect<Readonly<Record<string, number>>>
    /** classified + excluded + waiting = discovered. */
    readonly verdicts: Effect.Effect<{
      readonly classified: number
      readonly excluded: number
      readonly waiting: number
      readonly discovered: number
    }>
    /** Why wallets are where they are, most frequent first, at most 100. */
    readonly reasons: Effect.Effect<ReadonlyArray<ReasonCount>>
    /** Of the newest scoring run: how many open markets failed each filter; null before the first. */
    readonly filters: Effect.Effect<FilterCounts | null>
    /** What the truth queries would find now. */
    readonly due: Effect.Effect<ReadonlyArray<DueCount>>
    /** Fates of recorded rows by file; empty unless something was replayed. */
    readonly rows: Effect.Effect<ReadonlyArray<FileFates>>
    /** Rows that could not be used and are kept. */
    readonly quarantined: Effect.Effect<{
      readonly rows: number
      readonly newest_ms: number | null
    }>
    /** Whether what stored rows name has facts, and why not. */
    readonly facts: Effect.Effect<FactsCoverage>
    /** Sizes of the file and its tables as last measured, and what is given up for lack of room. */
    readonly storage: Effect.Effect<StorageFigures>
    /** The time up to which every followed wallet's fills are stored; now when none is followed. */
    readonly watermark: Effect.Effect<number>
    /** Distinct fills up to a time of wallets followed at the fill's time, in time order. */
    readonly leaderFills: (asOfMs: number) => Effect.Effect<ReadonlyArray<FillId>>
    /** Followable wallets by 30-day score, best first, ties by address. */
    readonly ranking: (limit: number) => Effect.Effect<ReadonlyArray<RankedWallet>>
    /** The best ranked wallet that is paper traded; null when none is. */
    readonly bestPaperTraded: Effect.Effect<WalletAddress | null>
    /** What is said of all wallets and what it rests on; null while nothing is. */
    readonly skill: Effect.Effect<SkillReport | null>
    /** All that is known of a wallet; empty when it is not on the watchlist. */
    readonly wallet: (wallet: WalletAddress) => Effect.Effect<ReadonlyArray<Section>>
    /** Why for a wallet, condition, transaction, fill or event id; empty when it is not known here. */
    readonly why: (id: string) => Effect.Effect<ReadonlyArray<Section>>
  }
>()("evaluation/EvaluationReports") {
  static readonly layer = Layer.effect(
    EvaluationReports,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const reading = <A>(read: Effect.Effect<A, never, SqlClient.SqlClient>) =>
        Effect.provideService(read, SqlClient.SqlClient, sql)
      return EvaluationReports.of({
        funnel: reading(readFunnel),
        verdicts: reading(readVerdicts),
        reasons: reading(readReasons),
        filters: reading(newestFilters),
        due: reading(readDue),
        rows: reading(readFates),
        quarantined: reading(readQuarantined),
        facts: reading(readFactsCoverage),
        storage: reading(readStorage),
        watermark: Clock.currentTimeMillis.pipe(Effect.flatMap(followedWatermark), reading),
        leaderFills: (asOfMs) => reading(readLeaderFills(asOfMs)),
        ranking: (limit) =>
          ranking(limit).pipe(
            Effect.map((rows) =>
              rows.map(({ verdict, wallet, wscore }) => ({
                wallet: bytesToHex(wallet) as WalletAddress,
                wscore,
                verdict,
              })),
            ),
            reading,
          ),
        bestPaperTraded: reading(bestPaperTraded),
        skill: reading(readSkill),
        wallet: (wallet) => reading(walletPage(wallet)),
        why: (id) => reading(why(id)),
      })
    }),
  )
}
