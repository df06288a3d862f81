/**
 * A world: everything the venue's API can be asked, as functions of time.
 *
 * A world has no clock: the moment is an argument of every question that depends on it, in
 * milliseconds. Asked the same question for the same moment, it gives the same answer, whatever was
 * asked before. All answers are synchronous; a list is never longer than the question's own limit,
 * except where the question names one market, one wallet or one event.
 */

/** `open`: takes orders. `closed`: no longer trades, outcome not final. `resolved`: payouts known. */
export type Status = "open" | "closed" | "resolved"
export type Side = "BUY" | "SELL"
export type Period = "day" | "week" | "month" | "all"

export interface Fee {
  readonly type: string
  readonly rate: number
  readonly exponent: number
  readonly rebate: number
}

/** An event groups the markets of one question; `id` and slugs are the venue's. */
export interface VenueEvent {
  readonly id: string
  readonly slug: string
  readonly title: string
  /** The broad topic, e.g. `Politics`; empty when nobody said. */
  readonly domain: string
  readonly negRisk: boolean
  readonly negRiskMarketId: string
  readonly markets: ReadonlyArray<VenueMarket>
}

export interface VenueMarket {
  /** Dense number in listing order, the world's own handle. */
  readonly index: number
  /** Gamma's id, decimal text; empty when the recording has none. */
  readonly id: string
  readonly condition: string
  /** Of the newer protocol: Gamma cuts the last two zeros off its condition and calls its tokens positions. */
  readonly newer?: boolean
  readonly questionId: string
  readonly question: string
  readonly slug: string
  readonly event: VenueEvent
  readonly outcomes: ReadonlyArray<string>
  readonly tokens: ReadonlyArray<string>
  /** The price step when it was listed; {@link MarketState.tick} is the current one. */
  readonly tick: number
  readonly minimumSize: number
  /** `null` for a market without fees. */
  readonly fee: Fee | null
  readonly delaySeconds: number
  readonly listedMs: number
  readonly endMs: number | null
  /** Wire fields that pass through as they are; a computed field wins over one of these. */
  readonly described: Readonly<Record<string, unknown>>
}

/** What is true of a market at a moment. Prices are of one share, in outcome order. */
export interface MarketState {
  readonly status: Status
  /** The price step; it may become finer while a market lives. */
  readonly tick: number
  readonly closedMs: number | null
  readonly prices: ReadonlyArray<number>
  /** Best prices of outcome 0; `null` when that side of the book is empty. */
  readonly bestBid: number | null
  readonly bestAsk: number | null
  readonly lastTrade: number | null
  /** USDC traded in all and in the last 24 hours, and resting in the book. */
  readonly volume: number
  readonly volume24h: number
  readonly liquidity: number
}

export interface VenueResolution {
  readonly condition: string
  readonly questionId: string
  readonly status: "initialized" | "proposed" | "disputed" | "resolved"
  /** Whether the first proposal was challenged, as far as that has happened. */
  readonly disputed: boolean
  /** Micro-USDC per share and outcome; empty unless resolved. */
  readonly payouts: ReadonlyArray<number>
  readonly resolvedMs: number | null
  readonly negRisk: boolean
}

/** A row of the trades or the activity feed. */
export interface VenueRow {
  /** Where the row stands in its feed: ascending with time, stable for ever. */
  readonly position: number
  readonly type: string
  readonly wallet: string
  readonly side: string
  readonly token: string
  readonly condition: string
  readonly size: number
  readonly price: number
  readonly usdc: number
  readonly atSeconds: number
  readonly visibleMs: number
  readonly title: string
  readonly slug: string
  readonly eventSlug: string
  readonly outcome: string
  readonly outcomeIndex: number
  readonly transaction: string
  readonly pseudonym: string
  /** `folder/file:line` for a row out of a recording. */
  readonly recorded?: string
  /** Fields to serve as the recording has them, because their values are not of the usual kind. */
  readonly odd?: Readonly<Record<string, unknown>>
}

export interface RowQuery {
  /** `ledger` is both feeds together; a fill that stands in both comes twice. */
  readonly feed: "trades" | "activity" | "ledger"
  readonly user?: string
  readonly conditions?: ReadonlySet<string>
  readonly side?: Side
  readonly type?: string
  /** Leave out rows of resting orders. */
  readonly takerOnly: boolean
  readonly minimumShares: number
  readonly minimumUsdc: number
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly order: "asc" | "desc"
  /** Go on behind this position, in the direction of `order`. */
  readonly after: number | null
  readonly limit: number
}

export interface Level {
  readonly price: number
  readonly size: number
}

/** Best level first on both sides; the API turns the order round. */
export interface VenueBook {
  readonly condition: string
  readonly token: string
  /** Of a market of the newer protocol. */
  readonly newer?: boolean
  readonly tick: number
  readonly minimumSize: number
  readonly negRisk: boolean
  readonly atMs: number
  readonly hash: string
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
  readonly lastTrade: number | null
  /** Built from the tape, not seen. */
  readonly assumed: boolean
}

export interface LeaderboardRow {
  readonly wallet: string
  readonly pnl: number
  /** Shares, both sides. */
  readonly volume: number
  readonly pseudonym: string
}

export interface World {
  readonly startMs: number
  readonly wallets: ReadonlyArray<string>
  /** Markets listed by now, in listing order. */
  readonly markets: (nowMs: number) => ReadonlyArray<VenueMarket>
  readonly market: (condition: string, nowMs: number) => VenueMarket | undefined
  readonly marketOfToken: (token: string, nowMs: number) => VenueMarket | undefined
  readonly event: (id: string, nowMs: number) => VenueEvent | undefined
  readonly state: (market: VenueMarket, nowMs: number) => MarketState
  readonly resolution: (condition: string, nowMs: number) => VenueResolution | undefined
  readonly rows: (query: RowQuery, nowMs: number) => ReadonlyArray<VenueRow>
  readonly book: (token: string, nowMs: number) => VenueBook | null
  readonly leaderboard: (
    period: Period,
    domain: string | null,
    nowMs: number,
  ) => ReadonlyArray<LeaderboardRow>
  /** TRADE rows that became visible after `fromMs` and by `toMs`, in that order. */
  readonly tradesVisibleIn: (fromMs: number, toMs: number) => ReadonlyArray<VenueRow>
  /** When the next TRADE row becomes visible after a moment; `null` when none ever will. */
  readonly nextTradeAfter: (ms: number) => number | null
}
