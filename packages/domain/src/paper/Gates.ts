/**
 * The gates a leader's fill passes before paper money follows it: data, asked in this order, the
 * first that refuses decides the outcome.
 *
 * A cap does not only refuse: it clamps the order to the room that is left, and refuses when that
 * room is smaller than the least useful order. The same gates judge live, in replay and in
 * simulation; every verdict is kept with the copy.
 */
import { toGrain } from "../market/BookWalk.ts"
import {
  affordable,
  type MicroShares,
  type MicroUsdc,
  ONE,
  type Price,
  scale,
  shares,
  usdc,
} from "../money/Micro.ts"
import type { Side } from "../trade/Trade.ts"
import type { CopyOutcome } from "./CopyOutcome.ts"

export interface GateLimits {
  readonly bankroll: MicroUsdc
  /** The size of a purchase before clamping. */
  readonly buySize: MicroUsdc
  /** A purchase clamped below this is refused by the cap that clamped it. */
  readonly leastBuy: MicroUsdc
  readonly maxDetectionLagMs: number
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
  /** A later fill of the same wallet in the same token was decided already. */
  readonly overtaken: boolean
  readonly halted: boolean
  readonly market: "open" | "closed" | "unknown"
}

/** Money and shares as they stand when the gates are asked. */
export interface BookFacts {
  readonly cash: MicroUsdc
  /** Cost of open positions and purchases on their way. */
  readonly exposure: Readonly<Record<"portfolio" | "wallet" | "market" | "theme", number>>
  /** Outcome tokens held or on their way. */
  readonly positions: number
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
  readonly unit: "flag" | "ms" | "usdc" | "shares" | "count"
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

interface Gate<Facts> {
  readonly name: string
  readonly level: GateLevel
  readonly unit: Verdict["unit"]
  readonly outcome: CopyOutcome
  readonly side: Side | "both"
  /** A flag or a ceiling that the value may reach (`at most`), or must stay below (`below`). */
  readonly rule: "at most" | "below" | "at least"
  readonly value: (facts: Facts, order: Order) => number
  readonly limit: (facts: Facts, limits: GateLimits) => number
  /** A cap: the order is clamped to what is left below the limit. */
  readonly clamps?: boolean
}

interface Order {
  readonly budget: number
  readonly size: number
}

const ofBankroll = (share: keyof GateLimits) => (_: unknown, limits: GateLimits) =>
  scale(limits.bankroll, limits[share], ONE)

const flag = (
  name: string,
  level: GateLevel,
  outcome: CopyOutcome,
  raised: (facts: ArrivalFacts) => boolean,
): Gate<ArrivalFacts> => ({
  name,
  level,
  unit: "flag",
  outcome,
  side: "both",
  rule: "at most",
  value: (facts) => (raised(facts) ? 1 : 0),
  limit: () => 0,
})

/** Asked first; they need nothing from the book. */
export const arrivalGates: ReadonlyArray<Gate<ArrivalFacts>> = [
  flag("halted", "portfolio", "SKIPPED_HALTED", (facts) => facts.halted),
  {
    name: "detection-lag",
    level: "trade",
    unit: "ms",
    outcome: "SKIPPED_DETECTION_LAG",
    side: "both",
    rule: "at most",
    value: (facts) => facts.nowMs - facts.leaderAtMs,
    limit: (_, limits) => limits.maxDetectionLagMs,
  },
  flag("overtaken", "trade", "SKIPPED_DETECTION_LAG", (facts) => facts.overtaken),
  flag("market-unknown", "market", "SKIPPED_MARKET_UNKNOWN", (f) => f.market === "unknown"),
  flag("market-closed", "market", "SKIPPED_MARKET_CLOSED", (f) => f.market === "closed"),
]

const exposure = (
  of: keyof BookFacts["exposure"],
  level: GateLevel,
  outcome: CopyOutcome,
): Gate<BookFacts> => ({
  name: `${of}-exposure`,
  level,
  unit: "usdc",
  outcome,
  side: "BUY",
  rule: "at most",
  value: (facts) => facts.exposure[of],
  limit: ofBankroll(`${of}Exposure`),
  clamps: true,
})

const loss = (
  of: "portfolio" | "wallet",
  span: "day" | "week",
  outcome: CopyOutcome,
): Gate<BookFacts> => ({
  name: `${of}-${span === "day" ? "daily" : "weekly"}-loss`,
  level: of,
  unit: "usdc",
  outcome,
  side: "BUY",
  rule: "below",
  value: (facts) => -facts.pnl[of][span],
  limit: ofBankroll(`${of}${span === "day" ? "Daily" : "Weekly"}Loss`),
})

/** Asked of the book, portfolio before wallet before market. Only purchases are held back by risk. */
export const bookGates: ReadonlyArray<Gate<BookFacts>> = [
  {
    name: "nothing-to-sell",
    level: "trade",
    unit: "shares",
    outcome: "SKIPPED_NOTHING_TO_SELL",
    side: "SELL",
    rule: "at least",
    value: (facts) => facts.heldShares,
    limit: () => 1,
  },
  exposure("portfolio", "portfolio", "SKIPPED_PORTFOLIO_RISK"),
  loss("portfolio", "day", "SKIPPED_DAILY_LOSS"),
  loss("portfolio", "week", "SKIPPED_WEEKLY_LOSS"),
  {
    name: "concurrent-positions",
    level: "portfolio",
    unit: "count",
    outcome: "SKIPPED_PORTFOLIO_RISK",
    side: "BUY",
    rule: "at most",
    value: (facts) => facts.positions + (facts.tokenHeld ? 0 : 1),
    limit: (_, limits) => limits.maxPositions,
  },
  exposure("wallet", "wallet", "SKIPPED_WALLET_RISK"),
  loss("wallet", "day", "SKIPPED_DAILY_LOSS"),
  loss("wallet", "week", "SKIPPED_WEEKLY_LOSS"),
  exposure("market", "portfolio", "SKIPPED_PORTFOLIO_RISK"),
  exposure("theme", "portfolio", "SKIPPED_PORTFOLIO_RISK"),
  {
    name: "cash",
    level: "portfolio",
    unit: "usdc",
    outcome: "SKIPPED_PORTFOLIO_RISK",
    side: "BUY",
    rule: "at most",
    // Cash caps what is still to be spent, so nothing of it is used up beforehand.
    value: () => 0,
    limit: (facts) => scale(facts.cash, ONE, ONE + facts.feeRate),
    clamps: true,
  },
  {
    name: "below-minimum",
    level: "market",
    unit: "shares",
    outcome: "SKIPPED_BELOW_MINIMUM",
    side: "both",
    rule: "at least",
    value: (facts, order) =>
      order.size > 0 ? order.size : affordable(usdc(order.budget), facts.limitPrice),
    limit: (facts) => facts.minimumSize,
  },
]

/** What a kept verdict means, by the gate's name. */
export const gatesByName: ReadonlyMap<
  string,
  Pick<Verdict, "level" | "unit" | "outcome">
> = new Map([...arrivalGates, ...bookGates].map((gate) => [gate.name, gate]))

/** The part of our shares that follows the leader's sale: all of them when we know of no more. */
export const saleSize = (facts: {
  readonly heldShares: MicroShares
  readonly leaderSold: MicroShares
  readonly leaderKnown: MicroShares
}): MicroShares =>
  facts.leaderSold >= facts.leaderKnown
    ? facts.heldShares
    : toGrain(scale(facts.heldShares, facts.leaderSold, facts.leaderKnown))

export const reviewArrival = (facts: ArrivalFacts, limits: GateLimits): Review =>
  ask(arrivalGates, facts, facts.side, { budget: 0, size: 0 }, limits)

export const reviewBook = (side: Side, facts: BookFacts, limits: GateLimits): Review =>
  ask(
    bookGates,
    facts,
    side,
    side === "BUY" ? { budget: limits.buySize, size: 0 } : { budget: 0, size: saleSize(facts) },
    limits,
  )

const ask = <Facts>(
  gates: ReadonlyArray<Gate<Facts>>,
  facts: Facts,
  side: Side,
  wanted: Order,
  limits: GateLimits,
): Review => {
  const verdicts: Array<Verdict> = []
  let order = wanted
  for (const gate of gates) {
    if (gate.side !== "both" && gate.side !== side) continue
    const value = gate.value(facts, order)
    const limit = gate.limit(facts, limits)
    const room = limit - value
    const passed =
      gate.clamps === true
        ? room >= Math.min(limits.leastBuy, limits.buySize)
        : gate.rule === "at least"
          ? room <= 0
          : gate.rule === "below"
            ? room > 0
            : room >= 0
    const { name, level, unit, outcome } = gate
    verdicts.push({ gate: name, level, unit, value, limit, outcome, passed })
    if (!passed) {
      return { verdicts, refused: verdicts.at(-1)!, budget: usdc(0), size: shares(0) }
    }
    if (gate.clamps === true) order = { ...order, budget: Math.min(order.budget, room) }
  }
  return { verdicts, refused: null, budget: usdc(order.budget), size: shares(order.size) }
}

const dayMs = 86_400_000

/** The UTC day a time falls on, counted from 1970-01-01. */
export const utcDay = (ms: number): number => Math.floor(ms / dayMs)

/** The Monday of that day's week; 1970-01-01 was a Thursday. */
export const mondayOf = (day: number): number => day - ((((day + 3) % 7) + 7) % 7)
