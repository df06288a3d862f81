/**
 * The gates a leader's fill passes before paper money follows it: data, asked in this order, the
 * first that refuses decides the outcome.
 *
 * A cap does not only refuse: it clamps the order to the room that is left, and refuses when that
 * room is smaller than the least useful order. Which gates a strategy is held to is data too
 * ({@link gatesOf}): `portfolio` all, `solo` those of the trade, the market and the wallet,
 * `careless` as solo but for what only an order that takes time can run into.
 */
import { affordable, ONE, scale, usdc } from "../money/Micro.ts"
import type { Side } from "../trade/Trade.ts"
import type { CopyOutcome, Strategy } from "./CopyOutcome.ts"
import type { ArrivalFacts, BookFacts, GateLevel, GateLimits, Verdict } from "./GateFacts.ts"

/** `value` is refused beyond `limit`, both in the gate's unit. */
export interface Gate<Facts> {
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

/** The order as far as the gates before have clamped it. */
export interface Order {
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
  flag("halted", "trade", "SKIPPED_HALTED", (facts) => facts.halted),
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
  {
    name: "stale-feed",
    level: "wallet",
    unit: "ms",
    outcome: "SKIPPED_STALE_FEED",
    // What the leader did meanwhile is not known, so nothing is bought; a sale takes risk away.
    side: "BUY",
    rule: "at most",
    value: (facts) => facts.feedGapMs,
    limit: (_, limits) => limits.maxFeedGapMs,
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

const drawdown = (name: string, level: GateLevel, outcome: CopyOutcome): Gate<BookFacts> => ({
  name,
  level,
  unit: "ppm",
  outcome,
  side: "BUY",
  rule: "below",
  value: (facts) => facts.drawdown,
  limit: (facts) => facts.buysBelow,
})

const cash = (name: string, level: GateLevel, outcome: CopyOutcome): Gate<BookFacts> => ({
  name,
  level,
  unit: "usdc",
  outcome,
  side: "BUY",
  rule: "at most",
  // Cash caps what is still to be spent, so nothing of it is used up beforehand.
  value: () => 0,
  limit: (facts) => scale(facts.cash, ONE, ONE + facts.feeRate),
  clamps: true,
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
  drawdown("drawdown", "portfolio", "SKIPPED_PORTFOLIO_RISK"),
  drawdown("wallet-drawdown", "wallet", "SKIPPED_WALLET_RISK"),
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
  cash("cash", "portfolio", "SKIPPED_PORTFOLIO_RISK"),
  cash("wallet-cash", "wallet", "SKIPPED_WALLET_RISK"),
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

/** Of a book that is one wallet's alone: `portfolio` has the like for the whole. */
const ofWalletBook: ReadonlySet<string> = new Set(["wallet-cash", "wallet-drawdown"])

/** Gates that only an order that takes its time can run into. */
const ofLatency: ReadonlySet<string> = new Set(["detection-lag", "stale-feed"])

const heldTo = (strategy: Strategy, { name, level }: { name: string; level: GateLevel }): boolean =>
  strategy === "portfolio"
    ? !ofWalletBook.has(name)
    : level !== "portfolio" && (strategy === "solo" || !ofLatency.has(name))

const setOf = (strategy: Strategy) => ({
  arrival: arrivalGates.filter((gate) => heldTo(strategy, gate)),
  book: bookGates.filter((gate) => heldTo(strategy, gate)),
})

/** The gates each strategy is held to, in the order they are asked. */
export const gatesOf: Readonly<Record<Strategy, ReturnType<typeof setOf>>> = {
  portfolio: setOf("portfolio"),
  solo: setOf("solo"),
  careless: setOf("careless"),
}

/** What a kept verdict means, by the gate's name. */
export const gatesByName: ReadonlyMap<
  string,
  Pick<Verdict, "level" | "unit" | "outcome">
> = new Map([...arrivalGates, ...bookGates].map((gate) => [gate.name, gate]))
