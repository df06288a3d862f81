/**
 * score-wallets: WScore over 7, 30 and 90 days for every judged wallet with enough fills in the
 * window.
 *
 * Truth: `wallets.score_due_ms`, set by each judgement, by measured drifts, and by each scoring for a day
 * later, because a score decays with the days since the last fill. Inputs are the stored
 * features and, for timing, the drifts of the window's fills (`MeasureDrift.ts`); with fewer of them than
 * `wallet_scoring.min_trades` timing is not known and left out of the mean. Emits `WalletsScored`.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { dayMs, type Features } from "@evaluator/domain/wallet/FeatureWindow"
import { meanDriftCents } from "@evaluator/domain/wallet/Drift"
import { laneOf, type ScoreInputs, scoreWallet } from "@evaluator/domain/wallet/WalletScore"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { driftsOf } from "../stores/Drifts.ts"
import { featuresOf } from "../stores/Judgements.ts"
import {
  type DueToScore,
  dueToScore,
  lastFillMs,
  rankingWindowDays,
  storeScores,
  type WindowScore,
} from "../stores/Scores.ts"
import { inRounds } from "./Rounds.ts"

export const scoreWindows: ReadonlyArray<number> = [7, 30, 90]
const perStep = 50
const roundsPerRun = 20

interface Bounds {
  /** When its last fill was. */
  readonly lastMs: number
  readonly laneMinRatio: number
  readonly leaderboardMemoryMs: number
}

const inputsOf = (
  features: Features,
  driftCents: number | null,
  due: DueToScore,
  nowMs: number,
  { lastMs, laneMinRatio, leaderboardMemoryMs }: Bounds,
): ScoreInputs => ({
  roiPercent: 100 * features.roi,
  deviation: 0.5 * 100 * features.maxDrawdown,
  hitRate: features.winRate ?? 0,
  profitableMarkets: features.profitableMarkets,
  markets: features.closedMarkets,
  driftCents,
  noise: 0.5 * features.extremePriceRatio + 0.5 * features.burstiness,
  ageDays: due.firstFillMs === null ? 0 : (nowMs - due.firstFillMs) / dayMs,
  onLeaderboard: due.leaderboardAtMs !== null && nowMs - due.leaderboardAtMs <= leaderboardMemoryMs,
  lane: laneOf(features, laneMinRatio),
  idleDays: (nowMs - lastMs) / dayMs,
})

const score = Effect.fnUntraced(function* (due: DueToScore) {
  const { personas, wallet_scoring: weights } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const features = yield* featuresOf(due.wallet)
  const drifts = yield* driftsOf(due.wallet, now - dayMs * Math.max(...scoreWindows))
  const bounds: Bounds = {
    lastMs: (yield* lastFillMs(due.wallet)) ?? now,
    laneMinRatio: personas.topic_lane_min_ratio,
    leaderboardMemoryMs: Duration.toMillis(weights.leaderboard_memory),
  }
  return scoreWindows.flatMap((windowDays): ReadonlyArray<WindowScore> => {
    const window = features.get(windowDays)
    if (window === undefined || window.tradeCount < weights.min_trades) return []
    const within = drifts.filter(({ at_ms }) => at_ms >= now - windowDays * dayMs)
    const driftCents = meanDriftCents(
      within.map(({ drift }) => drift),
      weights.min_trades,
    )
    const inputs = inputsOf(window, driftCents, due, now, bounds)
    const tradeCount = window.tradeCount
    return [
      {
        windowDays,
        inputs,
        score: scoreWallet(inputs, weights),
        tradeCount,
        drifts: within.length,
      },
    ]
  })
})

const scoreAll = Effect.fnUntraced(
  function* (due: ReadonlyArray<DueToScore>) {
    const log = yield* EventLog
    let scored = 0
    for (const wallet of due) {
      const scores = yield* score(wallet)
      yield* storeScores(wallet, scores)
      if (scores.length > 0) scored += 1
    }
    if (due.length > 0) {
      yield* log.append([
        {
          type: "WalletsScored",
          payload: { wallets: scored, windowDays: rankingWindowDays },
        },
      ])
    }
    return scored
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

/** Scores at most 50 wallets in one transaction. */
export const scoreDue = Effect.gen(function* () {
  const due = yield* dueToScore(perStep)
  const scored = yield* scoreAll(due)
  return { counts: { looked: due.length, scored }, more: due.length === perStep }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ wallet_scoring }) =>
    Job.layer({
      name: "score-wallets",
      about: "Scores judged wallets over 7, 30 and 90 days",
      service: "ranking",
      every: wallet_scoring.every,
      atBoot: true,
      on: ["WalletsClassified"],
      emits: ["WalletsScored"],
      settle: "1 second",
      timeout: "5 minutes",
      stallAfter: "2 minutes",
      run: inRounds(scoreDue, roundsPerRun),
    }),
  ),
)
