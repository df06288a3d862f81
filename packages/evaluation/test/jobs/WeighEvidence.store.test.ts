import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import type { Habits } from "@evaluator/evaluation/evidence/Habits"
import { weighDue } from "@evaluator/evaluation/jobs/WeighEvidence"
import { entriesOf } from "@evaluator/evaluation/stores/Entries"
import {
  type Coverage,
  dueToWeigh,
  evidenceDue,
  leastPauseMs,
} from "@evaluator/evaluation/stores/Evidence"
import { storeRows } from "@evaluator/evaluation/stores/Ledger"
import { upsertMarkets } from "@evaluator/evaluation/stores/Markets"
import { storeResolution } from "@evaluator/evaluation/stores/Resolutions"
import { copied } from "../support/JudgedPopulation.ts"
import { judged } from "../support/JudgedWallet.ts"
import { fill, type FillSpec, market, resolution, walletNo } from "../support/Rows.ts"
import { countRows, inTransaction, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day
const key = hexToBytes(walletNo(1))

const bought = (...specs: ReadonlyArray<FillSpec>) =>
  storeRows(
    specs.map((spec, index) => ({
      value: { kind: "fill" as const, fill: fill({ tx: index + 1, ...spec }) },
      recorded: null,
    })),
  ).pipe(inTransaction)

const due = Effect.flatMap(Clock.currentTimeMillis, (at) => evidenceDue(key, at)).pipe(
  inTransaction,
)

const evidence = SqlClient.SqlClient.use(
  (sql) =>
    sql<{
      due_ms: number | null
      entries: number
      resolved: number
      events: number
      complete_share: number
      coverage: string
      habits: string
      copies: number
    }>`SELECT * FROM wallet_evidence WHERE wallet = ${key}`,
).pipe(
  Effect.map(([row]) => row!),
  Effect.orDie,
)

describe("weigh-evidence", () => {
  it.effect("takes the first purchase of each market and what became of it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* upsertMarkets([market(1), market(2, { eventSlug: "event-1" }), market(3)], {
        refreshMs: day,
        checkAtMostEveryMs: day,
      }).pipe(inTransaction)
      yield* bought(
        { market: 1, atMs: now - 9 * day, price: 0.4 },
        { market: 1, atMs: now - 8 * day, price: 0.7 },
        { market: 2, atMs: now - 7 * day, price: 0.6, outcome: 1 },
        { market: 3, atMs: now - 6 * day, side: "SELL" },
        { market: 3, atMs: now - 5 * day, price: 0.3 },
      )
      yield* storeResolution(resolution(1, 0, now - day)).pipe(inTransaction)
      yield* storeResolution(resolution(2, 0, now - day)).pipe(inTransaction)
      yield* due
      assert.deepStrictEqual((yield* weighDue).counts, { weighed: 1 })
      const entries = yield* entriesOf(key, now)
      assert.deepStrictEqual(
        entries.map(({ event, payout, price }) => ({ event, payout, price })),
        [
          { event: "event-1", payout: 1_000_000, price: 400_000 },
          { event: "event-1", payout: 0, price: 600_000 },
          { event: "event-3", payout: null, price: 300_000 },
        ],
      )
      const row = yield* evidence
      assert.deepInclude(row, { due_ms: null, entries: 3, resolved: 2, events: 1 })
      assert.deepInclude(JSON.parse(row.coverage), { unresolved: 1, marketsWithoutFacts: 0 })
    }).pipe(withLane()),
  )

  it.effect("estimates the mid price from what others sold in the market around it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* bought(
        { market: 1, atMs: now - day, price: 0.52 },
        { wallet: walletNo(2), market: 1, atMs: now - day, price: 0.5, side: "SELL" },
        { market: 2, atMs: now - day, price: 0.52 },
        { wallet: walletNo(2), market: 2, outcome: 1, atMs: now - day, price: 0.5 },
      )
      yield* due
      yield* weighDue
      const entries = yield* entriesOf(key, now)
      assert.deepStrictEqual(
        entries.map(({ mid, midFrom }) => [mid, midFrom]),
        [
          [510_000, 1],
          [510_000, 1],
        ],
      )
    }).pipe(withLane()),
  )

  it.effect("lets a purchase that becomes known late take the place of a later one", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* bought({ market: 1, atMs: now - day, price: 0.5, tx: 1 })
      yield* due
      yield* weighDue
      yield* bought({ market: 1, atMs: now - day - 1000, price: 0.3, tx: 2 })
      yield* TestClock.setTime(now + leastPauseMs)
      yield* due
      yield* weighDue
      assert.deepStrictEqual(
        (yield* entriesOf(key, now + leastPauseMs)).map((entry) => entry.price),
        [300_000],
      )
    }).pipe(withLane()),
  )

  it.effect("sees at a moment nothing that came after it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* bought({ market: 1, atMs: now - day }, { market: 2, atMs: now - day })
      yield* storeResolution(resolution(1, 0, now - 1)).pipe(inTransaction)
      yield* due
      yield* weighDue
      const then = yield* entriesOf(key, now)
      yield* TestClock.setTime(now + 2 * day)
      yield* bought({ market: 3, atMs: now + day, tx: 9 }, { market: 4, atMs: now - day, tx: 8 })
      yield* storeResolution(resolution(2, 0, now + day)).pipe(inTransaction)
      yield* due
      yield* weighDue
      assert.deepStrictEqual(yield* entriesOf(key, now), then)
      assert.lengthOf(yield* entriesOf(key, now + 2 * day), 4)
    }).pipe(withLane()),
  )

  it.effect("describes the ledger anew when it was judged anew, and else only the copies", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* bought({ market: 1, atMs: now - day, price: 0.4 })
      yield* due
      yield* TestClock.setTime(now + 1)
      yield* weighDue
      yield* bought({ market: 1, atMs: now - 1, side: "SELL", tx: 2 })
      yield* TestClock.setTime(now + 2 * leastPauseMs)
      yield* copied(3, now)
      const weighed = Effect.map(evidence, ({ copies, coverage, due_ms, habits }) => ({
        copies,
        due_ms,
        fills: (JSON.parse(habits) as Habits).fills,
        markets: (JSON.parse(coverage) as Coverage).markets,
      }))
      yield* weighDue
      assert.deepStrictEqual(yield* weighed, { copies: 3, due_ms: null, fills: 1, markets: 1 })
      const judgedAt = (atMs: number, fills: number) =>
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* TestClock.setTime(atMs)
          yield* sql`UPDATE wallets SET judged_at_ms = ${atMs}, fills = ${fills}`
          yield* due
          yield* weighDue
        }).pipe(Effect.orDie)
      // Its habits are told anew when there are other fills than they were told of.
      yield* storeResolution(resolution(1, 0, now)).pipe(inTransaction)
      yield* judgedAt(now + 3 * leastPauseMs, 0)
      assert.deepStrictEqual(yield* weighed, { copies: 3, due_ms: null, fills: 1, markets: 1 })
      assert.strictEqual((yield* evidence).resolved, 1)
      yield* judgedAt(now + 4 * leastPauseMs, 2)
      assert.deepStrictEqual(yield* weighed, { copies: 3, due_ms: null, fills: 2, markets: 1 })
    }).pipe(withLane()),
  )

  it.effect("notes what a walk over a long pause brings last, however old", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* bought({ market: 1, atMs: now - day })
      yield* due
      yield* weighDue
      // Back after thirty days: the newest page is stored and weighed, then the ones before it.
      yield* TestClock.setTime(now + 30 * day)
      yield* bought({ market: 2, atMs: now + 29 * day, tx: 2 })
      yield* SqlClient.SqlClient.use((sql) => sql`UPDATE wallets SET fills = 2`).pipe(Effect.orDie)
      yield* due
      yield* weighDue
      yield* bought({ market: 3, atMs: now + 10 * day, tx: 3 })
      yield* TestClock.setTime(now + 31 * day)
      yield* due
      yield* weighDue
      assert.lengthOf(yield* entriesOf(key, now + 31 * day), 3)
    }).pipe(withLane()),
  )

  it.effect("takes those due at one moment in the order of their addresses", () =>
    Effect.gen(function* () {
      for (const n of [3, 1, 2]) {
        yield* evidenceDue(hexToBytes(walletNo(n)), now).pipe(inTransaction)
      }
      assert.deepStrictEqual(
        (yield* dueToWeigh(now, 2)).map(({ wallet }) => bytesToHex(wallet)),
        [walletNo(1), walletNo(2)],
      )
    }).pipe(withLane()),
  )

  it.effect("weighs a wallet once in six hours however often it changes", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* due
      yield* weighDue
      yield* due
      assert.strictEqual((yield* weighDue).counts["weighed"], 0)
      assert.strictEqual((yield* evidence).due_ms, now + leastPauseMs)
      yield* due
      yield* TestClock.setTime(now + leastPauseMs)
      assert.strictEqual((yield* weighDue).counts["weighed"], 1)
      assert.strictEqual(yield* countRows("wallet_evidence"), 1)
    }).pipe(withLane()),
  )
})
