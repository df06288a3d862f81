/**
 * Settings for tests: the reference's thresholds, short periods.
 */
import { Layer, Schema } from "effect"
import {
  EvaluationSettings,
  EvaluationSettingsSchema,
} from "@evaluator/evaluation/EvaluationSettings"
import { personaThresholds } from "@evaluator/testkit/PersonaThresholds"

export const encodedDefaults: typeof EvaluationSettingsSchema.Encoded = {
  scoring: {
    every: "1h",
    max_pages: 500,
    min_liquidity: 1000,
    min_volume_24h: 5000,
    min_days_to_expiry: 1,
    max_days_to_expiry: 90,
    candidates: 150,
    top_events: 50,
    keep_runs: 2,
  },
  discovery: {
    every: "10m",
    holders_per_market: 20,
    tape_pages: 5,
    min_tape_trades: 5,
    leaderboard: true,
    leaderboard_every: "12h",
    leaderboard_categories: "overall",
    leaderboard_rows: 200,
    winners: false,
    winners_rows: 200,
    max_wallets: 20000,
  },
  ingestion: {
    feeds: "activity",
    workers: 4,
    release_per_second: 20,
    queue_capacity: 256,
    pages_per_turn: 10,
    worst_delay: "1m",
    visibility_lag: "30s",
    late_rows: "15m",
    active_every: "1m",
    followed_at_least_every: "1m",
    quiet_every: "1d",
    max_quarantined: 100000,
  },
  markets: { every: "1m", refresh: "5m" },
  resolution: {
    every: "1m",
    check_at_least_every: "2m",
    check_at_most_every: "6h",
    correctable_for: "7d",
    disputed_at_most: "30d",
    overrule_doubts_after: "7d",
  },
  judgement: {
    every: "5m",
    rejudge_after: "1d",
    wait_for_resolutions: "10m",
    max_history: 300000,
  },
  // As settings have them: names in one text, money in USDC.
  personas: {
    ...personaThresholds,
    known_bots: "",
    recent_loss_window_days: 30,
    swarm_max_trade: 5,
    whale_min_trade: 100,
  },
  wallet_scoring: {
    every: "30m",
    min_trades: 10,
    edge_weight: 0.3,
    consistency_weight: 0.25,
    market_skill_weight: 0.2,
    timing_weight: 0.15,
    behaviour_weight: 0.1,
    young_multiplier: 0.8,
    obscurity_multiplier: 1.2,
    lane_multiplier: 1.1,
    half_life: "30d",
    leaderboard_memory: "30d",
    drift_fills: 100,
  },
  rules: {
    every: "5m",
    min_trades_30d: 20,
    max_trades_per_day: 120,
    max_markets_30d: 60,
    min_median_hold_minutes: 180,
    max_size_cv: 0.75,
    max_burstiness: 0.7,
    evidence_window: "14d",
    evidence_bankroll: 1000,
    min_settled_copies: 30,
    min_profit_per_copy: 0,
    max_copy_drawdown: 0.08,
    approval: "copies",
    breakers: true,
    max_idle_days: 10,
    max_live_drawdown: 0.12,
    max_style_drift: 0.65,
    max_theme_concentration: 0.9,
    max_win_rate_fall: 0.15,
    max_week_drawdown: 0.2,
    max_pace_ratio: 3,
    max_size_ratio: 10,
    cool_down: "7d",
  },
  verdicts: {
    weigh_every: "1h",
    every: "1d",
    at_least_every: "6h",
    max_fdr: 0.1,
    horizon: "30d",
    remembered_rows: 2_000_000,
  },
  follow: { every: "1m", max_wallets: 100, unfollow_notice: "10s" },
  snapshots: { every: "5m", max_pages: 3 },
  retention: {
    every: "1h",
    events: "30d",
    max_events: 1_000_000,
    job_runs: "14d",
    max_job_runs: 100_000,
    dead_letters: "90d",
    quarantine: "30d",
    rule_transitions: "365d",
    boots: "365d",
    holders: "30d",
    unseen_markets: "30d",
  },
}

type Encoded = typeof encodedDefaults
type Overrides = { readonly [K in keyof Encoded]?: Partial<Encoded[K]> } & {
  readonly data?: { readonly max_bytes: number }
}

export const settings = (overrides: Overrides = {}) => {
  const merged = Object.fromEntries(
    Object.entries(encodedDefaults).map(([section, values]) => [
      section,
      { ...values, ...overrides[section as keyof Encoded] },
    ]),
  )
  const data = overrides.data ?? { max_bytes: 1_000_000_000 }
  return { ...Schema.decodeUnknownSync(EvaluationSettingsSchema)(merged), data }
}

export const settingsLayer = (overrides: Overrides = {}) =>
  Layer.succeed(EvaluationSettings, settings(overrides))
