/**
 * Every question the client asks, with a good body for it, and how to account for the rows of a
 * damaged one without the client's own reading of it.
 */
import { Effect, Layer } from "effect"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { ClobMarkets } from "@evaluator/polymarket/ClobMarkets"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { OutcomeOpinions } from "@evaluator/polymarket/OutcomeOpinions"
import type { Page } from "@evaluator/polymarket/Page"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import * as Samples from "../Samples.ts"

const { condition, otherToken, token, wallet } = Samples

/** What a call made of a body. */
export interface Accounted {
  readonly decoded: number
  readonly quarantined: number
  readonly values: unknown
}

export type Doors =
  | ClobApi
  | ClobMarkets
  | DataApi
  | GammaApi
  | OutcomeOpinions
  | PriceHistory
  | WalletBoards

export const layerDoors = Layer.mergeAll(
  ClobApi.layer,
  ClobMarkets.layer,
  DataApi.layer,
  GammaApi.layer,
  OutcomeOpinions.layer,
  PriceHistory.layer,
  WalletBoards.layer,
)

export interface Door {
  readonly name: string
  readonly body: unknown
  readonly call: Effect.Effect<Accounted, PolymarketError, Doors>
  /** The rows in a parsed body; `null` for a body that holds a single thing. */
  readonly served: (json: unknown) => number | null
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0)

const paged = <A>(page: Page<A>): Accounted => ({
  decoded: page.rows.length,
  quarantined: page.rejected.length,
  values: page.rows,
})

const single = (value: unknown): Accounted => ({ decoded: 1, quarantined: 0, values: value })

const data = (...rows: ReadonlyArray<unknown>) => ({
  data: rows,
  pagination: { limit: 100, offset: 0, has_more: true, next_cursor: "next" },
})

const rowsOfData = (json: unknown): number => lengthOf(field(json, "data"))

const holdersIn = (json: unknown): number => {
  const groups = field(json, "data")
  return Array.isArray(groups)
    ? groups.reduce((sum: number, group) => {
        const holders = field(group, "holders")
        return sum + (Array.isArray(holders) && !Array.isArray(group) ? holders.length : 1)
      }, 0)
    : 0
}

const ofSingle = () => null
const { rank: _, ...profile } = Samples.boardRow

export const doors: ReadonlyArray<Door> = [
  {
    name: "trades",
    body: data(Samples.tradeRow, Samples.olderTradeRow, { ...Samples.tradeRow, side: "SELL" }),
    call: DataApi.use((api) => Effect.map(api.trades({ user: wallet }), paged)),
    served: rowsOfData,
  },
  {
    name: "activity",
    body: data(Samples.activityRow, Samples.redeemRow),
    call: DataApi.use((api) => Effect.map(api.activity({ user: wallet }), paged)),
    served: rowsOfData,
  },
  {
    name: "holders",
    body: data(Samples.holderGroup, Samples.holderGroup),
    call: DataApi.use((api) => Effect.map(api.holders({ condition, tokens: [token] }), paged)),
    served: holdersIn,
  },
  {
    name: "positions",
    body: data(Samples.positionRow, Samples.positionRow),
    call: DataApi.use((api) => Effect.map(api.positions({ user: wallet }), paged)),
    served: rowsOfData,
  },
  {
    name: "leaderboard",
    body: data(Samples.boardRow, Samples.boardRow),
    call: DataApi.use((api) => Effect.map(api.leaderboard({ period: "day" }), paged)),
    served: rowsOfData,
  },
  {
    name: "resolutions",
    body: { data: [Samples.resolutionRow] },
    // All or nothing: a page with an unreadable row fails as a whole.
    call: DataApi.use((api) =>
      Effect.map(api.resolutions(condition), (rows) => ({
        decoded: rows.length,
        quarantined: 0,
        values: rows,
      })),
    ),
    served: rowsOfData,
  },
  {
    name: "markets",
    body: { markets: [Samples.marketRow, Samples.marketRow], next_cursor: "next" },
    call: GammaApi.use((api) => Effect.map(api.markets({ closed: false }), paged)),
    served: (json) => lengthOf(field(json, "markets")),
  },
  {
    name: "events",
    body: { events: [Samples.eventRow, Samples.eventRow], next_cursor: "next" },
    call: GammaApi.use((api) =>
      Effect.map(api.events({ closed: false }), (page) => {
        const inner = page.rows.flatMap((event) => event.unreadable).length
        return {
          decoded: page.rows.length,
          quarantined: page.rejected.length - inner,
          values: page.rows.map((event) => ({ ...event, unreadable: [] })),
        }
      }),
    ),
    served: (json) => lengthOf(field(json, "events")),
  },
  {
    name: "book",
    body: Samples.bookRow,
    call: ClobApi.use((api) => Effect.map(api.book(token), single)),
    served: ofSingle,
  },
  {
    name: "books",
    body: [Samples.bookRow, { ...Samples.bookRow, asset_id: otherToken }],
    call: ClobMarkets.use((api) =>
      Effect.map(api.books([token, otherToken]), ({ books, rejected }) => ({
        decoded: books.size,
        quarantined: rejected.length,
        values: Array.from(books.values()),
      })),
    ),
    // A book told twice is one book.
    served: (json) => {
      if (!Array.isArray(json)) return 0
      const ids = json.map((row) => field(row, "asset_id"))
      return new Set(ids).size === ids.length ? ids.length : null
    },
  },
  {
    name: "clob-markets",
    body: Samples.clobMarketBody,
    call: ClobMarkets.use((api) => Effect.map(api.tradingParameters(condition), single)),
    served: ofSingle,
  },
  {
    name: "clob-outcome",
    body: {
      condition_id: condition,
      closed: true,
      is_50_50_outcome: false,
      tokens: [
        { token_id: token, outcome: "Yes", winner: true },
        { token_id: otherToken, outcome: "No", winner: false },
      ],
    },
    call: OutcomeOpinions.use((api) =>
      Effect.map(api.ofClob(condition, [token, otherToken]), single),
    ),
    served: ofSingle,
  },
  {
    name: "gamma-outcome",
    body: { markets: [{ ...Samples.marketRow, closed: true, outcomePrices: '["1","0"]' }] },
    // A row that says nothing clear is no opinion, and its facts are quarantined elsewhere.
    call: OutcomeOpinions.use((api) =>
      Effect.map(api.ofGamma([condition]), (opinions) => single(Array.from(opinions))),
    ),
    served: ofSingle,
  },
  {
    name: "time",
    body: 1_790_000_000,
    call: ClobMarkets.use((api) => Effect.map(api.timeMs, single)),
    served: ofSingle,
  },
  {
    name: "prices-history",
    body: data(Samples.pricePointRow, Samples.pricePointRow),
    call: PriceHistory.use((api) =>
      Effect.map(
        api.points({ token, startMs: 1_789_999_000_000, endMs: 1_790_001_000_000 }),
        paged,
      ),
    ),
    served: rowsOfData,
  },
  {
    name: "status",
    body: Samples.statusBody,
    call: PriceHistory.use((api) => Effect.map(api.status, single)),
    served: ofSingle,
  },
  {
    name: "biggest-winners",
    body: data(Samples.winnerRow, Samples.winnerRow),
    call: WalletBoards.use((api) => Effect.map(api.biggestWinners({ period: "day" }), paged)),
    served: rowsOfData,
  },
  {
    name: "standing",
    body: { data: { ...profile, rank_pnl: 1, rank_volume: null } },
    call: WalletBoards.use((api) =>
      Effect.map(api.standing({ user: wallet, period: "day" }), single),
    ),
    served: ofSingle,
  },
  {
    name: "user-stats",
    body: { data: Samples.userStatsRow },
    call: WalletBoards.use((api) => Effect.map(api.userStats(wallet), single)),
    served: ofSingle,
  },
]
