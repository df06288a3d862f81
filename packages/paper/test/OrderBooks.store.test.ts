import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import { hexToBytes, tokenToBytes } from "@evaluator/domain/Id"
import { price, shares } from "@evaluator/domain/money/Micro"
import { movableClock } from "@evaluator/testkit/MovableClock"
import { book, fill, type House, ingested, market, noon, resolved, token } from "./PaperHarness.ts"
import { deliver, only, prepared, sound, until } from "./CopyRuns.ts"

const push = (house: House, n: number, at: number, ageMs: number) =>
  house.venue.pushed.set(token(n), { book: book(n, { asks: [[at, 1000]] }), ageMs })

const fetches = (house: House) =>
  house.venue.calls.filter((call) => call.startsWith("book ")).length

const kept = (house: House) =>
  Effect.map(
    house.sql`SELECT book_source, book_age_ms, fee_rate, fee_exponent,
      arrive_at_ms - reserved_at_ms AS delay_ms FROM copies`,
    ([row]) => row!,
  )

/** No at 0.50 was copied, then Yes at 0.60. */
const holdingBoth = Effect.gen(function* () {
  const house = yield* prepared({ overrides: { paper: { market_exposure: 0.15 } } })
  house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
  house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.4, 60]] }, 1))
  yield* deliver(house, [fill({ price: 0.5, outcome: 1 })])
  yield* deliver(house, [fill({ price: 0.6, n: 2, atMs: noon + 1 })])
  return house
})

/** Shares of No that follow the leader's sale of a hundred. */
const soldOfNo = Effect.fnUntraced(function* (house: House) {
  yield* deliver(house, [
    fill({ side: "SELL", price: 0.41, outcome: 1, n: 3, atMs: noon + 2, size: 100 }),
  ])
  return (yield* house.reports.copies({})).find((copy) => copy.side === "SELL")?.size
})

describe("the order book that an order meets", () => {
  it.effect("is the socket's when it is young, and nothing is fetched", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      push(house, 1, 0.61, 5000)
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.strictEqual((yield* only(house)).gross! / (yield* only(house)).size!, 0.61)
      assert.strictEqual(fetches(house), 0)
      assert.strictEqual((yield* kept(house))["book_source"], "socket")
      yield* sound(house)
    }),
  )

  it.effect("is fetched when the socket's is older than five seconds", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      push(house, 1, 0.61, 5001)
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.strictEqual((yield* only(house)).gross! / (yield* only(house)).size!, 0.6)
      assert.deepInclude(yield* kept(house), { book_source: "fetched", book_age_ms: 0 })
    }),
  )

  it.effect("is taken although the venue stamps it ahead of our clock", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const ahead = (yield* Clock.currentTimeMillis) + 800
      house.venue.setBook({ ...book(1, { asks: [[0.6, 1000]] }), atMs: ahead })
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.strictEqual((yield* only(house)).outcome, "COPIED")
      assert.deepInclude(yield* kept(house), { book_source: "fetched", book_age_ms: 0 })
      yield* sound(house)
    }),
  )

  it.effect("is none when the socket's is old and the venue does not answer", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      push(house, 1, 0.6, 60_000)
      house.venue.down.add("book")
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.strictEqual((yield* only(house)).outcome, "SKIPPED_NO_BOOK")
      yield* sound(house)
    }),
  )

  it.effect("is followed from the decision on, while shares are held, and not for ever", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { books_followed: 2 } } })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* house.tell([ingested([fill({ price: 0.6 })])])
      yield* until(house, "reserved")
      assert.deepStrictEqual([...house.venue.followed], [token(1)])
      yield* house.settle
      yield* TestClock.adjust("21 minutes")
      assert.deepStrictEqual([...house.venue.followed], [token(1)])
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      yield* TestClock.adjust("21 minutes")
      assert.deepStrictEqual([...house.venue.followed], [])
    }),
  )

  it.effect("is followed for no more tokens than are allowed, the newest", () =>
    Effect.gen(function* () {
      const house = yield* prepared({
        overrides: { paper: { books_followed: 2, wallet_exposure: 0.15 } },
      })
      for (const n of [1, 2, 3]) {
        house.venue.setBook(book(n, { asks: [[0.6, 1000]] }))
        yield* deliver(house, [fill({ price: 0.6, market: n, n })])
      }
      assert.deepStrictEqual([...house.venue.followed].toSorted(), [token(2), token(3)].toSorted())
    }),
  )
})

describe("a message of the book socket that cannot be read", () => {
  it.effect("is kept in quarantine", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const row = { reason: "no JSON", body: '"{"', request: "STREAM ws/market", recorded: null }
      yield* Queue.offer(house.venue.unreadable, row)
      yield* house.settle
      const kept = yield* house.sql`SELECT reason, body, request, recorded FROM quarantine`
      assert.deepStrictEqual(
        kept.map((one) => ({ ...one })),
        [row],
      )
    }),
  )
})

describe("the terms of an order", () => {
  it.effect("are the delay of the order, the taker's and the market's, and the fee then", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const fee = { rate: 40_000, exponent: 1 }
      yield* house.tell([
        { type: "MarketChanged", payload: { market: market(1, { fee, delayMs: 2000 }) } },
      ])
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.deepInclude(yield* kept(house), {
        delay_ms: 100 + 150 + 2000,
        fee_rate: 40_000,
        fee_exponent: 1,
      })
    }),
  )

  it.effect("keep the limit on the grid the book has by now", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { slippage: 0.025 } } })
      yield* house.tell([
        { type: "MarketChanged", payload: { market: market(1, { tick: price(1000) }) } },
      ])
      // Allowed was 0.625; the book trades whole hundredths again, and 0.625 is no price of it.
      house.venue.setBook(book(1, { asks: [[0.625, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.strictEqual((yield* only(house)).outcome, "SKIPPED_NO_FILL")
      yield* sound(house)
    }),
  )

  it.effect("refuse an order below the least of the book by now", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook({
        ...book(1, { asks: [[0.6, 1000]] }),
        minimumSize: shares(100_000_000),
      })
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.strictEqual((yield* only(house)).outcome, "SKIPPED_BELOW_MINIMUM")
      yield* sound(house)
    }),
  )

  it.effect("leave out what we took of the other outcome: the two books are one", () =>
    Effect.gen(function* () {
      const house = yield* holdingBoth
      // 41.66 Yes at 0.60 are 41.66 of the 60 bids for No at 0.40.
      assert.strictEqual(yield* soldOfNo(house), 60_000_000 - 41_660_000)
      yield* sound(house)
    }),
  )

  it.effect("leave out what an order in the other outcome gets that is priced, not booked", () =>
    Effect.gen(function* () {
      const house = yield* holdingBoth
      // As a kill between pricing and booking leaves it, until recovery takes it up.
      yield* house.sql`UPDATE copies SET state = 'priced', outcome = NULL, takes = NULL,
        filled_at_ms = NULL WHERE token = ${tokenToBytes(token(1))}`
      // 41.66 Yes at 0.60 are 41.66 of the 60 bids for No at 0.40.
      assert.strictEqual(yield* soldOfNo(house), 60_000_000 - 41_660_000)
    }),
  )

  it.effect(
    "leave nothing out for an order that is below the least of the book it was priced in",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared({ overrides: { paper: { market_exposure: 0.15 } } })
        house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
        yield* deliver(house, [fill({ price: 0.6 })])
        yield* house.sql`UPDATE copies SET state = 'priced', outcome = NULL, takes = NULL,
        filled_at_ms = NULL, priced_book = json_set(priced_book, '$.minimumSize', 1000000000)`
        yield* deliver(house, [fill({ price: 0.6, n: 2, atMs: noon + 1 })])
        const [row] = yield* house.sql`SELECT own_taken FROM copies WHERE outcome = 'COPIED'`
        assert.deepStrictEqual({ ...row }, { own_taken: 0 })
      }),
  )

  it.effect("are as late as fetches that were given up, too", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { book_timeout: "2s" } } })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      house.venue.slow = "5 seconds"
      yield* deliver(house, [fill({ price: 0.6 })])
      assert.strictEqual((yield* only(house)).outcome, "SKIPPED_NO_BOOK")
      house.venue.slow = 0
      yield* deliver(house, [fill({ price: 0.6, n: 2, atMs: noon + 1 })])
      const [row] = yield* house.sql`SELECT arrive_at_ms - reserved_at_ms AS delay_ms
        FROM copies WHERE outcome = 'COPIED'`
      assert.deepStrictEqual({ ...row }, { delay_ms: 2000 + 150 })
    }),
  )

  it.effect("are as late as fetches took by the clock that nobody sets", () =>
    Effect.gen(function* () {
      const { movable, setWall } = yield* movableClock
      const house = yield* Effect.provideService(prepared(), Clock.Clock, movable)
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      house.venue.slow = "1 second"
      yield* house.tell([ingested([fill({ price: 0.6 })])])
      yield* TestClock.adjust("500 millis")
      setWall(3000)
      yield* house.settle
      house.venue.slow = 0
      yield* deliver(house, [fill({ price: 0.6, n: 2, atMs: noon + 3000 })])
      const rows = yield* house.sql<{ delay_ms: number }>`
        SELECT arrive_at_ms - reserved_at_ms AS delay_ms FROM copies ORDER BY reserved_at_ms`
      assert.deepStrictEqual(
        rows.map((row) => row.delay_ms),
        [100 + 150, 1000 + 150],
      )
    }),
  )

  it.effect(
    "are asked for again of a market the venue did not describe, also after a set clock",
    () =>
      Effect.gen(function* () {
        const { movable, setWall } = yield* movableClock
        const house = yield* Effect.provideService(prepared(), Clock.Clock, movable)
        house.venue.setBook(book(9, { asks: [[0.6, 1000]] }))
        yield* deliver(house, [fill({ price: 0.6, market: 9 })])
        house.venue.markets.set(market(9).condition, market(9))
        setWall(-3_600_000)
        yield* TestClock.adjust("11 minutes")
        yield* deliver(house, [fill({ price: 0.6, market: 9, n: 2, atMs: noon + 1 })])
        const outcomes = (yield* house.reports.copies({})).map((copy) => copy.outcome)
        assert.sameMembers(outcomes, ["SKIPPED_MARKET_UNKNOWN", "COPIED"])
      }),
  )

  it.effect("rest on facts asked for again when nothing was heard of them for long", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { facts_age: "10m" } } })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* TestClock.adjust("11 minutes")
      const late = noon + 11 * 60_000
      house.venue.down.add("markets")
      yield* deliver(house, [fill({ price: 0.6, atMs: late })])
      house.venue.down.clear()
      house.venue.markets.set(market(1).condition, market(1))
      yield* deliver(house, [fill({ price: 0.6, atMs: late + 1, n: 2 })])
      yield* deliver(house, [fill({ price: 0.6, atMs: late + 2, n: 3 })])
      const outcomes = (yield* house.reports.copies({})).map((copy) => copy.outcome)
      assert.deepStrictEqual(outcomes, ["COPIED", "COPIED", "SKIPPED_MARKET_UNKNOWN"])
      assert.strictEqual(house.venue.calls.filter((call) => call.startsWith("markets ")).length, 2)
    }),
  )

  it.effect(
    "rest on facts asked for again when they were heard before the clock was set back",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared({ overrides: { paper: { facts_age: "10m" } } })
        house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
        house.venue.markets.set(market(1).condition, market(1))
        yield* house.sql`UPDATE markets SET at_ms = at_ms + 3600000`
        yield* deliver(house, [fill({ price: 0.6 })])
        assert.strictEqual((yield* only(house)).outcome, "COPIED")
        const [row] = yield* house.sql<{ source: string }>`SELECT source FROM markets
          WHERE condition_id = ${hexToBytes(market(1).condition)}`
        assert.strictEqual(row!.source, "venue")
        // What was answered is kept: the next one need not ask.
        yield* deliver(house, [fill({ price: 0.6, n: 2 })])
        assert.strictEqual(
          house.venue.calls.filter((call) => call.startsWith("markets ")).length,
          1,
        )
      }),
  )

  it.effect("rest on facts as old as the venue's cache says, not as old as their asking", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { facts_age: "10m" } } })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      house.venue.markets.set(market(1).condition, market(1))
      house.venue.agedMs = 240_000
      yield* TestClock.adjust("11 minutes")
      yield* deliver(house, [fill({ price: 0.6, atMs: noon + 660_000 })])
      const [row] = yield* house.sql<{ source: string; at_ms: number }>`SELECT source, at_ms
        FROM markets WHERE condition_id = ${hexToBytes(market(1).condition)}`
      assert.strictEqual(row!.source, "venue")
      const ageMs = (yield* Clock.currentTimeMillis) - row!.at_ms
      // Some virtual time passes while the copy runs.
      assert.isAtLeast(ageMs, 240_000)
      assert.isBelow(ageMs, 250_000)
    }),
  )

  it.effect("wait for facts no longer than a fill may wait for its slot", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { facts_age: "10m", deadline: "1s" } } })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      house.venue.markets.set(market(1).condition, market(1))
      yield* TestClock.adjust("11 minutes")
      // In time for a book, which may take 3 s.
      house.venue.slow = "2 seconds"
      yield* deliver(house, [fill({ price: 0.6, atMs: noon + 660_000 })])
      assert.strictEqual((yield* only(house)).outcome, "SKIPPED_MARKET_UNKNOWN")
      const [row] = yield* house.sql<{ ms: number }>`SELECT
        reviewed_at_ms - detected_at_ms AS ms FROM copies`
      // Time passes in steps of 20 ms.
      assert.isAtMost(row!.ms, 1020)
    }),
  )

  it.effect("find the facts of a market that is held renewed before they are needed", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { paper: { facts_age: "10m" } } })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      house.venue.markets.set(market(1).condition, market(1, { delayMs: 700 }))
      house.venue.markets.set(market(2).condition, market(2))
      yield* TestClock.adjust("8 minutes")
      house.venue.down.add("markets")
      yield* TestClock.adjust("4 minutes")
      yield* deliver(house, [fill({ price: 0.6, atMs: noon + 720_000, n: 2 })])
      const [second] = yield* house.reports.copies({})
      assert.strictEqual(second?.outcome, "COPIED")
      const asked = house.venue.calls.filter((call) => call.startsWith("markets "))
      assert.deepStrictEqual(asked.slice(0, 1), [`markets ${market(1).condition}`])
      assert.isFalse(asked.some((call) => call.includes(market(2).condition)))
      yield* sound(house)
    }),
  )
})
