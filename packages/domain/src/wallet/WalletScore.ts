/**
 * WScore: how worth copying a wallet is, 0 … 1, for one window.
 *
 * Weighted mean of five parts (edge 0.30, consistency 0.25, market skill 0.20, timing 0.15,
 * behaviour 0.10), times a penalty for a low hit rate, a trust factor for young wallets, a bonus for
 * wallets that are on no leaderboard, one for wallets that earn in their lane, and a decay with the time
 * since the last fill. A part that cannot be measured is null and left out of the mean instead of being
 * invented.
 *
 * Of a wallet with a lane, market skill is what it shows there: the rest of its markets are a side line.
 */
import { Duration } from "effect"
import { clamp01 } from "../market/MarketScore.ts"
import { dayMs, type Features } from "./FeatureWindow.ts"

/** What a wallet did in the topic most of its trading is in, within one window. */
export interface Lane {
  readonly topic: string
  /** Realised profit on cost of the lots closed there, percent. */
  readonly roiPercent: number
  readonly profitableMarkets: number
  readonly markets: number
}

export interface ScoreInputs {
  /** Realised profit on cost, percent. */
  readonly roiPercent: number
  /** Half the largest drawdown, percent. */
  readonly deviation: number
  /** 0 … 1. */
  readonly hitRate: number
  readonly profitableMarkets: number
  readonly markets: number
  /** How far prices went the wallet's way one to two hours after its fills, cents (`Drift.ts`); null when not known. */
  readonly driftCents: number | null
  /** 0 … 1: half the share of extreme prices plus half the burstiness. */
  readonly noise: number
  readonly ageDays: number
  readonly onLeaderboard: boolean
  /** Null when no topic has enough of its trading, or nothing was measured of it there. */
  readonly lane: Lane | null
  /** Days since its last fill. */
  readonly idleDays: number
}

/** Named as in the settings. */
export interface ScoreWeights {
  readonly edge_weight: number
  readonly consistency_weight: number
  readonly market_skill_weight: number
  readonly timing_weight: number
  readonly behaviour_weight: number
  readonly young_multiplier: number
  readonly obscurity_multiplier: number
  readonly lane_multiplier: number
  readonly half_life: Duration.Duration
}

export interface WalletScore {
  readonly wscore: number
  readonly edge: number
  readonly consistency: number
  readonly marketSkill: number
  readonly timing: number | null
  readonly behaviour: number
  /** The weighted mean before the factors. */
  readonly raw: number
  readonly hitRateFactor: number
  readonly trustFactor: number
  readonly obscurityFactor: number
  readonly laneFactor: number
  readonly recencyFactor: number
}

/** The topic of at least `minRatio` of the shares traded in a window; markets without facts are no topic. */
export const topicOf = (
  { topDomain, topDomainRatio }: Pick<Features, "topDomain" | "topDomainRatio">,
  minRatio: number,
): string | null =>
  topDomain === null || topDomain === "unknown" || topDomainRatio < minRatio ? null : topDomain

/** Null also where what was done in the topic was not measured. */
export const laneOf = (features: Features, minRatio: number): Lane | null => {
  const topic = topicOf(features, minRatio)
  const {
    topDomainClosedMarkets: markets,
    topDomainProfitableMarkets: profitableMarkets,
    topDomainRoi: roi,
  } = features
  return topic === null || roi === null || profitableMarkets === null || markets === null
    ? null
    : { topic, roiPercent: 100 * roi, profitableMarkets, markets }
}

export const scoreWallet = (inputs: ScoreInputs, weights: ScoreWeights): WalletScore => {
  const edge = clamp01(Math.max(inputs.roiPercent, 0) / 20)
  const consistency = clamp01(1 - inputs.deviation / 10)
  const { markets, profitableMarkets } = inputs.lane ?? inputs
  const marketSkill = markets === 0 ? 0 : clamp01(profitableMarkets / markets)
  const timing = inputs.driftCents === null ? null : clamp01((inputs.driftCents + 10) / 20)
  const behaviour = clamp01(1 - inputs.noise)
  const parts: ReadonlyArray<readonly [number, number | null]> = [
    [weights.edge_weight, edge],
    [weights.consistency_weight, consistency],
    [weights.market_skill_weight, marketSkill],
    [weights.timing_weight, timing],
    [weights.behaviour_weight, behaviour],
  ]
  let sum = 0
  let total = 0
  for (const [weight, part] of parts) {
    if (part === null) continue
    sum += weight * part
    total += weight
  }
  const raw = total <= 0 ? 0 : sum / total
  const hitRateFactor = inputs.hitRate < 0.45 ? 0.5 : inputs.hitRate < 0.52 ? 0.8 : 1
  const trustFactor = inputs.ageDays < 90 ? weights.young_multiplier : 1
  const obscurityFactor = inputs.onLeaderboard ? 1 : weights.obscurity_multiplier
  const laneRoi = inputs.lane?.roiPercent ?? 0
  const laneFactor = laneRoi > 0 && laneRoi >= inputs.roiPercent ? weights.lane_multiplier : 1
  const recencyFactor = 0.5 ** ((inputs.idleDays * dayMs) / Duration.toMillis(weights.half_life))
  const factors = hitRateFactor * trustFactor * obscurityFactor * laneFactor * recencyFactor
  return {
    wscore: clamp01(raw * factors),
    edge,
    consistency,
    marketSkill,
    timing,
    behaviour,
    raw,
    hitRateFactor,
    trustFactor,
    obscurityFactor,
    laneFactor,
    recencyFactor,
  }
}
