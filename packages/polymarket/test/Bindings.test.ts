/**
 * The venue's own schemas (its package of generated bindings) against ours: what they accept we
 * accept, and both read the same numbers off it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { OrderBookSchema, FetchMarketInfoResponseSchema } from "@polymarket/bindings/clob"
import * as Data from "@polymarket/bindings/data"
import { EventSchema, ListMarketsKeysetResponseSchema } from "@polymarket/bindings/gamma"
import { StandardMarketEventSchema } from "@polymarket/bindings/subscriptions"
import { ledgerRowOf } from "@evaluator/polymarket/wire/ActivityRow"
import { booksHeardIn } from "@evaluator/polymarket/wire/BookFrame"
import { bookOf } from "@evaluator/polymarket/wire/BookRow"
import { tradingParametersOf } from "@evaluator/polymarket/wire/ClobMarketRow"
import { eventOf } from "@evaluator/polymarket/wire/EventRow"
import { holderOf, ungrouped } from "@evaluator/polymarket/wire/HolderRow"
import { leaderboardRowOf } from "@evaluator/polymarket/wire/LeaderboardRow"
import { marketOfRow } from "@evaluator/polymarket/wire/MarketRow"
import { positionOf } from "@evaluator/polymarket/wire/PositionRow"
import { pricePointOf } from "@evaluator/polymarket/wire/PricePointRow"
import { resolutionOf } from "@evaluator/polymarket/wire/ResolutionRow"
import { dataEnvelope } from "@evaluator/polymarket/wire/Rows"
import { microOf } from "@evaluator/polymarket/wire/Scalar"
import { standingOf, userStatsOf } from "@evaluator/polymarket/wire/StandingRow"
import { fillOf, respelled } from "@evaluator/polymarket/wire/TradeRow"
import { biggestWinOf } from "@evaluator/polymarket/wire/WinnerRow"
import { filesOf, hasRecording, rowsOf } from "./Recording.ts"
import * as Samples from "./Samples.ts"

const { condition, token, wallet } = Samples

const paged = (rows: ReadonlyArray<unknown>, next_cursor: string | null = null) => ({
  data: rows,
  pagination: { limit: 100, offset: 0, has_more: next_cursor !== null, next_cursor },
})

const ours = <A>(row: Result.Result<A, string>): A => Result.getOrThrow(row)

describe("rows of the Data API", () => {
  it("of trades have the same money, time and key in both", () => {
    for (const row of [
      Samples.tradeRow,
      { ...Samples.tradeRow, side: "SELL", price: 1e-7, size: 1e-6, outcome_index: 999 },
      { ...Samples.tradeRow, title: "", slug: "", outcome: "", price: 1, size: 123_456.789_012 },
    ]) {
      const [theirs] = Data.ListTradesResponseSchema.parse(paged([row])).items
      const fill = ours(fillOf(row))
      assert.strictEqual(fill.size, microOf(theirs!.size))
      assert.strictEqual(fill.price, microOf(theirs!.price))
      assert.strictEqual(fill.atMs, Number(theirs!.timestamp))
      assert.strictEqual(fill.outcomeIndex, theirs!.outcomeIndex ?? 999)
      assert.deepStrictEqual(
        [fill.wallet, fill.token, fill.condition, fill.transaction, fill.side] as unknown,
        [wallet, theirs!.assetId, theirs!.conditionId, theirs!.transactionHash, theirs!.side],
      )
    }
  })

  it("of activity are known by type: every one of theirs is one of ours", () => {
    const texts = { slug: "s", event_slug: "e", icon: "" }
    for (const type of Object.values(Data.ActivityType)) {
      const row =
        type === "TRADE"
          ? { ...Samples.activityRow, ...texts }
          : { ...Samples.redeemRow, ...texts, type }
      const theirs = Data.ActivitySchema.parse(row)
      const mine = ours(ledgerRowOf(row))
      assert.strictEqual(mine.kind === "fill" ? "TRADE" : mine.activity.type, theirs.type)
    }
  })

  it("of positions have the same amounts", () => {
    const [theirs] = Data.ListPositionsResponseSchema.parse(paged([Samples.positionRow])).items
    const mine = ours(positionOf(Samples.positionRow))
    assert.strictEqual(mine.size, microOf(theirs!.currentSize))
    assert.strictEqual(mine.entryCost, microOf(theirs!.entryCostUsdc))
    assert.strictEqual(mine.unrealizedPnl, microOf(theirs!.unrealizedPnl))
    assert.strictEqual(mine.lastEventAtMs, theirs!.lastEventAt)
    assert.strictEqual(mine.status, theirs!.status)
  })

  it("of holders, boards, winners, standings and stats have the same amounts", () => {
    const holders = Data.ListMarketHoldersResponseSchema.parse(paged([Samples.holderGroup]))
    const amounts = ungrouped([Samples.holderGroup]).map((row) => ours(holderOf(row)).amount)
    assert.deepStrictEqual(
      amounts as ReadonlyArray<number | null>,
      holders.items.flatMap((group) => group.holders.map((holder) => microOf(holder.amount!))),
    )

    const board = Data.ListTraderLeaderboardResponseSchema.parse(paged([Samples.boardRow]))
      .items[0]!
    const place = ours(leaderboardRowOf(Samples.boardRow))
    assert.deepStrictEqual([place.rank, place.pnl, place.volume] as ReadonlyArray<unknown>, [
      board.rank,
      microOf(board.pnl),
      microOf(board.volume),
    ])

    const win = Data.ListBiggestWinnersResponseSchema.parse(paged([Samples.winnerRow])).items[0]!
    const mine = ours(biggestWinOf(Samples.winnerRow))
    assert.strictEqual(mine.pnl, microOf(win.pnl))
    assert.strictEqual(mine.resolvedAtMs, win.resolvedAt)

    const { rank: _, ...rest } = Samples.boardRow
    const data = { ...rest, rank_pnl: 4, rank_volume: null }
    const standing = Data.FetchTraderLeaderboardStandingResponseSchema.parse({ data })
    assert.strictEqual(ours(standingOf(data)).rankByPnl, standing?.pnlRank)

    const stats = Data.FetchUserStatsResponseSchema.parse({ data: Samples.userStatsRow })
    assert.strictEqual(ours(userStatsOf(Samples.userStatsRow)).joinedAtMs, stats?.joinDate)
  })

  it("of prices and resolutions mean the same", () => {
    const points = Data.ListPriceHistoryResponseSchema.parse(paged([Samples.pricePointRow]))
    const point = ours(pricePointOf(Samples.pricePointRow))
    assert.strictEqual(point.price, microOf(points.items[0]!.price))
    for (const payouts of [
      [1_000_000, 0],
      [500_000, 500_000],
    ]) {
      const row = { ...Samples.resolutionRow, payouts }
      const [theirs] = Data.FetchResolutionsResponseSchema.parse({ data: [row] })
      const mine = ours(resolutionOf(row))
      assert.strictEqual(mine.status, theirs!.status)
      assert.deepStrictEqual(
        mine.payouts as ReadonlyArray<number | null>,
        theirs!.payouts?.map((payout) => microOf(payout)) ?? [],
      )
    }
  })

  it("are refused by neither or both when a page announces more without a cursor", () => {
    for (const [has_more, next_cursor] of [
      [true, null],
      [true, "c"],
      [false, null],
    ] as const) {
      const body = { data: [], pagination: { limit: 1, offset: 0, has_more, next_cursor } }
      const theirs = Data.ListTradesResponseSchema.safeParse(body)
      assert.strictEqual(Result.isSuccess(dataEnvelope(body)), theirs.success)
    }
  })
})

describe("rows of the CLOB", () => {
  it("of books have the same levels in another order", () => {
    const row = { ...Samples.bookRow, neg_risk: false }
    const theirs = OrderBookSchema.parse(row)
    const book = ours(bookOf(row))
    assert.strictEqual(book.atMs, theirs.timestamp)
    assert.strictEqual(book.tick, microOf(theirs.tickSize))
    assert.deepStrictEqual(
      book.bids.map((level) => level.price as number | null),
      theirs.bids.map((level) => microOf(level.price)).toReversed(),
    )
  })

  it("of markets have the same fee, tick and tokens", () => {
    const theirs = FetchMarketInfoResponseSchema.parse(Samples.clobMarketBody)
    const mine = ours(tradingParametersOf(Samples.clobMarketBody))
    assert.strictEqual(mine.tick, microOf(theirs.tickSize))
    assert.strictEqual(mine.fee.rate, microOf(theirs.feeInfo.rate))
    assert.strictEqual(mine.negRisk, theirs.negRisk)
    assert.deepStrictEqual(
      mine.tokens.map((each) => each.token as string),
      theirs.tokens.map((each) => each.assetId as string),
    )
  })

  it("of the book socket are read from every message they know", () => {
    const at = { market: condition, asset_id: token, timestamp: "1790000000123" }
    const messages = [
      { ...Samples.bookRow, event_type: "book" },
      {
        event_type: "price_change",
        market: condition,
        timestamp: "1790000000456",
        price_changes: [
          { asset_id: token, price: "0.5", size: "0", side: "sell", best_bid: "", best_ask: "1" },
        ],
      },
      { event_type: "tick_size_change", ...at, old_tick_size: "0.01", new_tick_size: "0.001" },
      { event_type: "last_trade_price", ...at, price: "0.4", size: "2", side: "BUY" },
    ]
    const kinds = messages.map((message) => {
      assert.isTrue(StandardMarketEventSchema.safeParse(message).success)
      const heard = booksHeardIn(JSON.stringify(message))
      assert.deepStrictEqual(heard.faults, [])
      return heard.messages[0]?.kind ?? null
    })
    assert.deepStrictEqual(kinds, ["snapshot", "levels", "tick", null])
  })
})

describe("rows of Gamma", () => {
  it("of events hold the same markets", () => {
    const theirs = EventSchema.parse(Samples.eventRow)
    const mine = ours(eventOf(Samples.eventRow))
    assert.strictEqual(mine.slug, theirs.slug)
    assert.strictEqual(mine.markets.length, theirs.markets?.length)
  })
})

describe("recorded rows", () => {
  it("of markets are read by both, token by token", () => {
    if (!hasRecording()) return
    let compared = 0
    for (const file of filesOf("markets")) {
      for (const row of rowsOf("markets", file).slice(0, 500)) {
        const theirs = ListMarketsKeysetResponseSchema.safeParse({ markets: [row] })
        const market = theirs.success ? theirs.data.items[0] : undefined
        if (market === undefined) continue
        const mine = marketOfRow(row)
        const { no, yes } = market.outcomes
        if (yes.tokenId === null) {
          assert.isTrue(Result.isFailure(mine), `${market.id} has no tokens`)
          continue
        }
        const { closed } = market.state
        const read = ours(mine)
        assert.strictEqual(read.condition as string, market.conditionId)
        assert.deepStrictEqual(
          read.tokens.map((each) => [each.token, each.outcome]) as unknown,
          [yes, no].map((outcome) => [outcome.tokenId, outcome.label]),
        )
        assert.strictEqual(read.status, closed === true ? "closed" : "open")
        compared += 1
      }
    }
    process.stdout.write(`recorded markets that both read: ${compared}\n`)
    assert.strictEqual(compared, 500 + 184 + 50)
  })

  it("of trades, turned into the live spelling, are read by both", () => {
    if (!hasRecording()) return
    let compared = 0
    for (const file of filesOf("trades")) {
      for (const raw of rowsOf("trades", file).slice(0, 500)) {
        const row = { ...respelled(raw), type: undefined, usdc_size: undefined }
        const theirs = Data.TradeSchema.safeParse(row)
        if (!theirs.success) continue
        const fill = ours(fillOf(raw))
        assert.strictEqual(fill.size, microOf(theirs.data.size))
        assert.strictEqual(fill.atMs, Number(theirs.data.timestamp))
        compared += 1
      }
    }
    process.stdout.write(`recorded trades that both read: ${compared}\n`)
    assert.isAbove(compared, 0)
  })
})
