import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"
import { snapshotDue } from "@evaluator/evaluation/jobs/SnapshotPositions"
import { endFollow, openFollow } from "@evaluator/evaluation/stores/Follows"
import { replaceHolders } from "@evaluator/evaluation/stores/Holders"
import { bankrollOf } from "@evaluator/evaluation/stores/Positions"
import type { Holder, Position } from "@evaluator/polymarket/DataApi"
import { FakeVenue } from "../support/FakeVenue.ts"
import { conditionNo, tokenNo, walletNo } from "../support/Rows.ts"
import { countRows, eventsOf, inTransaction, withLane } from "../support/WithLane.ts"

const now = 1_800_000_000_000
const minute = 60_000
const wallet = walletNo(1)

const position = (n: number, size: number, changes: Partial<Position> = {}): Position => ({
  wallet,
  condition: conditionNo(n),
  token: tokenNo(2 * n),
  outcomeIndex: 0,
  size: shares(size * 1_000_000),
  averagePrice: price(400_000),
  entryCost: null,
  currentValue: usdc(size * 500_000),
  realizedPnl: null,
  unrealizedPnl: null,
  status: "OPEN",
  redeemable: false,
  lastEventAtMs: null,
  ...changes,
})

const follow = { wallet, fromMs: now, toMs: null, state: "PAPER_TRADING", persona: null } as const

const held = SqlClient.SqlClient.use(
  (sql) => sql<{ n: number; size: number; since_ms: number }>`SELECT outcome_index AS n,
    size / 1000000 AS size, since_ms FROM positions ORDER BY token`,
).pipe(
  Effect.map((rows) => rows.map(({ since_ms, size }) => [size, since_ms - now])),
  Effect.orDie,
)

describe("snapshot-positions", () => {
  it.effect("takes what is absent for closed, and announces sets that changed only", () => {
    const venue = new FakeVenue()
    venue.positions.set(wallet, [position(1, 10), position(2, 20)])
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* inTransaction(openFollow(follow, "rules"))
      assert.deepInclude(yield* snapshotDue, { changed: 1, failed: 0 })
      assert.deepStrictEqual(yield* held, [
        [10, 0],
        [20, 0],
      ])
      // Not due again before its time, and then unchanged.
      assert.deepInclude(yield* snapshotDue, { changed: 0, same: 0 })
      yield* TestClock.setTime(now + 5 * minute)
      assert.deepInclude(yield* snapshotDue, { changed: 0, same: 1 })
      venue.positions.set(wallet, [position(2, 15), position(3, 5), position(4, 0)])
      yield* TestClock.setTime(now + 10 * minute)
      assert.deepInclude(yield* snapshotDue, { changed: 1 })
      assert.deepStrictEqual(yield* held, [
        [15, 0],
        [5, 10 * minute],
      ])
      assert.deepStrictEqual(yield* eventsOf("PositionsChanged"), [
        { wallet, bankrollMicro: 15_000_000 },
        { wallet, bankrollMicro: 10_000_000 },
      ])
      // The last one is sold: an empty answer is a set too.
      venue.positions.set(wallet, [])
      yield* TestClock.setTime(now + 15 * minute)
      assert.deepInclude(yield* snapshotDue, { changed: 1 })
      assert.deepStrictEqual(yield* held, [])
    }).pipe(withLane(venue))
  })

  it.effect("keeps the set before when an answer is cut off, and backs off", () => {
    const venue = new FakeVenue()
    venue.pageRows = 1
    venue.positions.set(wallet, [position(1, 10), position(2, 20)])
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* inTransaction(openFollow(follow, "rules"))
      yield* snapshotDue
      venue.positions.set(wallet, [position(3, 1), position(4, 1)])
      venue.fail = (request) => (request === `positions ${wallet} 1` ? "unreachable" : null)
      yield* TestClock.setTime(now + 5 * minute)
      assert.deepInclude(yield* snapshotDue, { failed: 1, changed: 0 })
      assert.strictEqual((yield* held).length, 2)
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ attempts: number; due_ms: number }>`SELECT attempts, due_ms
        FROM position_snapshots`
      assert.strictEqual(row!.attempts, 1)
      assert.isAbove(row!.due_ms, now + 5 * minute)
      // Four pages are more than the setting allows.
      venue.fail = () => null
      venue.positions.set(
        wallet,
        [1, 2, 3, 4].map((n) => position(n, 1)),
      )
      yield* TestClock.setTime(now + 10 * minute)
      assert.deepInclude(yield* snapshotDue, { failed: 1 })
      assert.strictEqual((yield* held).length, 2)
    }).pipe(withLane(venue))
  })

  it.effect("lets go what nobody follows any more", () => {
    const venue = new FakeVenue()
    venue.positions.set(wallet, [position(1, 10)])
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const span = yield* inTransaction(openFollow(follow, "rules"))
      yield* snapshotDue
      yield* inTransaction(endFollow(span, now + minute, "test"))
      yield* TestClock.setTime(now + 2 * minute)
      yield* snapshotDue
      assert.strictEqual(yield* countRows("positions"), 0)
      assert.strictEqual(yield* countRows("position_snapshots"), 0)
    }).pipe(withLane(venue))
  })

  it("values what the venue does not at the average price, and at nothing without one", () => {
    assert.strictEqual(
      bankrollOf([
        position(1, 10),
        position(2, 10, { currentValue: null }),
        position(3, 10, { currentValue: null, averagePrice: null }),
      ]),
      5_000_000 + 4_000_000,
    )
  })
})

describe("holders of a market", () => {
  it.effect("are those of the last look, each since when it was first seen", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const condition = hexToBytes(conditionNo(1))
      const holder = (n: number, outcomeIndex: number): Holder => ({
        wallet: walletNo(n),
        token: tokenNo(2 + outcomeIndex),
        outcomeIndex,
        amount: shares(1_000_000),
      })
      yield* inTransaction(replaceHolders(condition, [holder(1, 0), holder(2, 0), holder(2, 1)]))
      yield* TestClock.setTime(now + minute)
      yield* inTransaction(replaceHolders(condition, [holder(2, 1), holder(3, 0)]))
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ wallet: Uint8Array; since_ms: number }>`SELECT wallet, since_ms
        FROM holders ORDER BY wallet`
      assert.deepStrictEqual(
        rows.map((row) => [row.wallet[19], row.since_ms - now]),
        [
          [2, 0],
          [3, minute],
        ],
      )
      yield* TestClock.setTime(now + 2 * minute)
      yield* inTransaction(replaceHolders(condition, []))
      assert.strictEqual(yield* countRows("holders"), 0)
    }).pipe(withLane()),
  )
})
