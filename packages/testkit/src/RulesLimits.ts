/**
 * Thresholds of the rules as tests take them: the reference's, with a cool-down of a week.
 */
import type { RulesThresholds } from "@evaluator/domain/wallet/RuleGates"

export const rulesLimits: RulesThresholds = {
  min_trades_30d: 50,
  max_trades_per_day: 120,
  max_markets_30d: 60,
  min_median_hold_minutes: 180,
  max_size_cv: 0.75,
  max_burstiness: 0.7,
  min_settled_copies: 30,
  min_profit_per_copy: 0,
  max_copy_drawdown: 0.08,
  breakers: true,
  max_idle_days: 10,
  max_live_drawdown: 0.12,
  max_style_drift: 0.65,
  max_theme_concentration: 0.55,
  max_win_rate_fall: 0.15,
  max_week_drawdown: 0.2,
  max_pace_ratio: 3,
  max_size_ratio: 10,
  approval: "copies",
  cool_down_ms: 7 * 86_400_000,
}
