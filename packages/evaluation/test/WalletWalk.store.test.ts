import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { openFollow } from "@evaluator/evaluation/stores/Follows"
import { feedsOf } from "@evaluator/evaluation/stores/WalletFeeds"
import { FakeVenue } from "./support/FakeVenue.ts"
import { deed, fill } from "./support/Rows.ts"
import { fills, walk, wallet, watch } from "./support/WalkedWallet.ts"
import { countRows, eventsOf, withLane } from "./support/WithLane.ts"

const hour = 3_600_000

describe("walking a wallet's feeds", () => {
  it.effect(
    "stores every fill once and calls the feed complete through the poll less the lag",
    () => {
      const venue = new FakeVenue().addFills(fills(2500))
      return Effect.gen(function* () {
        yield* TestClock.setTime(10 * hour)
        yield* watch()
        assert.strictEqual(yield* walk(), "complete")
        assert.strictEqual(yield* countRows("trades"), 2500)
        const [feed] = yield* feedsOf(wallet)
        assert.strictEqual(feed!.completeThroughMs, 10 * hour - 30_000)
        assert.isNull(feed!.walk)
        const events = yield* eventsOf("TradesIngested")
        assert.strictEqual(
          events.reduce((sum, event) => sum + event.count, 0),
          2500,
        )
        assert.isTrue(events.every((event) => event.count <= 500))
      }).pipe(withLane(venue))
    },
  )

  it.effect("goes on at its cursor after it was cut off and loses nothing", () => {
    const venue = new FakeVenue().addFills(fills(2500))
    return Effect.gen(function* () {
      yield* TestClock.setTime(10 * hour)
      yield* watch()
      assert.strictEqual(yield* walk({ pages: 1 }), "more")
      const [cut] = yield* feedsOf(wallet)
      assert.isNull(cut!.completeThroughMs)
      // What appears meanwhile belongs to the next walk.
      yield* TestClock.setTime(11 * hour)
      venue.addFills([fill({ tx: 9001, atMs: 10 * hour + 1 })])
      venue.requests.length = 0
      assert.strictEqual(yield* walk(), "complete")
      assert.notInclude(venue.requests[0]!, "first")
      const [feed] = yield* feedsOf(wallet)
      assert.strictEqual(feed!.completeThroughMs, 10 * hour - 30_000)
      assert.strictEqual(yield* walk(), "complete")
      assert.strictEqual(yield* countRows("trades"), 2501)
    }).pipe(withLane(venue))
  })

  it.effect("does not take an interrupted incremental walk for a finished one", () => {
    const venue = new FakeVenue().addFills(fills(10))
    venue.pageRows = 5
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      yield* walk()
      yield* TestClock.setTime(2 * hour)
      venue.addFills(
        Array.from({ length: 20 }, (_, n) => fill({ tx: 500 + n, atMs: hour + 1 + n * 1000 })),
      )
      // One page of new rows, then the process dies; the rest is older but new all the same.
      assert.strictEqual(yield* walk({ pages: 1 }), "more")
      assert.strictEqual(yield* walk(), "complete")
      assert.strictEqual(yield* countRows("trades"), 30)
    }).pipe(withLane(venue))
  })

  it.effect(
    "ends an incremental walk at a page that adds nothing and reaches what is known",
    () => {
      const venue = new FakeVenue().addFills(fills(3000))
      return Effect.gen(function* () {
        yield* TestClock.setTime(10 * hour)
        yield* watch()
        yield* walk()
        venue.requests.length = 0
        yield* TestClock.setTime(11 * hour)
        yield* walk()
        assert.strictEqual(venue.requests.length, 1)
      }).pipe(withLane(venue))
    },
  )

  it.effect("keeps several fills of one transaction apart and repeats out", () => {
    const same = { tx: 7, atMs: 5000 }
    const three = [
      fill({ ...same, price: 0.4 }),
      fill({ ...same, price: 0.41 }),
      fill({ ...same, outcome: 1, price: 0.6 }),
    ]
    const venue = new FakeVenue().addFills([...three, ...three, three[0]!])
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      yield* walk()
      assert.strictEqual(yield* countRows("trades"), 3)
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ fills: number; first_fill_ms: number }>`
        SELECT fills, first_fill_ms FROM wallets`
      assert.deepStrictEqual({ ...row! }, { fills: 3, first_fill_ms: 5000 })
    }).pipe(withLane(venue))
  })

  it.effect("finds a late row inside the overlap and announces only what is new", () => {
    const venue = new FakeVenue().addFills(fills(3))
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      yield* walk()
      // One is of the time just above what was called complete, one of long before; both appear only now.
      venue.addFills([
        fill({ tx: 77, atMs: hour - 29_000 }),
        fill({ tx: 78, atMs: hour - 12 * 60_000 }),
      ])
      yield* TestClock.setTime(hour + 60_000)
      yield* walk()
      assert.strictEqual(yield* countRows("trades"), 5)
      assert.deepStrictEqual(
        (yield* eventsOf("TradesIngested")).map((event) => event.count),
        [3, 2],
      )
    }).pipe(withLane(venue))
  })

  it.effect("puts only fills made while the wallet was followed into the event", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      yield* walk()
      yield* openFollow(
        { wallet, fromMs: hour, toMs: 2 * hour, state: "PAPER_TRADING", persona: null },
        "rules",
      )
      venue.addFills([
        fill({ tx: 1, atMs: hour - 1000 }),
        fill({ tx: 3, atMs: hour + 9000 }),
        fill({ tx: 2, atMs: hour }),
        fill({ tx: 4, atMs: 2 * hour }),
      ])
      yield* TestClock.setTime(3 * hour)
      yield* walk()
      const last = (yield* eventsOf("TradesIngested")).at(-1)!
      assert.strictEqual(last.count, 4)
      assert.deepStrictEqual(
        last.fills.map((one) => one.atMs),
        [hour, hour + 9000],
      )
    }).pipe(withLane(venue))
  })

  it.effect("keeps deeds beside fills and quarantines what does not decode, once", () => {
    const venue = new FakeVenue()
      .addFills(fills(2))
      .addDeeds([
        deed({ type: "SPLIT", market: 1, size: 5 }),
        deed({ type: "REDEEM", market: 1, size: 5 }),
        deed({ type: "REWARD", usdc: 3 }),
      ])
    venue.rejected.set(wallet, [
      { reason: "no size", body: '{"size":"?"}', request: "GET /activity", recorded: null },
    ])
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      yield* walk()
      yield* walk()
      assert.strictEqual(yield* countRows("activity"), 3)
      assert.strictEqual(yield* countRows("quarantine"), 1)
      assert.strictEqual(yield* countRows("conditions"), 1)
      assert.strictEqual(yield* countRows("wallet_conditions"), 1)
    }).pipe(withLane(venue))
  })

  it.effect(
    "decides the fate of each recorded row once, a fill in both folders being one fill",
    () => {
      const venue = new FakeVenue()
      const [a, b] = fills(2)
      venue.addFills([a!, b!, a!], (_, index) => `activity/x.ndjson.gz:${index + 1}`)
      venue.trades.set(wallet, [
        { value: a!, recorded: "trades/y.ndjson.gz:1" },
        { value: fill({ tx: 900, atMs: 999_000 }), recorded: "trades/y.ndjson.gz:2" },
      ])
      venue.rejected.set(wallet, [
        { reason: "no side", body: "{}", request: "GET", recorded: "activity/x.ndjson.gz:4" },
      ])
      return Effect.gen(function* () {
        yield* TestClock.setTime(hour)
        yield* watch(["activity", "trades"])
        yield* walk()
        yield* TestClock.setTime(2 * hour)
        yield* walk()
        const sql = yield* SqlClient.SqlClient
        const fates = yield* sql<{ at: string; fate: string }>`
        SELECT file || ':' || line AS at, fate FROM row_fates ORDER BY file, line`
        assert.deepStrictEqual(
          fates.map((row) => `${row.at} ${row.fate}`),
          [
            "activity/x.ndjson.gz:1 stored",
            "activity/x.ndjson.gz:2 stored",
            "activity/x.ndjson.gz:3 duplicate",
            "activity/x.ndjson.gz:4 quarantined",
            "trades/y.ndjson.gz:1 duplicate",
            "trades/y.ndjson.gz:2 stored",
          ],
        )
        assert.strictEqual(yield* countRows("trades"), 3)
      }).pipe(withLane(venue))
    },
  )

  it.effect(
    "makes a wallet due to be judged when its history becomes complete, fills or not",
    () => {
      const venue = new FakeVenue()
      return Effect.gen(function* () {
        yield* TestClock.setTime(hour)
        yield* watch()
        yield* walk()
        const sql = yield* SqlClient.SqlClient
        const [row] = yield* sql<{ judge_due_ms: number }>`SELECT judge_due_ms FROM wallets
        WHERE wallet = ${hexToBytes(wallet)}`
        assert.strictEqual(row!.judge_due_ms, hour)
        assert.deepStrictEqual(yield* eventsOf("TradesIngested"), [{ wallet, count: 0, fills: [] }])
      }).pipe(withLane(venue))
    },
  )
})
