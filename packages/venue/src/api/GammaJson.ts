/**
 * Markets and events as Gamma writes them: lists as JSON inside strings, volumes as text and as
 * numbers, absent instead of null.
 */
import * as DateTime from "effect/DateTime"
import type { MarketState, VenueEvent, VenueMarket, World } from "../World.ts"

export const iso = (ms: number): string => DateTime.formatIso(DateTime.makeUnsafe(ms))

/** Tags by topic; numbers are Gamma's where it has such a topic. */
const tagIds: Readonly<Record<string, string>> = {
  Politics: "2",
  Sports: "1",
  Crypto: "21",
  Economics: "100328",
  Culture: "596",
  Tech: "1401",
  Geopolitics: "100265",
}

export const tagsOf = (event: VenueEvent) =>
  event.domain === ""
    ? []
    : [
        {
          id: tagIds[event.domain] ?? "0",
          label: event.domain,
          slug: event.domain.toLowerCase().replaceAll(" ", "-"),
        },
      ]

/** A condition as Gamma spells it. */
export const gammaCondition = ({ condition, newer }: VenueMarket): string =>
  newer === true ? condition.slice(0, -2) : condition

export const marketJson = (market: VenueMarket, state: MarketState): Record<string, unknown> => ({
  ...nestedMarketJson(market, state),
  events: [eventHead(market.event)],
  tags: tagsOf(market.event),
})

const nestedMarketJson = (market: VenueMarket, state: MarketState): Record<string, unknown> => {
  const { event, fee } = market
  const open = state.status === "open"
  return {
    ...(market.id === "" ? {} : { id: market.id }),
    version: market.newer === true ? "v2" : "v1",
    question: market.question,
    conditionId: gammaCondition(market),
    questionID: market.questionId,
    slug: market.slug,
    resolutionSource: "",
    category: event.domain,
    outcomes: JSON.stringify(market.outcomes),
    ...(state.prices.length === 0
      ? {}
      : { outcomePrices: JSON.stringify(state.prices.map(String)) }),
    ...(market.newer === true
      ? { positionIds: market.tokens }
      : { clobTokenIds: JSON.stringify(market.tokens) }),
    volume: String(state.volume),
    volumeNum: state.volume,
    liquidity: String(state.liquidity),
    liquidityNum: state.liquidity,
    volume24hr: state.volume24h,
    volume24hrClob: state.volume24h,
    volumeClob: state.volume,
    liquidityClob: state.liquidity,
    ...(state.bestBid === null ? {} : { bestBid: state.bestBid }),
    ...(state.bestAsk === null ? {} : { bestAsk: state.bestAsk }),
    ...(state.lastTrade === null ? {} : { lastTradePrice: state.lastTrade }),
    ...(state.bestBid === null || state.bestAsk === null
      ? {}
      : { spread: Math.round((state.bestAsk - state.bestBid) * 1000) / 1000 }),
    feesEnabled: fee !== null,
    ...(fee === null ? {} : { feeType: fee.type }),
    ...market.described,
    ...(fee === null
      ? {}
      : {
          feeSchedule: {
            exponent: fee.exponent,
            rate: fee.rate,
            takerOnly: true,
            rebateRate: fee.rebate,
          },
          makerBaseFee: 1000,
          takerBaseFee: 1000,
        }),
    active: true,
    closed: !open,
    archived: false,
    restricted: true,
    enableOrderBook: true,
    acceptingOrders: open,
    startDate: iso(market.listedMs),
    createdAt: iso(market.listedMs),
    ...(market.endMs === null
      ? {}
      : { endDate: iso(market.endMs), endDateIso: iso(market.endMs).slice(0, 10) }),
    ...(state.closedMs === null ? {} : { closedTime: closedText(state.closedMs) }),
    umaResolutionStatuses: state.status === "open" ? "[]" : '["proposed"]',
    ...(state.status === "open"
      ? {}
      : { umaResolutionStatus: state.status === "resolved" ? "resolved" : "proposed" }),
    negRisk: event.negRisk,
    ...(event.negRisk ? { negRiskMarketID: event.negRiskMarketId } : {}),
    orderPriceMinTickSize: state.tick,
    orderMinSize: market.minimumSize,
    secondsDelay: market.delaySeconds,
  }
}

/** `closedTime` is the one moment Gamma writes in another form. */
const closedText = (ms: number): string => `${iso(ms).slice(0, 19).replace("T", " ")}+00`

const eventHead = (event: VenueEvent): Record<string, unknown> => ({
  ...(event.id === "" ? {} : { id: event.id }),
  ticker: event.slug,
  slug: event.slug,
  title: event.title,
  category: event.domain,
  negRisk: event.negRisk,
  ...(event.negRisk ? { negRiskMarketID: event.negRiskMarketId } : {}),
})

export interface EventFacts {
  readonly event: VenueEvent
  readonly markets: ReadonlyArray<readonly [VenueMarket, MarketState]>
  readonly closed: boolean
  readonly listedMs: number
  readonly endMs: number
  readonly volume: number
  readonly volume24h: number
  readonly liquidity: number
}

export const eventFacts = (world: World, event: VenueEvent, nowMs: number): EventFacts => {
  const markets = event.markets
    .filter((market) => market.listedMs <= nowMs)
    .map((market) => [market, world.state(market, nowMs)] as const)
  const sum = (of: (state: MarketState) => number) =>
    Math.round(markets.reduce((total, [, state]) => total + of(state), 0) * 100) / 100
  return {
    event,
    markets,
    closed: markets.every(([, state]) => state.status !== "open"),
    listedMs: Math.min(...markets.map(([market]) => market.listedMs)),
    endMs: Math.max(0, ...markets.map(([market]) => market.endMs ?? 0)),
    volume: sum((state) => state.volume),
    volume24h: sum((state) => state.volume24h),
    liquidity: sum((state) => state.liquidity),
  }
}

export const eventJson = (facts: EventFacts, withMarkets: boolean): Record<string, unknown> => ({
  ...eventHead(facts.event),
  description: "",
  active: true,
  closed: facts.closed,
  archived: false,
  restricted: true,
  startDate: iso(facts.listedMs),
  ...(facts.endMs === 0 ? {} : { endDate: iso(facts.endMs) }),
  volume: facts.volume,
  volume24hr: facts.volume24h,
  liquidity: facts.liquidity,
  enableOrderBook: true,
  tags: tagsOf(facts.event),
  ...(withMarkets
    ? { markets: facts.markets.map(([market, state]) => nestedMarketJson(market, state)) }
    : {}),
})
