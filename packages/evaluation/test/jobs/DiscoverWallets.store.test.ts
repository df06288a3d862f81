import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { bytesToHex } from "@evaluator/domain/Id"
import { usdc } from "@evaluator/domain/money/Micro"
import type { BiggestWin } from "@evaluator/polymarket/WalletBoards"
import { discoverWallets } from "@evaluator/evaluation/jobs/DiscoverWallets"
import { scoreEvents } from "@evaluator/evaluation/jobs/ScoreEvents"
import { FakeVenue } from "../support/FakeVenue.ts"
import { conditionNo, fill, market, tokenNo, walletNo } from "../support/Rows.ts"
import { countRows, eventsOf, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 100 * day

/** Markets 1…n, each held by the wallets given. */
const venueOf = (holders: Readonly<Record<number, ReadonlyArray<number>>>) => {
  const venue = new FakeVenue()
  for (const [n, wallets] of Object.entries(holders)) {
    const one = market(Number(n), { endAtMs: now + 14 * day })
    venue.markets.set(one.condition, one)
    venue.holders.set(
      one.condition,
      wallets.map((wallet) => ({
        wallet: walletNo(wallet),
        token: tokenNo(2 * Number(n)),
        outcomeIndex: 0,
        amount: 1_000_000 as never,
      })),
    )
  }
  return venue
}

const watched = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ wallet: Uint8Array; source: string }>`SELECT wallet, source FROM wallets
    ORDER BY wallet`
  return rows.map((row) => `${Number(bytesToHex(row.wallet))} ${row.source}`)
})

const start = Effect.gen(function* () {
  yield* TestClock.setTime(now)
  yield* scoreEvents
})

describe("discover-wallets", () => {
  it.effect("finds holders, busy traders and leaders; the first source stands", () => {
    const venue = venueOf({ 1: [1, 2], 2: [2] })
    venue.leaders = [walletNo(1), walletNo(9)]
    venue.addFills([
      ...Array.from({ length: 5 }, (_, n) =>
        fill({ wallet: walletNo(3), market: 1, tx: n, atMs: now - 1000 * n }),
      ),
      ...Array.from({ length: 4 }, (_, n) =>
        fill({ wallet: walletNo(4), market: 1, tx: 50 + n, atMs: now - 1000 * n }),
      ),
    ])
    return Effect.gen(function* () {
      yield* start
      yield* discoverWallets
      const found = yield* watched
      assert.sameMembers(
        found.map((row) => row.split(" ")[0]),
        ["1", "2", "3", "9"],
      )
      assert.include(found, "3 TRADER_RECENT")
      assert.include(found, "9 LEADERBOARD")
      assert.strictEqual(yield* countRows("wallet_feeds"), 4)
      const announced = (yield* eventsOf("WalletsDiscovered")).flatMap((event) => event.wallets)
      assert.sameMembers([...announced], [1, 2, 3, 9].map(walletNo))
      const sql = yield* SqlClient.SqlClient
      const leaders = yield* sql`SELECT wallet FROM wallets WHERE leaderboard_at_ms IS NOT NULL`
      assert.strictEqual(leaders.length, 2)
    }).pipe(withLane(venue))
  })

  it.effect("finds the biggest winners, with the market they won in", () => {
    const venue = venueOf({})
    const win = (rank: number, wallet: number): BiggestWin => ({
      rank,
      wallet: walletNo(wallet),
      condition: conditionNo(7),
      token: tokenNo(14),
      eventSlug: "event-7",
      pnl: usdc(5_000_000_000),
      paid: usdc(1_000_000_000),
      received: usdc(6_000_000_000),
      resolvedAtMs: now - day,
    })
    venue.winners = [win(1, 5), win(2, 6), win(3, 5)]
    return Effect.gen(function* () {
      yield* start
      assert.deepInclude(yield* discoverWallets, { places: 2, wallets: 2 })
      assert.deepStrictEqual(yield* watched, ["5 WINNER", "6 WINNER"])
      assert.deepStrictEqual(venue.requests.filter((one) => one.startsWith("winners")).toSorted(), [
        "winners overall month",
        "winners overall week",
      ])
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ discovered_in: Uint8Array }>`SELECT discovered_in FROM wallets`
      assert.isTrue(rows.every((row) => bytesToHex(row.discovered_in) === conditionNo(7)))
      assert.deepInclude(yield* discoverWallets, { places: 0 })
    }).pipe(withLane(venue, { discovery: { leaderboard: false, winners: true } }))
  })

  it.effect(
    "cut off half-way goes on with the places that are left, not from the beginning",
    () => {
      const places = 45
      const venue = venueOf(
        Object.fromEntries(Array.from({ length: places }, (_, n) => [n + 1, [n + 1]])),
      )
      return Effect.gen(function* () {
        yield* start
        const visits = () => venue.requests.filter((one) => one.startsWith("holders"))
        const before = visits().length
        const run = yield* Effect.forkChild(discoverWallets)
        venue.fail = () => {
          if (visits().length === before + 30) run.interruptUnsafe()
          return null
        }
        const exit = yield* Fiber.await(run)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
        const found = yield* countRows("wallets")
        assert.isAtLeast(found, 20, "the first round is kept")
        assert.isBelow(found, places)
        const again = visits().length
        assert.deepInclude(yield* discoverWallets, { places: places - found, failed: 0, more: 0 })
        assert.strictEqual(visits().length - again, places - found)
        assert.strictEqual(yield* countRows("wallets"), places)
      }).pipe(withLane(venue, { discovery: { leaderboard: false } }))
    },
  )

  it.effect("lets a market that fails neither stop nor repeat the others", () => {
    const venue = venueOf({ 1: [1], 2: [2], 3: [3] })
    return Effect.gen(function* () {
      yield* start
      venue.fail = (request) => (request === `holders ${conditionNo(2)}` ? "unreachable" : null)
      const first = yield* discoverWallets
      assert.deepInclude(first, { wallets: 2, failed: 1 })
      venue.requests.length = 0
      venue.fail = () => null
      yield* TestClock.setTime(now + 10_000)
      const second = yield* discoverWallets
      assert.deepInclude(second, { places: 1, wallets: 1, failed: 0 })
      assert.isTrue(venue.requests.every((request) => request.includes(conditionNo(2))))
    }).pipe(withLane(venue, { discovery: { leaderboard: false } }))
  })

  it.effect(
    "visits a place again when its time has come and forgets those not selected any more",
    () => {
      const venue = venueOf({ 1: [1], 2: [2] })
      return Effect.gen(function* () {
        yield* start
        yield* discoverWallets
        assert.deepInclude(yield* discoverWallets, { places: 0 })
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE markets SET status = 'closed' WHERE event_slug = 'event-2'`
        venue.markets.delete(conditionNo(2))
        yield* TestClock.setTime(now + 600_000)
        yield* scoreEvents
        assert.deepInclude(yield* discoverWallets, { places: 1 })
        assert.strictEqual(yield* countRows("discovery_items"), 1)
      }).pipe(withLane(venue, { discovery: { leaderboard: false } }))
    },
  )

  it.effect("ends the watchlist at its limit and counts what is beyond", () => {
    const venue = venueOf({ 1: [1, 2, 3, 4, 5] })
    return Effect.gen(function* () {
      yield* start
      const counts = yield* discoverWallets
      assert.deepInclude(counts, { wallets: 3, beyond: 2 })
      assert.strictEqual(yield* countRows("wallets"), 3)
    }).pipe(withLane(venue, { discovery: { leaderboard: false, max_wallets: 3 } }))
  })
})
