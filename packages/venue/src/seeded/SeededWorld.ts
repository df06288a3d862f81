/**
 * A made-up Polymarket: a pure function of (seed, epoch, time). Two worlds with the same seed and
 * epoch tell the same story byte for byte, whatever they are asked and in which order, in whatever
 * process; history before the epoch never changes and time goes on after it without end.
 *
 * Limits: rows in memory by `keptRows` (about 17 bytes each), 2 kB a market, and while a market is
 * open the state of its participants. Columns hold a trade up to 500,000 shares.
 */
import type {
  Level,
  MarketState,
  RowQuery,
  Status,
  VenueBook,
  VenueMarket,
  VenueResolution,
  VenueRow,
  World,
} from "../World.ts"
import { Calendar, type SeededMarket } from "./Calendar.ts"
import { hexDigits, unit } from "../Chance.ts"
import { Equity } from "./Equity.ts"
import { beat, depth, touch, type ThousandthLevel } from "./Quotes.ts"
import { RowReader } from "./RowReader.ts"
import { Tallies } from "./Tallies.ts"
import { Tape } from "./Tape.ts"
import { makeTraders } from "./Traders.ts"
import { defaultConfig, SECOND, type WorldConfig } from "./WorldConfig.ts"

export interface SeededOptions {
  readonly seed: number
  /** Where the past ends; rounded down to a second. */
  readonly epochMs: number
  readonly config?: Partial<WorldConfig>
}

export const make = (options: SeededOptions): World => {
  const { seed } = options
  const config: WorldConfig = { ...defaultConfig, ...options.config }
  const epochMs = Math.floor(options.epochMs / SECOND) * SECOND
  const calendar = new Calendar(seed, epochMs, config)
  const traders = makeTraders(seed, epochMs, config)
  const tape = new Tape(epochMs, config, calendar, traders)
  const tallies = new Tallies(tape)
  const equity = new Equity(tape, calendar, traders)
  const reader = new RowReader(seed, tape, calendar, traders)

  const listed = (market: SeededMarket | undefined, nowMs: number): SeededMarket | undefined =>
    market !== undefined && market.listedMs <= nowMs ? market : undefined

  const seeded = (market: VenueMarket): SeededMarket => calendar.markets[market.index]!

  const marketOfToken = (token: string, nowMs: number) => {
    calendar.reach(nowMs)
    return listed(calendar.byToken.get(token), nowMs)
  }

  const state = (asked: VenueMarket, nowMs: number): MarketState => {
    const market = seeded(asked)
    const status = statusOf(market, nowMs)
    const tally = tallies.of(market.index, nowMs)
    const shared = { status, volume: cents(tally.volume), volume24h: cents(tally.volume24h) }
    if (status !== "open") {
      const first = market.path.mid(market.hypothesis, market.closeMs - 1)
      const ticks = Math.round(first / market.tick)
      const last = Math.max(1, Math.min(Math.round(1 / market.tick) - 1, ticks)) * market.tick
      return {
        ...shared,
        closedMs: market.closeMs,
        prices: status === "resolved" ? payouts(market) : [round(last), round(1 - last)],
        bestBid: null,
        bestAsk: null,
        lastTrade: tally.last,
        liquidity: 0,
      }
    }
    const { bid, ask } = touch(market, nowMs)
    const { bids, asks } = depth(market, nowMs)
    const middle = (bid + ask) / 2000
    return {
      ...shared,
      closedMs: null,
      prices: [round(middle), round(1 - middle)],
      bestBid: bid > 0 ? bid / 1000 : null,
      bestAsk: ask < 1000 ? ask / 1000 : null,
      lastTrade: tally.last,
      liquidity: cents(resting(bids, false) + resting(asks, true)),
    }
  }

  const resolution = (condition: string, nowMs: number): VenueResolution | undefined => {
    calendar.reach(nowMs)
    const market = listed(calendar.byCondition.get(condition), nowMs)
    if (market === undefined) return undefined
    const status = statusOf(market, nowMs)
    const resolved = status === "resolved"
    return {
      condition,
      questionId: market.questionId,
      status: resolved ? "resolved" : status === "closed" ? "proposed" : "initialized",
      payouts: resolved ? payouts(market).map((payout) => payout * 1_000_000) : [],
      resolvedMs: resolved ? market.resolveMs : null,
      negRisk: market.event.negRisk,
    }
  }

  const book = (token: string, nowMs: number): VenueBook | null => {
    const market = marketOfToken(token, nowMs)
    if (market === undefined || statusOf(market, nowMs) !== "open") return null
    const slot = Math.floor(nowMs / beat)
    const { bids, asks } = depth(market, nowMs)
    const first = market.tokens[0] === token
    return {
      condition: market.condition,
      token,
      tick: market.tick,
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
    startMs: tape.startMs,
    wallets: traders.map((trader) => trader.wallet),
    markets: (nowMs) => {
      calendar.reach(nowMs)
      const { markets } = calendar
      let count = markets.length
      while (count > 0 && markets[count - 1]!.listedMs > nowMs) count--
      return markets.slice(0, count)
    },
    market: (condition, nowMs) => {
      calendar.reach(nowMs)
      return listed(calendar.byCondition.get(condition), nowMs)
    },
    marketOfToken,
    event: (id, nowMs) => {
      calendar.reach(nowMs)
      const event = calendar.events[Number(id) - Number(calendar.events[0]?.id ?? 0)]
      return event !== undefined && event.markets[0]!.listedMs <= nowMs ? event : undefined
    },
    state,
    resolution,
    rows: (query: RowQuery, nowMs: number): ReadonlyArray<VenueRow> => reader.rows(query, nowMs),
    book,
    leaderboard: (period, domain, nowMs) => equity.board(period, domain, nowMs),
    tradesVisibleIn: (fromMs, toMs) => reader.visibleIn(fromMs, toMs),
    nextTradeAfter: (ms) => reader.nextAfter(ms),
  }
}

const statusOf = (market: SeededMarket, nowMs: number): Status =>
  nowMs >= market.resolveMs ? "resolved" : nowMs >= market.closeMs ? "closed" : "open"

const payouts = (market: SeededMarket): ReadonlyArray<number> =>
  market.winner === 0 ? [1, 0] : [0, 1]

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
