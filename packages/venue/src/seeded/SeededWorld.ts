/**
 * A made-up Polymarket: a pure function of (parameters, time). Two worlds with the same parameters
 * tell the same story byte for byte, whatever they are asked and in which order, in whatever
 * process; history before the epoch never changes and time goes on after it without end.
 *
 * Limits: rows in memory by `keptRows` (about 17 bytes each, 21 once they were asked for by wallet and
 * by market), 3 kB a market, and while a market is open the state of its participants. Columns hold a
 * trade up to 500,000 shares.
 */
import { hexDigits, unit } from "../Chance.ts"
import type {
  Level,
  MarketState,
  Status,
  VenueBook,
  VenueMarket,
  VenueResolution,
  World,
} from "../World.ts"
import { worldParameters, type WorldChanges, type WorldParameters } from "../WorldParameters.ts"
import { Calendar, type SeededMarket } from "./Calendar.ts"
import { SECOND } from "./Durations.ts"
import { Equity } from "./Equity.ts"
import { groundTruth, type GroundTruth } from "./GroundTruth.ts"
import { beat, depth, tickAt, type Depth, type ThousandthLevel } from "./Quotes.ts"
import { RecentTakes } from "./RecentTakes.ts"
import { RowReader } from "./RowReader.ts"
import { Tallies } from "./Tallies.ts"
import { Tape } from "./Tape.ts"
import { makeTraders } from "./Traders.ts"

export interface SeededWorld extends World {
  readonly parameters: WorldParameters
  /** What its wallets truly are; nothing of it is served. */
  readonly truth: GroundTruth
}

/** Throws on parameters out of range; {@link loadWorldFile} says so in words for a file. */
export const make = (changes: WorldChanges): SeededWorld => {
  const given = worldParameters(changes)
  const parameters = { ...given, epochMs: Math.floor(given.epochMs / SECOND) * SECOND }
  const calendar = new Calendar(parameters)
  const traders = makeTraders(parameters)
  const tape = new Tape(parameters, calendar, traders)
  const tallies = new Tallies(tape)
  const takes = new RecentTakes(tape)
  const equity = new Equity(tape, calendar, traders)
  const reader = new RowReader(parameters.seed, tape, calendar, traders)

  const listed = (market: SeededMarket | undefined, nowMs: number): SeededMarket | undefined =>
    market !== undefined && market.listedMs <= nowMs ? market : undefined

  const marketOf = (condition: string, nowMs: number) => {
    calendar.reach(nowMs)
    return listed(calendar.byCondition.get(condition), nowMs)
  }

  const marketOfToken = (token: string, nowMs: number) => {
    calendar.reach(nowMs)
    return listed(calendar.byToken.get(token), nowMs)
  }

  const depthOf = (market: SeededMarket, nowMs: number): Depth =>
    depth(market, nowMs, parameters.depth, takes.of(market.index, nowMs))

  const state = (asked: VenueMarket, nowMs: number): MarketState => {
    const market = calendar.markets[asked.index]!
    const tally = tallies.of(market.index, nowMs)
    const shared = {
      status: statusOf(market, nowMs),
      tick: tickAt(market, Math.min(nowMs, market.closeMs - 1)) / 1000,
      volume: cents(tally.volume),
      volume24h: cents(tally.volume24h),
      lastTrade: tally.last,
    }
    return shared.status === "open"
      ? { ...shared, ...openState(depthOf(market, nowMs)) }
      : { ...shared, ...closedState(market, shared.status, shared.tick) }
  }

  const resolution = (condition: string, nowMs: number): VenueResolution | undefined => {
    const market = marketOf(condition, nowMs)
    return market === undefined ? undefined : resolutionOf(market, nowMs)
  }

  const book = (token: string, nowMs: number): VenueBook | null => {
    const market = marketOfToken(token, nowMs)
    if (market === undefined || statusOf(market, nowMs) !== "open") return null
    const slot = Math.floor(nowMs / beat)
    const { bids, asks } = depthOf(market, nowMs)
    const first = market.tokens[0] === token
    return {
      condition: market.condition,
      token,
      ...(market.newer === true ? { newer: true } : {}),
      tick: tickAt(market, slot * beat) / 1000,
      minimumSize: market.minimumSize,
      negRisk: market.event.negRisk,
      atMs: Math.max(slot * beat + Math.floor(900 * unit(market.seed, slot, 51)), market.listedMs),
      hash: hexDigits(40, market.seed, slot, first ? 52 : 53),
      bids: first ? bids.map(asIs) : asks.map(mirrored),
      asks: first ? asks.map(asIs) : bids.map(mirrored),
      lastTrade: tallies.of(market.index, nowMs).last,
      assumed: false,
    }
  }

  return {
    parameters,
    truth: groundTruth(calendar, traders),
    startMs: tape.startMs,
    wallets: traders.map((trader) => trader.wallet),
    markets: (nowMs) => {
      calendar.reach(nowMs)
      const { markets } = calendar
      let count = markets.length
      while (count > 0 && markets[count - 1]!.listedMs > nowMs) count--
      return markets.slice(0, count)
    },
    market: marketOf,
    marketOfToken,
    event: (id, nowMs) => {
      calendar.reach(nowMs)
      const event = calendar.events[Number(id) - Number(calendar.events[0]?.id ?? 0)]
      return event !== undefined && event.markets[0]!.listedMs <= nowMs ? event : undefined
    },
    state,
    resolution,
    rows: (query, nowMs) => reader.rows(query, nowMs),
    book,
    leaderboard: (period, domain, nowMs) => equity.board(period, domain, nowMs),
    tradesVisibleIn: (fromMs, toMs) => reader.visibleIn(fromMs, toMs),
    nextTradeAfter: (ms) => reader.nextAfter(ms),
  }
}

const statusOf = (market: SeededMarket, nowMs: number): Status =>
  nowMs >= market.resolveMs ? "resolved" : nowMs >= market.closeMs ? "closed" : "open"

const openState = ({ bids, asks }: Depth) => {
  const bid = bids[0]?.price ?? 0
  const ask = asks[0]?.price ?? 1000
  const middle = (bid + ask) / 2000
  return {
    closedMs: null,
    prices: [round(middle), round(1 - middle)],
    bestBid: bid > 0 ? bid / 1000 : null,
    bestAsk: ask < 1000 ? ask / 1000 : null,
    liquidity: cents(resting(bids, false) + resting(asks, true)),
  }
}

const closedState = (market: SeededMarket, status: Status, tick: number) => {
  const first = market.path.mid(market.hypothesis, market.closeMs - 1)
  const last = Math.max(1, Math.min(Math.round(1 / tick) - 1, Math.round(first / tick))) * tick
  return {
    closedMs: market.closeMs,
    prices:
      status === "resolved"
        ? market.payouts.map((payout) => payout / 1000)
        : [round(last), round(1 - last)],
    bestBid: null,
    bestAsk: null,
    liquidity: 0,
  }
}

/** A dispute is raised when a fifth of the wait for the resolution is over. */
const resolutionOf = (market: SeededMarket, nowMs: number): VenueResolution => {
  const status = statusOf(market, nowMs)
  const resolved = status === "resolved"
  const challengedMs = market.closeMs + (market.resolveMs - market.closeMs) / 5
  const disputed = market.ending === "disputed" && nowMs >= challengedMs
  return {
    condition: market.condition,
    questionId: market.questionId,
    status:
      status === "open"
        ? "initialized"
        : resolved
          ? "resolved"
          : disputed
            ? "disputed"
            : "proposed",
    disputed,
    payouts: resolved ? market.payouts.map((payout) => payout * 1000) : [],
    resolvedMs: resolved ? market.resolveMs : null,
    negRisk: market.event.negRisk,
  }
}

const asIs = (level: ThousandthLevel): Level => ({
  price: level.price / 1000,
  size: level.cents / 100,
})

const mirrored = (level: ThousandthLevel): Level => ({
  price: (1000 - level.price) / 1000,
  size: level.cents / 100,
})

/** USDC behind one side: a bid's own price, or what backs the other outcome for an ask. */
const resting = (levels: ReadonlyArray<ThousandthLevel>, mirror: boolean): number =>
  levels.reduce(
    (sum, { price, cents }) => sum + (cents * (mirror ? 1000 - price : price)) / 100_000,
    0,
  )

const cents = (value: number): number => Math.round(value * 100) / 100
const round = (value: number): number => Math.round(value * 10_000) / 10_000
