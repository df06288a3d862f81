/**
 * `ADDRESS:scores`: what each WScore was made of: numbers of the window and of its lane there, age,
 * leaderboards, its last fill, and the fills whose price an hour or two later is known.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import type { Section } from "@evaluator/domain/report/Section"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import { driftMemoryMs } from "../../stores/Drifts.ts"
import { featuresOf } from "../../stores/Judgements.ts"
import { when } from "../Words.ts"

export const traceScores = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const scores = yield* sql<{ window_days: number; at_ms: number }>`SELECT window_days, at_ms
    FROM wallet_scores WHERE wallet = ${wallet} ORDER BY window_days`
  const [first] = scores
  if (first === undefined) return []
  const [facts] = yield* sql<{
    first_fill_ms: number | null
    leaderboard_at_ms: number | null
  }>`SELECT first_fill_ms, leaderboard_at_ms FROM wallets WHERE wallet = ${wallet}`
  const features = yield* featuresOf(wallet)
  const last = yield* sql<{ id: Uint8Array; at_ms: number }>`SELECT id, at_ms FROM trades
    WHERE wallet = ${wallet} AND at_ms <= ${first.at_ms} AND seen_at_ms <= ${first.at_ms}
    ORDER BY at_ms DESC, id LIMIT 1`
  const drifts = yield* sql<{ fill: Uint8Array; at_ms: number; drift: number }>`SELECT fill, at_ms,
      drift FROM fill_drifts WHERE wallet = ${wallet} AND drift IS NOT NULL
      AND at_ms >= ${first.at_ms - driftMemoryMs} ORDER BY at_ms`
  return [
    {
      title: "What the scores were made of",
      says: [
        `As of ${when(first.at_ms)}. Numbers of a window are worked out under why ${bytesToHex(wallet)}:numbers.`,
        "edge: roi ÷ 20 %. consistency: 1 less half the drawdown in percent ÷ 10. market skill: profitable of the closed markets, with a lane of those there. timing: (drift in cents + 10) ÷ 20. behaviour: 1 less half of extreme prices and burstiness. Each 0 … 1.",
        "raw is their mean, each by its weight of [wallet_scoring], timing left out where it is not known. A hit rate below 45 % takes half, below 52 % a fifth; an age below 90 days and no leaderboard of late take wallet_scoring.young_multiplier and obscurity_multiplier.",
        "Its lane is its top domain where that has at least personas.topic_lane_min_ratio of the shares traded and the markets are known; earning there, and no less than over all, takes wallet_scoring.lane_multiplier. Days since the last fill halve it once every wallet_scoring.half_life.",
      ],
      rows: scores.map(({ at_ms: atMs, window_days: days }) => {
        const window = features.get(days)!
        return {
          window_days: days,
          at_ms: atMs,
          roi: window.roi,
          max_drawdown: window.maxDrawdown,
          win_rate: window.winRate,
          profitable_markets: window.profitableMarkets,
          closed_markets: window.closedMarkets,
          top_domain: window.topDomain,
          top_domain_ratio: window.topDomainRatio,
          top_domain_roi: window.topDomainRoi,
          top_domain_profitable_markets: window.topDomainProfitableMarkets,
          top_domain_closed_markets: window.topDomainClosedMarkets,
          extreme_price_ratio: window.extremePriceRatio,
          burstiness: window.burstiness,
          trade_count: window.tradeCount,
          age_days: facts!.first_fill_ms === null ? 0 : (atMs - facts!.first_fill_ms) / dayMs,
          leaderboard_at_ms: facts!.leaderboard_at_ms,
        }
      }),
    },
    {
      title: "Its last fill when it was scored",
      says: [],
      rows: last.map(({ at_ms, id }) => ({ fill: bytesToBareHex(id), at_ms })),
    },
    {
      title: "How prices went after its fills",
      says: [
        "drift is in millionths its way; the drift of a window is the mean of its fills'. The newest ninety days.",
      ],
      rows: drifts.map(({ at_ms, drift, fill }) => ({ fill: bytesToBareHex(fill), at_ms, drift })),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)
