import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { FeatureRun } from "@evaluator/domain/wallet/Features"
import { orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { readHistory } from "@evaluator/evaluation/stores/History"
import { storeRows } from "@evaluator/evaluation/stores/Ledger"
import { upsertMarkets } from "@evaluator/evaluation/stores/Markets"
import { storeResolution } from "@evaluator/evaluation/stores/Resolutions"
import { LeastWarmRows, measureWallet } from "@evaluator/evaluation/WarmHistories"
import { deed, fill, market, resolution, walletNo } from "./support/Rows.ts"
import { inTransaction, withLane } from "./support/WithLane.ts"

const day = 86_400_000
const minute = 60_000
const now = 400 * day
const wallet = hexToBytes(walletNo(1))
const windows = [7, 30]

const storeFills = (...fills: ReadonlyArray<Fill>) =>
  inTransaction(
    storeRows(fills.map((one) => ({ value: { kind: "fill", fill: one }, recorded: null }))),
  )

const describeMarkets = (...numbers: ReadonlyArray<number>) =>
  inTransaction(
    upsertMarkets(
      numbers.map((n) => market(n)),
      { refreshMs: day, checkAtMostEveryMs: day },
    ),
  )

const many = Array.from({ length: 1200 }, (_, index) =>
  fill({
    market: 1 + (index % 5),
    side: index % 3 === 2 ? "SELL" : "BUY",
    price: 0.2 + (index % 6) / 10,
    size: 1 + (index % 9),
    tx: index + 1,
    atMs: now - (1200 - index) * 13 * minute,
  }),
)

/** Measures, checks the result against a walk of the whole ledger, and says whether one was made. */
const measure = Effect.fnUntraced(function* (atMs: number) {
  yield* TestClock.setTime(atMs)
  const walks = yield* Ref.make(0)
  const found = yield* measureWallet(
    wallet,
    windows,
    Effect.as(
      Ref.update(walks, (n) => n + 1),
      true,
    ),
  )
  const history = yield* readHistory(wallet, atMs)
  const run = new FeatureRun(history.markets, windows, atMs)
  run.take(orderLedger(history.entries))
  assert.deepStrictEqual(found, run.finish())
  return (yield* Ref.get(walks)) === 1 ? "walked" : "went on"
})

const prepared = Effect.gen(function* () {
  yield* TestClock.setTime(now - day)
  yield* describeMarkets(1, 2, 3, 4, 5, 6)
  for (let at = 0; at < many.length; at += 400) yield* storeFills(...many.slice(at, at + 400))
  assert.strictEqual(yield* measure(now), "walked")
})

const next = (spec: Parameters<typeof fill>[0]) =>
  fill({ price: 0.5, size: 3, tx: 19_000, ...spec })

describe("a measured wallet", () => {
  it.effect("goes on with what is new, and says what a walk would", () =>
    Effect.gen(function* () {
      yield* prepared
      assert.strictEqual(yield* measure(now + minute), "went on")
      yield* storeFills(next({ side: "SELL", market: 2, atMs: now + 2 * minute }))
      assert.strictEqual(yield* measure(now + 3 * minute), "went on")
      // A market it never traded, and fills of somebody else.
      yield* storeFills(
        next({ market: 6, tx: 19_001, atMs: now + 4 * minute }),
        next({ wallet: walletNo(2), market: 1, tx: 19_002, atMs: now + 4 * minute }),
      )
      assert.strictEqual(yield* measure(now + 5 * minute), "went on")
      assert.strictEqual(yield* measure(now + 40 * day), "went on")
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )

  it.effect("is walked again when something belongs before what was taken", () =>
    Effect.gen(function* () {
      yield* prepared
      yield* storeFills(next({ atMs: now - 3 * day }))
      assert.strictEqual(yield* measure(now + minute), "walked")
      assert.strictEqual(yield* measure(now + 2 * minute), "went on")
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )

  it.effect("goes on with an outcome that is younger than what it took", () =>
    Effect.gen(function* () {
      yield* prepared
      yield* TestClock.setTime(now + minute)
      yield* inTransaction(storeResolution(resolution(3, 0, now)))
      assert.strictEqual(yield* measure(now + 2 * minute), "went on")
      // Traded on after its outcome, which is known only then.
      yield* storeFills(next({ market: 4, atMs: now + 4 * minute }))
      yield* inTransaction(storeResolution(resolution(4, 1, now + 3 * minute)))
      assert.strictEqual(yield* measure(now + 5 * minute), "went on")
      assert.strictEqual(yield* measure(now + 40 * day), "went on")
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )

  it.effect("is walked again when an outcome belongs further back, or is corrected", () =>
    Effect.gen(function* () {
      yield* prepared
      yield* storeFills(next({ market: 1, atMs: now + 3 * minute }))
      assert.strictEqual(yield* measure(now + 4 * minute), "went on")
      yield* inTransaction(storeResolution(resolution(3, 0, now)))
      assert.strictEqual(yield* measure(now + 5 * minute), "walked")
      yield* inTransaction(storeResolution(resolution(3, 1, now)))
      assert.strictEqual(yield* measure(now + 6 * minute), "walked")
      assert.strictEqual(yield* measure(now + 7 * minute), "went on")
      // The same outcome, dated otherwise.
      yield* TestClock.setTime(now + 8 * minute)
      yield* inTransaction(storeResolution(resolution(3, 1, now - 9 * day)))
      assert.strictEqual(yield* measure(now + 9 * minute), "walked")
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )

  it.effect("is walked again when it redeemed what nobody had named a winner of yet", () =>
    Effect.gen(function* () {
      yield* prepared
      yield* inTransaction(
        storeRows([
          {
            value: {
              kind: "activity",
              activity: deed({
                market: 3,
                type: "REDEEM",
                size: 5,
                usdc: 5,
                atMs: now + minute,
              }),
            },
            recorded: null,
          },
        ]),
      )
      assert.strictEqual(yield* measure(now + 2 * minute), "went on")
      yield* inTransaction(storeResolution(resolution(3, 0, now)))
      assert.strictEqual(yield* measure(now + 3 * minute), "walked")
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )

  it.effect("is walked again when a topic of its markets is learned", () =>
    Effect.gen(function* () {
      yield* prepared
      // An outcome of a market it never touched changes nothing.
      yield* inTransaction(storeResolution(resolution(6, 0, now)))
      assert.strictEqual(yield* measure(now + 3 * minute), "went on")
      yield* inTransaction(
        upsertMarkets([market(2, { domain: "Sports" })], {
          refreshMs: day,
          checkAtMostEveryMs: day,
        }),
      )
      assert.strictEqual(yield* measure(now + 4 * minute), "walked")
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )

  it.effect("is walked again when it trades what is resolved, or what nobody described", () =>
    Effect.gen(function* () {
      yield* prepared
      yield* TestClock.setTime(now + minute)
      yield* inTransaction(storeResolution(resolution(6, 0, now)))
      yield* storeFills(next({ market: 6, atMs: now + 2 * minute }))
      assert.strictEqual(yield* measure(now + 3 * minute), "went on")
      yield* storeFills(next({ market: 6, tx: 19_002, atMs: now + 3.5 * minute }))
      assert.strictEqual(yield* measure(now + 3.6 * minute), "walked")
      yield* storeFills(next({ market: 7, tx: 19_003, atMs: now + 4 * minute }))
      assert.strictEqual(yield* measure(now + 5 * minute), "went on")
      yield* storeFills(next({ market: 7, tx: 19_004, outcome: 1, atMs: now + 6 * minute }))
      assert.strictEqual(yield* measure(now + 7 * minute), "walked")
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )

  it.effect("is not walked when that is not allowed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* storeFills(...many.slice(0, 3))
      assert.isNull(yield* measureWallet(wallet, windows, Effect.succeed(false)))
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual((yield* sql`SELECT 1 FROM trades`).length, 3)
    }).pipe(Effect.provideService(LeastWarmRows, 1000), withLane()),
  )
})
