/** The fast lane's settings in tests. */
import { Schema } from "effect"
import { PaperSettingsSchema } from "@evaluator/paper/PaperSettings"

const decodeSettings = Schema.decodeUnknownSync(PaperSettingsSchema)

const defaults = {
  paper: {
    bankroll: 1000,
    solo_bankroll: 1000,
    sizing: "flat",
    bankroll_age: "15m",
    buy_size: 25,
    least_buy: 1,
    slippage: 0.02,
    delay: "100ms",
    taker_delay: "150ms",
    book_age: "5s",
    books_followed: 10,
    facts_age: "30d",
    later_looks: 0,
    own_impact: "5m",
    book_timeout: "3s",
    max_detection_lag: "60s",
    max_positions: 20,
    portfolio_exposure: 0.15,
    wallet_exposure: 0.05,
    solo_exposure: 0.5,
    market_exposure: 0.05,
    theme_exposure: 0.05,
    portfolio_daily_loss: 0.03,
    portfolio_weekly_loss: 0.08,
    wallet_daily_loss: 0.02,
    wallet_weekly_loss: 0.05,
    drawdown_reduce: 0.1,
    drawdown_halt: 0.15,
    drawdown_resume: 0.05,
    slots: 8,
    orders_in_flight: 512,
    waiting: 8192,
    deadline: "2s",
    resume_within: "60s",
    sweep_every: "10m",
  },
  watch: {
    poll_often: "5s",
    poll_seldom: "60s",
    hint_silence: "1h",
    visibility_lag: "5s",
    late_rows: "10s",
    stale_after: "1d",
    polls_in_flight: 4,
    page_rows: 500,
    pages_per_poll: 10,
    max_quarantined: 1000,
    keep_quarantined: "30d",
  },
}

export interface Overrides {
  readonly paper?: Partial<Record<keyof typeof defaults.paper, string | number>>
  readonly watch?: Partial<Record<keyof typeof defaults.watch, string | number>>
}

export const settings = (overrides: Overrides = {}) =>
  decodeSettings({
    paper: { ...defaults.paper, ...overrides.paper },
    watch: { ...defaults.watch, ...overrides.watch },
  })
