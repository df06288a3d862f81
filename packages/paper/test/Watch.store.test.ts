import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import {
  book,
  fill,
  follow,
  type House,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  wallet,
} from "./PaperHarness.ts"
import { FakeVenue } from "./FakeVenue.ts"

const show = (venue: FakeVenue, fills: ReadonlyArray<Fill>) => {
  for (const one of fills) venue.rows.push({ kind: "fill", fill: one })
}

const watchRow = (house: House, n = 1) =>
  house.sql<Record<string, number | null>>`SELECT complete_through_ms, next_poll_at_ms, quiet_polls,
    polls, attempts, to_ms FROM watches WHERE wallet = ${hexToBytes(wallet(n))}`.pipe(
    Effect.orDie,
    Effect.map(([row]) => row!),
  )

const polls = (house: House, n = 1) =>
  house.venue.calls.filter((call) => call === `activity ${wallet(n)}`).length

const via = (house: House) =>
  Effect.map(house.reports.copies({}), (copies) => copies.map((copy) => copy.detectedVia))

const prepared = Effect.fnUntraced(function* (
  overrides: Parameters<typeof openHouse>[0] = {},
  venue = new FakeVenue(),
) {
  yield* TestClock.setTime(noon)
  venue.setBook(book(1, { asks: [[0.6, 1000]] }))
  return yield* openHouse({ ...overrides, venue })
})

describe("a fill of a followed wallet", () => {
  it.effect("is found by a poll when nobody hints at it", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      show(house.venue, [fill({ atMs: noon + 1000 })])
      yield* TestClock.adjust("15 seconds")
      yield* house.settle
      assert.deepStrictEqual(yield* via(house), ["poll"])
      assert.strictEqual((yield* house.reports.copies({}))[0]!.outcome, "COPIED")
    }),
  )

  it.effect("is copied once, whichever way it comes and however often", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      const one = fill({ atMs: noon + 100 })
      yield* Queue.offerAll(house.venue.announced, [one, one])
      yield* house.settle
      show(house.venue, [one])
      yield* house.tell([ingested([one]), ingested([one])])
      yield* TestClock.adjust("20 seconds")
      yield* house.settle
      assert.deepStrictEqual(yield* via(house), ["feed"])
      assert.deepStrictEqual((yield* house.reports.counts("portfolio", null)).outcomes, {
        COPIED: 1,
      })
      const events = yield* house.sql`SELECT count(*) AS n FROM events WHERE type = 'CopyDecided'`
      assert.strictEqual(events[0]!.n, 1)
    }),
  )

  it.effect("made before the follow or after its end is never copied", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const to = noon + 2000
      yield* introduce(house, [market(1)], [follow(wallet(1), noon, to)])
      const fills = [
        fill({ n: 1, atMs: noon - 1 }),
        fill({ n: 2, atMs: noon }),
        fill({ n: 3, atMs: to - 1 }),
        fill({ n: 4, atMs: to }),
      ]
      show(house.venue, fills)
      yield* house.tell([ingested(fills)])
      yield* Queue.offerAll(house.venue.announced, fills)
      yield* TestClock.adjust("30 seconds")
      yield* house.settle
      const copies = yield* house.reports.copies({})
      assert.deepStrictEqual(
        copies.map((copy) => copy.leaderAtMs),
        [to - 1, noon],
      )
    }),
  )

  it.effect("of a wallet nobody follows is passed over", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      yield* Queue.offer(house.venue.announced, fill({ wallet: wallet(2) }))
      yield* house.tell([ingested([fill({ wallet: wallet(2) })])])
      yield* house.settle
      assert.deepStrictEqual(yield* house.reports.copies({}), [])
    }),
  )
})

describe("a watched wallet", () => {
  it.effect("is complete through the poll's start less the visibility lag", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* introduce(house, [market(1)], [follow(wallet(1), noon - 60_000)])
      yield* TestClock.adjust("1 second")
      const { complete_through_ms } = yield* watchRow(house)
      assert.isAtMost(complete_through_ms!, noon - 4000)
      assert.isAtLeast(complete_through_ms!, noon - 5000)
      assert.strictEqual(yield* house.reports.watermark, complete_through_ms)
    }),
  )

  it.effect("gets its late rows, because polls overlap by the lag", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      const before = polls(house)
      yield* TestClock.adjust("4 seconds")
      // One made 3 s ago, and one that the first poll would have found but for the venue's delay.
      show(house.venue, [fill({ atMs: noon - 7000, n: 2 }), fill({ atMs: noon + 1000 })])
      yield* TestClock.adjust("20 seconds")
      yield* house.settle
      assert.isAbove(polls(house), before)
      assert.strictEqual((yield* house.reports.copies({})).length, 2)
    }),
  )

  it.effect("gets rows that come much later than others of their time", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { watch: { late_rows: "15m" } } })
      yield* introduce(house, [market(1)], [follow(wallet(1), noon - 60_000)])
      yield* TestClock.adjust("12 minutes")
      assert.isAbove((yield* watchRow(house)).complete_through_ms!, noon + 600_000)
      show(house.venue, [fill({ atMs: noon - 5000 })])
      yield* TestClock.adjust("3 minutes")
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({})).length, 1)
    }),
  )

  it.effect("that has more than a page is walked to its end, oldest first", () =>
    Effect.gen(function* () {
      const venue = new FakeVenue()
      show(
        venue,
        Array.from({ length: 25 }, (_, n) => fill({ n: n + 1, atMs: noon - 30_000 + n * 1000 })),
      )
      const overrides = { watch: { page_rows: 4, pages_per_poll: 2, late_rows: "15m" } }
      const house = yield* prepared({ overrides }, venue)
      yield* introduce(house, [market(1)], [follow(wallet(1), noon - 40_000)])
      yield* TestClock.adjust("1 second")
      yield* house.settle
      const copies = yield* house.reports.copies({})
      assert.strictEqual(copies.length, 25)
      assert.isAtLeast((yield* watchRow(house)).complete_through_ms!, noon - 5000)
    }),
  )

  it.effect(
    "is polled ever more seldom while nothing is missed, and often again when something was",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        yield* introduce(house, [market(1)], [follow(wallet(1))])
        yield* TestClock.adjust("10 minutes")
        const quiet = yield* watchRow(house)
        assert.isAtLeast(quiet.quiet_polls!, 4)
        // 5, 10, 20, 40 s, then one a minute, each a fifth more or less.
        assert.isAtMost(polls(house), 18)
        const at = quiet.next_poll_at_ms!
        show(house.venue, [fill({ atMs: at - 6000 })])
        yield* TestClock.setTime(at)
        yield* house.settle
        const { quiet_polls, next_poll_at_ms } = yield* watchRow(house)
        assert.strictEqual(quiet_polls, 0)
        assert.isAtMost(next_poll_at_ms! - at, 6000)
      }),
  )

  it.effect("is polled often while no hint of any kind comes", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { watch: { hint_silence: "30s" } } })
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      yield* TestClock.adjust("5 minutes")
      // Every 5 s, a fifth more or less, apart from the first half minute.
      assert.isAtLeast(polls(house), 40)
    }),
  )

  it.effect("whose polls fail is asked again after growing pauses, and catches up", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.down.add("activity")
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      yield* TestClock.adjust("1 minute")
      const failing = yield* watchRow(house)
      assert.isAtLeast(failing.attempts!, 3)
      assert.isAtMost(failing.attempts!, 5)
      assert.strictEqual(failing.complete_through_ms, noon - 60_000)
      house.venue.down.clear()
      show(house.venue, [fill({ atMs: noon + 90_000 })])
      yield* TestClock.adjust("2 minutes")
      yield* house.settle
      assert.strictEqual((yield* watchRow(house)).attempts, 0)
      assert.strictEqual((yield* house.reports.copies({})).length, 1)
    }),
  )

  it.effect(
    "whose answers lie in a cache is asked again soon, is not complete, never given up",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        house.venue.cached.add("activity")
        yield* introduce(house, [market(1)], [follow(wallet(1))])
        yield* TestClock.adjust("1 hour")
        const stale = yield* watchRow(house)
        assert.strictEqual(stale.attempts, 0)
        assert.strictEqual(stale.complete_through_ms, noon - 60_000)
        // Every 20 s, a fifth more or less.
        assert.isAtLeast(polls(house), 150)
        house.venue.cached.clear()
        show(house.venue, [fill({ atMs: noon + 1000 })])
        yield* TestClock.adjust("30 seconds")
        yield* house.settle
        assert.strictEqual((yield* house.reports.copies({})).length, 1)
      }),
  )

  it.effect(
    "whose page holds a row that cannot be used keeps it in quarantine, the rest goes on",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        const row = { reason: "no timestamp", body: '"garbage"', request: "GET", recorded: null }
        house.venue.rejected.push(row)
        show(house.venue, [fill({ atMs: noon })])
        yield* introduce(house, [market(1)], [follow(wallet(1))])
        yield* TestClock.adjust("20 seconds")
        yield* house.settle
        assert.strictEqual((yield* house.reports.copies({}))[0]!.outcome, "COPIED")
        const kept = yield* house.sql`SELECT reason, body, times FROM quarantine`
        assert.strictEqual(kept.length, 1)
        assert.deepInclude(kept[0], { reason: row.reason, body: row.body, times: polls(house) })
      }),
  )

  it.effect(
    "whose polls the venue refuses is given up after twelve, and kept as a dead letter",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        house.venue.refusing.add("activity")
        yield* introduce(house, [market(1)], [follow(wallet(1))])
        // 5 s doubling to an hour: about three hours and a half for twelve.
        yield* TestClock.adjust("6 hours")
        const { attempts, next_poll_at_ms } = yield* watchRow(house)
        assert.strictEqual(attempts, 12)
        assert.isNull(next_poll_at_ms)
        assert.strictEqual(polls(house), 12)
        const letters = yield* house.sql`SELECT source, attempts FROM dead_letters`
        assert.deepInclude(letters[0], { source: "watch", attempts: 12 })
        assert.strictEqual(yield* house.reports.watermark, noon - 60_000)
      }),
  )

  it.effect("no longer followed is polled until its last fills are certain, then no more", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      const to = noon + 10_000
      yield* house.tell([
        { type: "FollowListChanged", payload: { follows: [follow(wallet(1), noon - 60_000, to)] } },
      ])
      show(house.venue, [fill({ atMs: to - 1 })])
      yield* TestClock.adjust("1 minute")
      yield* house.settle
      const { next_poll_at_ms, complete_through_ms } = yield* watchRow(house)
      assert.isNull(next_poll_at_ms)
      assert.isAtLeast(complete_through_ms!, to)
      assert.strictEqual((yield* house.reports.copies({})).length, 1)
      assert.isNull(yield* house.reports.watermark)
    }),
  )
})

describe("the drain", () => {
  it.effect("leaves no fill of a followed wallet unseen and no copy without an outcome", () =>
    Effect.gen(function* () {
      const overrides = { watch: { poll_often: "1h", poll_seldom: "1h" } }
      const house = yield* prepared({ overrides })
      yield* introduce(house, [market(1)], [follow(wallet(1)), follow(wallet(2))])
      const fills = [
        fill({ n: 1, atMs: noon + 1000 }),
        fill({ n: 2, atMs: noon + 2000, wallet: wallet(2) }),
      ]
      show(house.venue, fills)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(
        yield* house.reports.missing(
          fills.map((one) => one.id),
          "portfolio",
        ),
        fills.map((one) => one.id),
      )
      const drain = yield* Effect.forkChild(house.lane.catchUp)
      yield* TestClock.adjust("2 seconds")
      yield* Effect.yieldNow
      assert.isDefined(drain.pollUnsafe())
      assert.deepStrictEqual(
        yield* house.reports.missing(
          fills.map((one) => one.id),
          "portfolio",
        ),
        [],
      )
      assert.strictEqual(yield* house.reports.inFlight("portfolio"), 0)
      assert.isAtLeast((yield* house.reports.watermark)!, noon + 5000)
    }),
  )
})

describe("a stale feed", () => {
  it.effect("is refused until the wallet's ledger was seen complete again; sales go through", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ overrides: { watch: { stale_after: "2m" } } })
      house.venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.59, 1000]] }))
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      yield* Queue.offer(house.venue.announced, fill({}))
      yield* house.settle
      assert.strictEqual(yield* house.reports.staleFeeds(120_000), 0)
      house.venue.down.add("activity")
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual(yield* house.reports.staleFeeds(120_000), 1)
      const late = noon + 240_000
      yield* Queue.offer(house.venue.announced, fill({ n: 2, atMs: late }))
      yield* house.settle
      yield* Queue.offer(
        house.venue.announced,
        fill({ side: "SELL", price: 0.59, n: 3, atMs: late + 1000 }),
      )
      yield* house.settle
      const outcomes = (yield* house.reports.copies({})).map((copy) => copy.outcome)
      assert.deepStrictEqual(outcomes, ["COPIED", "SKIPPED_STALE_FEED", "COPIED"])
      const [gate] = yield* house.sql`SELECT gate, gate_value > gate_limit AS beyond FROM copies
        WHERE outcome = 'SKIPPED_STALE_FEED'`
      assert.deepInclude(gate, { gate: "stale-feed", beyond: 1 })
      house.venue.down.clear()
      show(house.venue, [fill({}), fill({ n: 2, atMs: late })])
      show(house.venue, [fill({ side: "SELL", price: 0.59, n: 3, atMs: late + 1000 })])
      yield* TestClock.adjust("5 minutes")
      yield* Queue.offer(house.venue.announced, fill({ n: 4, atMs: late + 300_000 }))
      yield* house.settle
      assert.strictEqual((yield* house.reports.copies({}))[0]!.outcome, "COPIED")
      assert.strictEqual(yield* house.reports.staleFeeds(120_000), 0)
    }),
  )
})

describe("the hops of a copy", () => {
  it.effect("are kept: trade, visible, detected, decided, priced", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      yield* introduce(house, [market(1)], [follow(wallet(1))])
      yield* TestClock.adjust("2 seconds")
      yield* Queue.offer(house.venue.announced, fill({ atMs: noon }))
      yield* house.settle
      const page = yield* house.reports.wallet(wallet(1))
      const hops = page.find((section) => section.title === "How fast")!.rows
      assert.deepStrictEqual(
        hops!.map((row) => row["hop"]),
        ["trade → visible", "visible → detected", "detected → decided", "decided → priced"],
      )
      assert.isAtLeast(Number(hops![0]!["p50"]), 2000)
      assert.strictEqual(hops![3]!["p50"], 250)
    }),
  )
})
