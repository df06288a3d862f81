/**
 * The client against the embedded venue in process, in virtual time: both implement the same page, so
 * nothing is quarantined, and the venue's own schemas accept what it serves.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Result, Stream } from "effect"
import { FetchOrderBookResponseSchema as TheirBook } from "@polymarket/bindings/clob"
import * as Theirs from "@polymarket/bindings/data"
import { ListMarketsKeysetResponseSchema } from "@polymarket/bindings/gamma"
import { MarketEventSchema } from "@polymarket/bindings/subscriptions"
import { BodyRecorder } from "@evaluator/polymarket/BodyRecorder"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { portInProcess } from "@evaluator/polymarket/BookPort"
import { Budget } from "@evaluator/polymarket/Budget"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { ClobMarkets } from "@evaluator/polymarket/ClobMarkets"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import { VenueClock } from "@evaluator/polymarket/VenueClock"
import { embeddedEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { simulate } from "@evaluator/venue/Simulation"

const startMs = 1_790_000_000_000
const simulation = simulate({ parameters: { seed: 5, epochMs: startMs } })
const mixed = simulate({ parameters: { seed: 5, epochMs: startMs, pastDays: 30, newerShare: 0.5 } })

type Doors =
  | BookFeed
  | ClobApi
  | ClobMarkets
  | DataApi
  | GammaApi
  | PriceHistory
  | VenueClock
  | WalletBoards

/** Runs against the venue in virtual time; gives what came out and every body that was served. */
const against = async <A, E>(program: Effect.Effect<A, E, Doors>, venue = simulation) => {
  const bodies: Array<{ readonly request: string; readonly body: string }> = []
  const frames: Array<unknown> = []
  const connect = Effect.map(venue.books, ({ receive, send }) => ({
    send,
    receive: Effect.tap(receive, (some) => Effect.sync(() => frames.push(...(some ?? [])))),
  }))
  const layer = Layer.mergeAll(
    BookFeed.layerOf(portInProcess(connect)),
    ClobMarkets.layer,
    DataApi.layer,
    GammaApi.layer,
    PriceHistory.layer,
    WalletBoards.layer,
  ).pipe(
    Layer.provideMerge(ClobApi.layer),
    Layer.provideMerge(VenueHttp.layer),
    Layer.provide(Budget.layer({ lane: "fast" })),
    Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints("http://venue.test"))),
    Layer.provide(venue.http),
    Layer.provide(
      Layer.succeed(BodyRecorder, (received) => Effect.sync(() => void bodies.push(received))),
    ),
  )
  const exit = await new VirtualTime(startMs).run(Effect.provide(program, layer))
  if (Exit.isFailure(exit)) return assert.fail(Cause.pretty(exit.cause))
  const served = (route: string) =>
    bodies.filter(({ request }) => request.includes(route)).map(({ body }) => JSON.parse(body))
  return { result: exit.value, served, frames }
}

describe("the embedded venue", () => {
  it("serves every route as the client reads it and as the venue's own schemas do", async () => {
    const { result, served } = await against(
      Effect.gen(function* () {
        const data = yield* DataApi
        const gamma = yield* GammaApi
        const clob = yield* ClobMarkets
        const boards = yield* WalletBoards
        const prices = yield* PriceHistory
        const trades = yield* data.trades({ takerOnly: false, limit: 500 })
        const { condition, token, wallet: user } = trades.rows[0]!.value
        const open = yield* gamma.markets({ closed: false })
        const events = yield* gamma.events({ closed: false })
        const closed = yield* gamma.markets({ closed: true })
        const pages = [
          trades,
          open,
          events,
          closed,
          yield* data.activity({ user }),
          yield* data.positions({ user }),
          yield* data.positions({ user, status: "CLOSED" }),
          yield* data.holders({ condition }),
          yield* data.leaderboard({ period: "all" }),
          yield* boards.biggestWinners({ period: "month" }),
          yield* prices.points({ token, startMs: startMs - 86_400_000, endMs: startMs }),
        ]
        for (const { condition } of [...closed.rows.slice(0, 20), ...open.rows.slice(0, 5)]) {
          yield* data.resolutions(condition)
        }
        const market = open.rows[0]!
        const parameters = yield* clob.tradingParameters(market.condition)
        const books = yield* clob.books(market.tokens.map((each) => each.token))
        const stats = yield* boards.userStats(user)
        const standing = yield* boards.standing({ user, period: "all" })
        const timeMs = yield* clob.timeMs
        const offset = yield* (yield* VenueClock).offset
        const status = yield* prices.status
        return { pages, market, parameters, books, stats, standing, timeMs, offset, status, user }
      }),
    )
    for (const page of result.pages) {
      assert.deepStrictEqual(page.rejected.slice(0, 3), [])
      assert.isAbove(page.rows.length, 0)
    }
    assert.strictEqual(result.parameters.tick, result.market.tick)
    assert.deepStrictEqual(result.parameters.fee, result.market.fee)
    assert.strictEqual(result.books.books.size, 2)
    assert.strictEqual(result.stats?.wallet, result.user)
    assert.strictEqual(result.standing?.wallet, result.user)
    assert.isAtMost(Math.abs(result.timeMs - startMs), 60_000)
    assert.isAtMost(Math.abs(result.offset?.offsetMs ?? Infinity), 1000)
    assert.isAtLeast(result.status.lagMs, 0)
    const resolutions = served("/v2/resolutions")
    const statuses = new Set(resolutions.map(({ data }) => data[0]?.status))
    assert.isTrue(statuses.has("resolved") && statuses.size > 1)
    for (const [route, schema] of [
      ["/v2/trades", Theirs.ListTradesResponseSchema],
      ["/v2/activity", Theirs.ListActivityResponseSchema],
      ["/v2/positions", Theirs.ListPositionsResponseSchema],
      ["/v2/holders", Theirs.ListMarketHoldersResponseSchema],
      ["/v2/biggest-winners", Theirs.ListBiggestWinnersResponseSchema],
      ["/v2/resolutions", Theirs.FetchResolutionsResponseSchema],
      ["/v2/prices-history", Theirs.ListPriceHistoryResponseSchema],
      ["/v2/user-stats", Theirs.FetchUserStatsResponseSchema],
      ["/markets/keyset", ListMarketsKeysetResponseSchema],
    ] as const) {
      const some = served(route)
      assert.isAbove(some.length, 0, route)
      for (const body of some) {
        const read = schema.safeParse(body)
        assert.isTrue(read.success, `${route}: ${JSON.stringify(read.error?.issues.slice(0, 2))}`)
      }
    }
    for (const book of served("/books").flat()) assert.isTrue(TheirBook.safeParse(book).success)
  })

  it("lists markets of both protocols, each found by its condition and everywhere the same", async () => {
    const { result, served } = await against(
      Effect.gen(function* () {
        const data = yield* DataApi
        const gamma = yield* GammaApi
        const clob = yield* ClobMarkets
        const open = yield* gamma.markets({ closed: false })
        const closed = yield* gamma.markets({ closed: true })
        const newer = [...open.rows, ...closed.rows].filter(({ condition }) =>
          /^0x01.*00$/.test(condition),
        )
        const conditions = newer.slice(0, 12).map(({ condition }) => condition)
        const found = yield* gamma.marketsByCondition(conditions)
        const some = open.rows.find(({ condition }) => conditions.includes(condition))!
        const trades = yield* data.trades({ condition: some.condition, limit: 50 })
        const parameters = yield* clob.tradingParameters(some.condition)
        const { books } = yield* clob.books(some.tokens.map(({ token }) => token))
        const over = closed.rows.find(({ condition }) => /^0x01.*00$/.test(condition))!
        const outcome = yield* data.resolutions(over.condition)
        const pages = [open, closed, found, trades]
        return { pages, newer, conditions, found, some, parameters, books, over, outcome, trades }
      }),
      mixed,
    )
    for (const { rejected } of result.pages) assert.deepStrictEqual(rejected.slice(0, 3), [])
    const listed = result.pages[0]!.rows.length + result.pages[1]!.rows.length
    assert.isAbove(result.newer.length, 20)
    assert.isAbove(listed - result.newer.length, 20)
    assert.deepStrictEqual(
      result.found.rows.map(({ condition }) => condition).toSorted(),
      result.conditions.toSorted(),
    )
    assert.isAbove(result.trades.rows.length, 0)
    assert.deepStrictEqual(result.parameters.fee, result.some.fee)
    assert.strictEqual(result.books.size, 2)
    const books = served("/books").flat()
    assert.deepStrictEqual(
      books.map(({ version }) => version),
      ["v2", "v2"],
    )
    for (const book of books) assert.isTrue(TheirBook.safeParse(book).success)
    assert.strictEqual(result.outcome[0]?.condition, result.over.condition)
    const rows = served("/markets/keyset").flatMap(({ markets }) => markets)
    const spelled = rows.filter(({ version }) => version === "v2")
    assert.isAbove(spelled.length, 0)
    for (const row of spelled) {
      assert.strictEqual(row.conditionId.length, 64)
      assert.isTrue(Array.isArray(row.positionIds) && row.clobTokenIds === undefined)
    }
    for (const body of served("/markets/keyset")) {
      assert.isTrue(ListMarketsKeysetResponseSchema.safeParse(body).success)
    }
  })

  it("tells books over its socket that stay those it serves over HTTP", async () => {
    const { result, frames } = await against(
      Effect.gen(function* () {
        const gamma = yield* GammaApi
        const clob = yield* ClobApi
        const feed = yield* BookFeed
        const { rows } = yield* gamma.markets({ closed: false })
        const tokens = rows.slice(0, 10).map((market) => market.tokens[0]!.token)
        const kinds: Array<string> = []
        yield* Effect.forkChild(
          Stream.runForEach(feed.events, ({ kind }) => Effect.sync(() => kinds.push(kind))),
          { startImmediately: true },
        )
        yield* Effect.forkChild(feed.listening)
        yield* feed.follow(tokens)
        yield* Effect.sleep("10 minutes")
        let inStep = 0
        let same = 0
        let open = 0
        for (const token of tokens) {
          const seen = yield* feed.book(token)
          const fetched = yield* Effect.result(clob.book(token))
          // A market may have closed meanwhile.
          if (Result.isFailure(fetched)) continue
          open += 1
          if (seen !== null) inStep += 1
          if (
            seen?.book.bids[0]?.price === fetched.success.bids[0]?.price &&
            seen?.book.asks[0]?.price === fetched.success.asks[0]?.price
          ) {
            same += 1
          }
        }
        return { inStep, same, of: open, kinds }
      }),
    )
    assert.strictEqual(result.inStep, result.of)
    assert.isAtLeast(result.same, result.of - 3)
    assert.isAtLeast(result.of, 5)
    // Books end with their markets and are never out of step before.
    assert.strictEqual(result.kinds.filter((kind) => kind === "lost").length, 10 - result.of)
    assert.isAbove(result.kinds.length, result.of)
    const messages = frames.flatMap((frame) => JSON.parse(String(frame)) as unknown)
    for (const message of messages.slice(0, 500)) {
      const read = MarketEventSchema.safeParse(message)
      assert.isTrue(read.success, JSON.stringify(message).slice(0, 300))
    }
  })
})
