/**
 * The settings of the background lane, section by section as they stand in `config/service.toml`.
 *
 * Every key must be given there; what each one means and why it has its default is written beside
 * it. Ratios are 0 … 1, durations are text (`"10m"`), money is USDC.
 */
import { Context, Schema, SchemaTransformation } from "effect"
import {
  BooleanLeaf,
  DurationLeaf,
  IntLeaf,
  NumberLeaf,
  TextLeaf,
  UsdcLeaf,
} from "@evaluator/domain/settings/Leaf"

/** Words separated by commas; an empty text is an empty list. */
const ListLeaf = TextLeaf.pipe(
  Schema.decodeTo(
    Schema.Array(Schema.String),
    SchemaTransformation.transform({
      decode: (text: string) =>
        text
          .split(",")
          .map((word) => word.trim())
          .filter((word) => word !== "") as ReadonlyArray<string>,
      encode: (words: ReadonlyArray<string>) => words.join(", "),
    }),
  ),
)

const Ratio = NumberLeaf(0, 1)
const Count = IntLeaf(0, 1_000_000)

const Scoring = Schema.Struct({
  every: DurationLeaf,
  max_pages: IntLeaf(1, 10_000),
  min_liquidity: UsdcLeaf,
  min_volume_24h: UsdcLeaf,
  min_days_to_expiry: NumberLeaf(0, 3650),
  max_days_to_expiry: NumberLeaf(0, 3650),
  candidates: IntLeaf(1, 2000),
  top_events: IntLeaf(1, 500),
  keep_runs: IntLeaf(1, 1000),
})

const Discovery = Schema.Struct({
  every: DurationLeaf,
  holders_per_market: IntLeaf(1, 1000),
  tape_pages: IntLeaf(1, 15),
  min_tape_trades: IntLeaf(1, 10_000),
  leaderboard: BooleanLeaf,
  leaderboard_every: DurationLeaf,
  leaderboard_categories: ListLeaf,
  leaderboard_rows: IntLeaf(1, 1000),
  winners: BooleanLeaf,
  winners_rows: IntLeaf(1, 1000),
  max_wallets: IntLeaf(1, 1_000_000),
})

const Ingestion = Schema.Struct({
  feeds: Schema.Literals(["activity", "both"]),
  workers: IntLeaf(1, 16),
  queue_capacity: IntLeaf(1, 100_000),
  release_per_second: IntLeaf(1, 10_000),
  pages_per_turn: IntLeaf(1, 1000),
  worst_delay: DurationLeaf,
  visibility_lag: DurationLeaf,
  late_rows: DurationLeaf,
  active_every: DurationLeaf,
  followed_at_least_every: DurationLeaf,
  quiet_every: DurationLeaf,
  max_quarantined: IntLeaf(1, 10_000_000),
})

const Markets = Schema.Struct({
  every: DurationLeaf,
  refresh: DurationLeaf,
})

const Resolution = Schema.Struct({
  every: DurationLeaf,
  check_at_least_every: DurationLeaf,
  check_at_most_every: DurationLeaf,
  correctable_for: DurationLeaf,
  disputed_at_most: DurationLeaf,
  overrule_doubts_after: DurationLeaf,
})

const Judgement = Schema.Struct({
  every: DurationLeaf,
  rejudge_after: DurationLeaf,
  wait_for_resolutions: DurationLeaf,
  max_history: IntLeaf(1000, 10_000_000),
})

const Personas = Schema.Struct({
  known_bots: ListLeaf,
  min_age_days: Count,
  min_trades: Count,
  max_idle_days: Count,
  min_lifetime_roi: NumberLeaf(-1, 100),
  recent_loss_window_days: Schema.Literal(30),
  sniper_max_age_days: Count,
  sniper_min_win_rate: Ratio,
  sniper_max_trades: Count,
  noise_min_trades_per_week: NumberLeaf(0, 1_000_000),
  noise_max_abs_roi: Ratio,
  news_min_burstiness: Ratio,
  provider_min_balance: Ratio,
  provider_min_known: Count,
  provider_min_spread_edge: Ratio,
  swarm_min_trades_per_day: NumberLeaf(0, 1_000_000),
  swarm_max_trade: UsdcLeaf,
  tail_min_win_rate: Ratio,
  tail_min_loss_ratio: NumberLeaf(0, 1_000_000),
  jackpot_min_profit_share: Ratio,
  jackpot_max_win_rate: Ratio,
  jackpot_min_closed: Count,
  specialist_max_positions: Count,
  specialist_min_concentration: Ratio,
  specialist_min_win_rate: Ratio,
  generalist_min_markets: Count,
  generalist_min_win_rate: Ratio,
  generalist_max_win_rate: Ratio,
  generalist_max_drawdown: Ratio,
  generalist_min_sharpe: NumberLeaf(-100, 100),
  accumulator_min_hold_hours: NumberLeaf(0, 1_000_000),
  accumulator_max_trades_per_week: NumberLeaf(0, 1_000_000),
  accumulator_min_roi: NumberLeaf(-1, 100),
  min_roi: NumberLeaf(-1, 100),
  topic_lane_min_ratio: Ratio,
  bonder_min_ratio: Ratio,
  whale_min_trade: UsdcLeaf,
})

const WalletScoring = Schema.Struct({
  every: DurationLeaf,
  min_trades: Count,
  edge_weight: Ratio,
  consistency_weight: Ratio,
  market_skill_weight: Ratio,
  timing_weight: Ratio,
  behaviour_weight: Ratio,
  young_multiplier: NumberLeaf(0, 2),
  obscurity_multiplier: NumberLeaf(0, 2),
  lane_multiplier: NumberLeaf(0, 2),
  half_life: DurationLeaf,
  leaderboard_memory: DurationLeaf,
  drift_fills: IntLeaf(0, 1000),
})

const Rules = Schema.Struct({
  every: DurationLeaf,
  min_trades_30d: Count,
  max_trades_per_day: NumberLeaf(0, 1_000_000),
  max_markets_30d: Count,
  min_median_hold_minutes: NumberLeaf(0, 1_000_000),
  max_size_cv: NumberLeaf(0, 1000),
  max_burstiness: Ratio,
  evidence_window: DurationLeaf,
  evidence_bankroll: UsdcLeaf,
  min_settled_copies: Count,
  min_profit_per_copy: NumberLeaf(-1_000_000, 1_000_000),
  max_copy_drawdown: Ratio,
  approval: Schema.Literals(["copies", "person"]),
  breakers: BooleanLeaf,
  max_idle_days: Count,
  max_live_drawdown: Ratio,
  max_style_drift: Ratio,
  max_theme_concentration: Ratio,
  max_win_rate_fall: Ratio,
  max_week_drawdown: Ratio,
  max_pace_ratio: NumberLeaf(1, 1000),
  max_size_ratio: NumberLeaf(1, 100_000),
  cool_down: DurationLeaf,
})

const Verdicts = Schema.Struct({
  weigh_every: DurationLeaf,
  every: DurationLeaf,
  at_least_every: DurationLeaf,
  max_fdr: NumberLeaf(0.001, 0.5),
  horizon: DurationLeaf,
  remembered_rows: IntLeaf(0, 100_000_000),
})

const FollowList = Schema.Struct({
  every: DurationLeaf,
  max_wallets: IntLeaf(0, 100_000),
  unfollow_notice: DurationLeaf,
})

const Snapshots = Schema.Struct({
  every: DurationLeaf,
  max_pages: IntLeaf(1, 1000),
})

const Retention = Schema.Struct({
  every: DurationLeaf,
  events: DurationLeaf,
  max_events: IntLeaf(1, 1_000_000_000),
  job_runs: DurationLeaf,
  max_job_runs: IntLeaf(1, 1_000_000_000),
  dead_letters: DurationLeaf,
  quarantine: DurationLeaf,
  rule_transitions: DurationLeaf,
  boots: DurationLeaf,
  holders: DurationLeaf,
  unseen_markets: DurationLeaf,
})

export const EvaluationSettingsSchema = Schema.Struct({
  scoring: Scoring,
  discovery: Discovery,
  ingestion: Ingestion,
  markets: Markets,
  resolution: Resolution,
  judgement: Judgement,
  personas: Personas,
  wallet_scoring: WalletScoring,
  rules: Rules,
  verdicts: Verdicts,
  follow: FollowList,
  snapshots: Snapshots,
  retention: Retention,
})

export class EvaluationSettings extends Context.Service<
  EvaluationSettings,
  typeof EvaluationSettingsSchema.Type & {
    /** Of the section the whole process shares. */
    readonly data: { readonly max_bytes: number }
  }
>()("evaluation/EvaluationSettings") {}
