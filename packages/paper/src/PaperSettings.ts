/**
 * What an operator may turn in the fast lane: the `[paper]` section for decisions about money, the
 * `[watch]` section for how fills are noticed.
 */
import { Context, Duration, Schema } from "effect"
import {
  DurationLeaf,
  FractionLeaf,
  IntLeaf,
  NumberLeaf,
  UsdcLeaf,
} from "@evaluator/domain/settings/Leaf"
import { ONE } from "@evaluator/domain/money/Micro"
import type { GateLimits } from "@evaluator/domain/paper/Gates"

export const paperSections = {
  paper: Schema.Struct({
    bankroll: UsdcLeaf,
    buy_size: UsdcLeaf,
    least_buy: UsdcLeaf,
    /** USDC a share may cost more (or bring less) than the leader's. */
    slippage: NumberLeaf(0, 1),
    delay: DurationLeaf,
    book_timeout: DurationLeaf,
    max_detection_lag: DurationLeaf,
    max_positions: IntLeaf(1, 100_000),
    portfolio_exposure: FractionLeaf,
    wallet_exposure: FractionLeaf,
    market_exposure: FractionLeaf,
    theme_exposure: FractionLeaf,
    portfolio_daily_loss: FractionLeaf,
    portfolio_weekly_loss: FractionLeaf,
    wallet_daily_loss: FractionLeaf,
    wallet_weekly_loss: FractionLeaf,
    slots: IntLeaf(1, 256),
    waiting: IntLeaf(1, 100_000),
    deadline: DurationLeaf,
    resume_within: DurationLeaf,
    sweep_every: DurationLeaf,
  }),
  watch: Schema.Struct({
    poll_often: DurationLeaf,
    poll_seldom: DurationLeaf,
    hint_silence: DurationLeaf,
    visibility_lag: DurationLeaf,
    polls_in_flight: IntLeaf(1, 64),
    page_rows: IntLeaf(1, 1000),
    pages_per_poll: IntLeaf(1, 100),
  }),
} as const

export const PaperSettingsSchema = Schema.Struct(paperSections)
export type PaperSettingsShape = typeof PaperSettingsSchema.Type

export class PaperSettings extends Context.Service<PaperSettings, PaperSettingsShape>()(
  "paper/PaperSettings",
) {}

/** The settings as the gates want them. */
export const gateLimits = ({ paper }: PaperSettingsShape): GateLimits => ({
  bankroll: paper.bankroll,
  buySize: paper.buy_size,
  leastBuy: paper.least_buy,
  maxDetectionLagMs: Duration.toMillis(paper.max_detection_lag),
  maxPositions: paper.max_positions,
  portfolioExposure: paper.portfolio_exposure,
  walletExposure: paper.wallet_exposure,
  marketExposure: paper.market_exposure,
  themeExposure: paper.theme_exposure,
  portfolioDailyLoss: paper.portfolio_daily_loss,
  portfolioWeeklyLoss: paper.portfolio_weekly_loss,
  walletDailyLoss: paper.wallet_daily_loss,
  walletWeeklyLoss: paper.wallet_weekly_loss,
})

/** The slippage budget in millionths of a USDC per share. */
export const slippageMicro = ({ paper }: PaperSettingsShape): number =>
  Math.round(paper.slippage * ONE)
