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
import { type MicroUsdc, ONE } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { ModeLimits } from "@evaluator/domain/paper/TradingMode"
import { SizingRule, type SizingTerms } from "@evaluator/domain/paper/Sizing"
import type { GateLimits } from "@evaluator/domain/paper/GateFacts"

export const paperSections = {
  paper: Schema.Struct({
    bankroll: UsdcLeaf,
    /** Each followed wallet's own, in the books of `solo` and `careless`. */
    solo_bankroll: UsdcLeaf,
    sizing: SizingRule,
    bankroll_age: DurationLeaf,
    buy_size: UsdcLeaf,
    least_buy: UsdcLeaf,
    /** USDC a share may cost more (or bring less) than the leader's. */
    slippage: NumberLeaf(0, 1),
    delay: DurationLeaf,
    taker_delay: DurationLeaf,
    book_age: DurationLeaf,
    /** Tokens whose books are followed; 0 fetches every book. */
    books_followed: IntLeaf(0, 500),
    facts_age: DurationLeaf,
    /** Copies that wait for looks at later books; 0 looks at none. */
    later_looks: IntLeaf(0, 10_000),
    /** How long what we took out of a book stays out of the books we meet later. */
    own_impact: DurationLeaf,
    book_timeout: DurationLeaf,
    max_detection_lag: DurationLeaf,
    max_positions: IntLeaf(1, 100_000),
    portfolio_exposure: FractionLeaf,
    wallet_exposure: FractionLeaf,
    /** As `wallet_exposure`, of the wallet's own bankroll. */
    solo_exposure: FractionLeaf,
    market_exposure: FractionLeaf,
    theme_exposure: FractionLeaf,
    portfolio_daily_loss: FractionLeaf,
    portfolio_weekly_loss: FractionLeaf,
    wallet_daily_loss: FractionLeaf,
    wallet_weekly_loss: FractionLeaf,
    drawdown_reduce: FractionLeaf,
    drawdown_halt: FractionLeaf,
    drawdown_resume: FractionLeaf,
    slots: IntLeaf(1, 256),
    orders_in_flight: IntLeaf(1, 100_000),
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
    late_rows: DurationLeaf,
    stale_after: DurationLeaf,
    polls_in_flight: IntLeaf(1, 64),
    page_rows: IntLeaf(1, 1000),
    pages_per_poll: IntLeaf(1, 100),
    max_quarantined: IntLeaf(1, 1_000_000),
    keep_quarantined: DurationLeaf,
  }),
} as const

export const PaperSettingsSchema = Schema.Struct(paperSections)
export type PaperSettingsShape = typeof PaperSettingsSchema.Type

export class PaperSettings extends Context.Service<PaperSettings, PaperSettingsShape>()(
  "paper/PaperSettings",
) {}

/** What the books of a strategy begin with. */
export const bankrollOf = ({ paper }: PaperSettingsShape, strategy: Strategy): MicroUsdc =>
  strategy === "portfolio" ? paper.bankroll : paper.solo_bankroll

/** The settings as the gates of a strategy want them. */
export const gateLimits = (settings: PaperSettingsShape, strategy: Strategy): GateLimits => {
  const { paper, watch } = settings
  return {
    bankroll: bankrollOf(settings, strategy),
    leastBuy: paper.least_buy,
    maxDetectionLagMs: Duration.toMillis(paper.max_detection_lag),
    maxFeedGapMs: Duration.toMillis(watch.stale_after),
    maxPositions: paper.max_positions,
    portfolioExposure: paper.portfolio_exposure,
    walletExposure: strategy === "portfolio" ? paper.wallet_exposure : paper.solo_exposure,
    marketExposure: paper.market_exposure,
    themeExposure: paper.theme_exposure,
    portfolioDailyLoss: paper.portfolio_daily_loss,
    portfolioWeeklyLoss: paper.portfolio_weekly_loss,
    walletDailyLoss: paper.wallet_daily_loss,
    walletWeeklyLoss: paper.wallet_weekly_loss,
  }
}

/** What sizes the purchases of a strategy. */
export const sizingTerms = (settings: PaperSettingsShape, strategy: Strategy): SizingTerms => ({
  rule: settings.paper.sizing,
  bankroll: bankrollOf(settings, strategy),
  buySize: settings.paper.buy_size,
  leastBuy: settings.paper.least_buy,
})

/** The drawdowns at which a book stops buying, stops altogether, and buys again. */
export const modeLimits = ({ paper }: PaperSettingsShape): ModeLimits => ({
  resume: paper.drawdown_resume,
  reduce: paper.drawdown_reduce,
  halt: paper.drawdown_halt,
})

/** The slippage budget in millionths of a USDC per share. */
export const slippageMicro = ({ paper }: PaperSettingsShape): number =>
  Math.round(paper.slippage * ONE)
