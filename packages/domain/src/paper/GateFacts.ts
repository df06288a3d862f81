/**
 * What the gates are asked about: limits from the settings, facts from the world and from the book
 * of paper money, and the verdicts that come out. Plain values, kept with each copy.
 */
import type { MicroShares, MicroUsdc, Price } from "../money/Micro.ts"
import type { Side } from "../trade/Trade.ts"
import type { CopyOutcome } from "./CopyOutcome.ts"

export interface GateLimits {
  readonly bankroll: MicroUsdc
  /** A purchase clamped below this is refused by the cap that clamped it. */
  readonly leastBuy: MicroUsdc
  readonly maxDetectionLagMs: number
  readonly maxFeedGapMs: number
  readonly maxPositions: number
  /** Parts per million of the bankroll. */
  readonly portfolioExposure: number
  readonly walletExposure: number
  readonly marketExposure: number
  readonly themeExposure: number
  readonly portfolioDailyLoss: number
  readonly portfolioWeeklyLoss: number
  readonly walletDailyLoss: number
  readonly walletWeeklyLoss: number
}

/** What can be known about a fill without asking the book of paper money. */
export interface ArrivalFacts {
  readonly side: Side
  readonly nowMs: number
  readonly leaderAtMs: number
  /** How long the wallet's fills have not been known without a gap. */
  readonly feedGapMs: number
  /** A later fill of the same wallet in the same token was decided already. */
  readonly overtaken: boolean
  readonly halted: boolean
  readonly market: "open" | "closed" | "unknown"
}

/** Money and shares as they stand when the gates are asked. */
export interface BookFacts {
  /** What a purchase should spend before the caps clamp it; 0 for a sale. */
  readonly wanted: MicroUsdc
  readonly cash: MicroUsdc
  /**
   * Cost of open positions and purchases on their way. Both outcomes of a market held are net: what
   * a pair of them pays for certain is no exposure.
   */
  readonly exposure: Readonly<Record<"portfolio" | "wallet" | "market" | "theme", number>>
  /** Outcome tokens held or on their way. */
  readonly positions: number
  /** What the book is below its peak, and the drawdown below which it may buy; parts per million. */
  readonly drawdown: number
  readonly buysBelow: number
  readonly tokenHeld: boolean
  /** Profit after fees of what was closed since UTC midnight, and since Monday. */
  readonly pnl: Readonly<
    Record<"portfolio" | "wallet", { readonly day: number; readonly week: number }>
  >
  /** Shares of this token bought by copying this wallet and not promised to a sale. */
  readonly heldShares: MicroShares
  /** The leader's sale and what we knew the leader to hold before it. */
  readonly leaderSold: MicroShares
  readonly leaderKnown: MicroShares
  /** Worst price we would accept, and the market's least order. */
  readonly limitPrice: Price
  readonly minimumSize: MicroShares
  /** The most fee a purchase of 1 USDC can cost, parts per million. */
  readonly feeRate: number
}

export type GateLevel = "trade" | "market" | "wallet" | "portfolio"

/** `value` is refused beyond `limit`; both in the gate's unit. */
export interface Verdict {
  readonly gate: string
  readonly level: GateLevel
  readonly unit: "flag" | "ms" | "usdc" | "shares" | "count" | "ppm"
  readonly value: number
  readonly limit: number
  readonly outcome: CopyOutcome
  readonly passed: boolean
}

export interface Review {
  readonly verdicts: ReadonlyArray<Verdict>
  readonly refused: Verdict | null
  /** USDC to spend; 0 for a sale. */
  readonly budget: MicroUsdc
  /** Shares to sell; 0 for a purchase. */
  readonly size: MicroShares
}
