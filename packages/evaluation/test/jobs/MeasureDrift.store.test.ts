import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { price } from "@evaluator/domain/money/Micro"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { measureDue, mostPages } from "@evaluator/evaluation/jobs/MeasureDrift"
import { scoreDue } from "@evaluator/evaluation/jobs/ScoreWallets"
import { storeRows } from "@evaluator/evaluation/stores/Ledger"
import { FakeVenue } from "../support/FakeVenue.ts"
import { judged } from "../support/JudgedWallet.ts"
import { fill, walletNo } from "../support/Rows.ts"
import { countRows, inTransaction, withLane } from "../support/WithLane.ts"

const hour = 3_600_000
const day = 24 * hour
const now = 400 * day

/** A followable wallet that bought `count` times at 0.50, an hour apart, the last `ago` before now. */
const bought = (count: number, ago: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* TestClock.setTime(now)
    yield* judged(1)
    const fills = Array.from({ length: count }, (_, n) =>
      fill({ market: 1, tx: n + 1, price: 0.5, atMs: now - ago - n * hour }),
    )
    yield* inTransaction(
      storeRows(fills.map((one) => ({ value: { kind: "fill", fill: one }, recorded: null }))),
    )
    yield* sql`UPDATE wallets SET drift_due_ms = ${now}`
    return fills
  })

const wallet = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ drift_due_ms: number | null; score_due_ms: number | null }>`SELECT
    drift_due_ms, score_due_ms FROM wallets WHERE wallet = ${hexToBytes(walletNo(1))}`
  return row!
})

/** The token trades at these prices, an hour each, from ten days before now on. */
const priced = (venue: FakeVenue, token: string, at: (index: number) => number) =>
  venue.points.set(
    token as never,
    Array.from({ length: 240 }, (_, n) => ({
      atMs: now - 10 * day + n * hour,
      price: price(Math.round(at(n) * 1e6)),
      final: false,
    })),
  )

describe("measure-drift", () => {
  it.effect("gives scores a timing out of the prices soon after the fills", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      const fills = yield* bought(12, day)
      priced(venue, fills[0]!.token, () => 0.53)
      assert.deepInclude((yield* measureDue).counts, { fills: 12, unknown: 0, failed: 0 })
      // One request for the token, and none when there is nothing new.
      assert.strictEqual(venue.requests.filter((one) => one.startsWith("prices")).length, 1)
      assert.deepInclude(yield* wallet, { drift_due_ms: null, score_due_ms: now })
      yield* scoreDue
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ timing: number; drift_cents: number; drift_fills: number }>`
        SELECT timing, drift_cents, drift_fills FROM wallet_scores WHERE window_days = 30`
      assert.approximately(rows[0]!.drift_cents, 3, 1e-9)
      assert.approximately(rows[0]!.timing, 0.65, 1e-9)
      assert.strictEqual(rows[0]!.drift_fills, 12)
      const says = (yield* (yield* EvaluationReports).wallet(walletNo(1)))
        .flatMap((section) => section.says)
        .join("\n")
      assert.include(says, "prices went 3.00 cents its way soon after, the mean of 12 fills")
    }).pipe(Effect.provide(EvaluationReports.layer), withLane(venue))
  })

  it.effect("keeps a fill without a price as unknown, and timing null for too few known", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      yield* bought(12, day)
      assert.deepInclude((yield* measureDue).counts, { fills: 12, unknown: 12 })
      assert.strictEqual(yield* countRows("fill_drifts"), 12)
      yield* scoreDue
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ timing: number | null; drift_fills: number }>`SELECT timing,
        drift_fills FROM wallet_scores WHERE window_days = 30`
      assert.deepStrictEqual({ ...row! }, { timing: null, drift_fills: 0 })
    }).pipe(withLane(venue))
  })

  it.effect("reads the prices to their last page, and quarantines points it cannot read", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      const fills = yield* bought(12, day)
      const { token } = fills[0]!
      priced(venue, token, () => 0.53)
      venue.pageRows = 4
      const unread = { reason: "no price", body: '{"price":9}', request: "prices", recorded: null }
      venue.badPoints.set(token, [unread])
      assert.deepInclude((yield* measureDue).counts, { fills: 12, unknown: 0, failed: 0 })
      const sql = yield* SqlClient.SqlClient
      const kept = yield* sql<{ body: string }>`SELECT body FROM quarantine`
      assert.deepStrictEqual(
        kept.map(({ body }) => body),
        [unread.body],
      )
    }).pipe(withLane(venue))
  })

  it.effect("keeps no fill as unknown for prices that do not end", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      const fills = yield* bought(120, day)
      priced(venue, fills[0]!.token, () => 0.53)
      venue.pageRows = 1
      assert.deepInclude((yield* measureDue).counts, { fills: 0, failed: 1 })
      assert.strictEqual(yield* countRows("fill_drifts"), 0)
      assert.strictEqual(venue.requests.length, mostPages)
      assert.isAbove((yield* wallet).drift_due_ms!, now)
    }).pipe(withLane(venue))
  })

  it.effect("waits for fills that are too young, and measures each fill once", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      const fills = yield* bought(10, hour)
      priced(venue, fills[0]!.token, () => 0.49)
      const first = yield* measureDue
      // Older than seven hours: the last four of ten.
      assert.deepInclude(first.counts, { fills: 4 })
      const { drift_due_ms } = yield* wallet
      assert.strictEqual(drift_due_ms, fills[5]!.atMs + 7 * hour)
      yield* TestClock.setTime(now + day)
      assert.deepInclude((yield* measureDue).counts, { fills: 6 })
      assert.strictEqual(yield* countRows("fill_drifts"), 10)
    }).pipe(withLane(venue))
  })

  it.effect("tries again later when the venue is out, and loses nothing", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      yield* bought(3, day)
      venue.fail = (request) => (request.startsWith("prices") ? "unreachable" : null)
      assert.deepInclude((yield* measureDue).counts, { fills: 0, failed: 1 })
      assert.isAbove((yield* wallet).drift_due_ms!, now)
      venue.fail = () => null
      yield* TestClock.setTime(now + day)
      assert.deepInclude((yield* measureDue).counts, { fills: 3 })
    }).pipe(withLane(venue))
  })
})
