/**
 * Settings that are each in range and make no sense together: with them a stage would never let
 * anything through, or money could never be spent. The start refuses them.
 */
import { Duration } from "effect"
import { ONE } from "@evaluator/domain/money/Micro"
import type { SettingsShape } from "./Settings.ts"

export interface Contradiction {
  readonly path: string
  /** What would agree with the other settings. */
  readonly allowed: string
}

type Check = (settings: SettingsShape) => ReadonlyArray<Contradiction | null>

const unless = (holds: boolean, path: string, allowed: string): Contradiction | null =>
  holds ? null : { path, allowed }

const notLonger = (
  shorter: Duration.Duration,
  longer: Duration.Duration,
  path: string,
  other: string,
) =>
  unless(
    Duration.toMillis(shorter) <= Duration.toMillis(longer),
    path,
    `not longer than ${other} (${Duration.format(longer)})`,
  )

const running: Check = ({ data, jobs, venue, shutdown }) => [
  unless(data.dir.trim() !== "", "data.dir", "the path of a directory"),
  ...(["gamma_url", "data_url", "clob_url"] as const).map((key) =>
    unless(
      /^https?:\/\/[^/]/.test(venue[key]),
      `venue.${key}`,
      "a URL that starts with https:// or http://",
    ),
  ),
  unless(
    venue.stream_url === "" || /^wss?:\/\/[^/]/.test(venue.stream_url),
    "venue.stream_url",
    'a URL that starts with wss:// or ws://, or "" for no stream',
  ),
  unless(
    venue.books_url === "" || /^wss?:\/\/[^/]/.test(venue.books_url),
    "venue.books_url",
    'a URL that starts with wss:// or ws://, or "" to fetch every book',
  ),
  unless(
    Duration.toMillis(shutdown.deadline) >= 1000,
    "shutdown.deadline",
    "1s or more: a drain that is cut off at once is a kill",
  ),
  unless(
    Duration.toMillis(jobs.fast_lane_gone) >= 10_000,
    "jobs.fast_lane_gone",
    "10s or more: a thread may be blocked for a moment",
  ),
]

const finding: Check = ({ scoring, ingestion, resolution, venue, watch }) => [
  notLonger(
    venue.row_lag,
    ingestion.visibility_lag,
    "venue.row_lag",
    "ingestion.visibility_lag, after which rows count as complete",
  ),
  notLonger(
    venue.row_lag,
    watch.visibility_lag,
    "venue.row_lag",
    "watch.visibility_lag, after which rows count as complete",
  ),
  notLonger(
    ingestion.visibility_lag,
    ingestion.late_rows,
    "ingestion.visibility_lag",
    "ingestion.late_rows, by which looks overlap",
  ),
  notLonger(
    watch.visibility_lag,
    watch.late_rows,
    "watch.visibility_lag",
    "watch.late_rows, by which polls overlap",
  ),
  unless(
    scoring.min_days_to_expiry < scoring.max_days_to_expiry,
    "scoring.min_days_to_expiry",
    `less than scoring.max_days_to_expiry (${scoring.max_days_to_expiry})`,
  ),
  unless(
    scoring.top_events <= scoring.candidates,
    "scoring.top_events",
    `at most scoring.candidates (${scoring.candidates}): an event is chosen among scored markets`,
  ),
  notLonger(
    ingestion.worst_delay,
    ingestion.active_every,
    "ingestion.worst_delay",
    "ingestion.active_every, or a feed is due again before its turn",
  ),
  notLonger(
    ingestion.active_every,
    ingestion.quiet_every,
    "ingestion.active_every",
    "ingestion.quiet_every",
  ),
  notLonger(
    resolution.check_at_least_every,
    resolution.check_at_most_every,
    "resolution.check_at_least_every",
    "resolution.check_at_most_every",
  ),
]

const judging: Check = ({ personas, wallet_scoring: weights, rules, judgement }) => {
  const accumulatorFills = (personas.accumulator_max_trades_per_week * 30) / 7
  const evidenceDays = Duration.toMillis(rules.evidence_window) / 86_400_000
  const accumulatorEvidence = (personas.accumulator_max_trades_per_week * evidenceDays) / 7
  const weightSum =
    weights.edge_weight +
    weights.consistency_weight +
    weights.market_skill_weight +
    weights.timing_weight +
    weights.behaviour_weight
  return [
    unless(
      personas.generalist_min_win_rate < personas.generalist_max_win_rate,
      "personas.generalist_min_win_rate",
      `less than personas.generalist_max_win_rate (${personas.generalist_max_win_rate}), or no wallet is a generalist`,
    ),
    unless(
      rules.min_trades_30d <= accumulatorFills,
      "rules.min_trades_30d",
      `at most ${Math.floor(accumulatorFills)}: a patient accumulator makes ${personas.accumulator_max_trades_per_week} fills a week at most and would never be paper traded`,
    ),
    unless(
      rules.min_settled_copies <= accumulatorEvidence,
      "rules.min_settled_copies",
      `at most ${Math.floor(accumulatorEvidence)}: a patient accumulator makes ${personas.accumulator_max_trades_per_week} fills a week at most, and no more can settle within rules.evidence_window (${Duration.format(rules.evidence_window)})`,
    ),
    unless(
      rules.min_median_hold_minutes <= personas.accumulator_min_hold_hours * 60,
      "rules.min_median_hold_minutes",
      `at most ${personas.accumulator_min_hold_hours * 60}: personas.accumulator_min_hold_hours (${personas.accumulator_min_hold_hours}) calls shorter ones patient`,
    ),
    unless(
      personas.generalist_min_markets <= 6 * rules.max_markets_30d,
      "personas.generalist_min_markets",
      `at most ${6 * rules.max_markets_30d} in 180 days, because rules.max_markets_30d (${rules.max_markets_30d}) lets no more through`,
    ),
    unless(
      !rules.breakers || rules.max_theme_concentration >= personas.specialist_min_concentration,
      "rules.max_theme_concentration",
      `at least personas.specialist_min_concentration (${personas.specialist_min_concentration}), or a specialist is stopped for being one`,
    ),
    unless(
      personas.min_trades <= judgement.max_history,
      "judgement.max_history",
      `at least personas.min_trades (${personas.min_trades})`,
    ),
    unless(weightSum > 0, "wallet_scoring.edge_weight", "at least one of the five weights above 0"),
    unless(
      Duration.toMillis(weights.half_life) > 0,
      "wallet_scoring.half_life",
      "longer than nothing, or no score is left of any wallet",
    ),
  ]
}

const copying: Check = ({ paper, watch }) => [
  unless(
    paper.least_buy <= paper.buy_size,
    "paper.least_buy",
    "at most paper.buy_size, or every purchase is skipped",
  ),
  unless(
    paper.buy_size <= paper.bankroll,
    "paper.buy_size",
    "at most paper.bankroll: there is no credit",
  ),
  unless(
    paper.buy_size <= paper.solo_bankroll,
    "paper.solo_bankroll",
    "at least paper.buy_size: there is no credit",
  ),
  unless(
    paper.drawdown_resume < paper.drawdown_reduce && paper.drawdown_reduce < paper.drawdown_halt,
    "paper.drawdown_reduce",
    "between paper.drawdown_resume and paper.drawdown_halt, or a book would change its mode for ever",
  ),
  ...(["portfolio_exposure", "wallet_exposure", "market_exposure", "theme_exposure"] as const).map(
    (key) =>
      unless(
        (paper.bankroll * paper[key]) / ONE >= paper.least_buy,
        `paper.${key}`,
        "enough of the bankroll for one paper.least_buy, or nothing is ever bought",
      ),
  ),
  ...(["portfolio", "wallet"] as const).map((level) =>
    unless(
      paper[`${level}_daily_loss`] <= paper[`${level}_weekly_loss`],
      `paper.${level}_daily_loss`,
      `at most paper.${level}_weekly_loss, which would act first`,
    ),
  ),
  notLonger(paper.deadline, paper.max_detection_lag, "paper.deadline", "paper.max_detection_lag"),
  notLonger(watch.poll_often, watch.poll_seldom, "watch.poll_often", "watch.poll_seldom"),
  unless(
    Duration.toMillis(watch.stale_after) >
      Duration.toMillis(watch.poll_seldom) + Duration.toMillis(watch.visibility_lag),
    "watch.stale_after",
    "longer than watch.poll_seldom and watch.visibility_lag together, or a quiet feed is always stale",
  ),
]

const checks: ReadonlyArray<Check> = [running, finding, judging, copying]

export const contradictions = (settings: SettingsShape): ReadonlyArray<Contradiction> =>
  checks.flatMap((check) => check(settings)).filter((found) => found !== null)
