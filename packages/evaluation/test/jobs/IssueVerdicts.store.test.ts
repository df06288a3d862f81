import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import { populationAt } from "@evaluator/evaluation/evidence/Population"
import { issue, issueDue } from "@evaluator/evaluation/jobs/IssueVerdicts"
import { storeResolution } from "@evaluator/evaluation/stores/Resolutions"
import { judgementState } from "@evaluator/evaluation/stores/Verdicts"
import {
  copied,
  day,
  now,
  populated,
  store,
  wallets,
  weighAll,
} from "../support/JudgedPopulation.ts"
import { resolution, walletNo } from "../support/Rows.ts"
import { countRows, eventsOf, inTransaction, withLane } from "../support/WithLane.ts"

interface VerdictRow {
  readonly wallet: Uint8Array
  readonly verdict: string
  readonly local_fdr: number
  readonly confirmed_at_ms: number
  readonly until_ms: number | null
  readonly promised: number
  readonly copy_profit: number
  readonly realized: number
  readonly realized_copies: number
  readonly reasons_for: string
  readonly reasons_against: string
}

const verdicts = SqlClient.SqlClient.use(
  (sql) => sql<VerdictRow>`SELECT * FROM verdicts ORDER BY id`,
).pipe(Effect.orDie)

const ofWallet = (n: number) =>
  Effect.map(verdicts, (rows) => rows.filter((row) => bytesToHex(row.wallet) === walletNo(n)))

describe("issue-verdicts", () => {
  it.effect("follows who beats its prices and is copied with profit, and no coin tosser", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      assert.deepInclude(yield* issueDue, { judged: wallets, follow: 1 })
      const rows = yield* verdicts
      assert.lengthOf(rows, wallets)
      const followed = rows.filter((row) => row.verdict === "FOLLOW")
      assert.deepStrictEqual(
        followed.map((row) => bytesToHex(row.wallet)),
        [walletNo(1)],
      )
      assert.isAtMost(followed[0]!.local_fdr, 0.1)
      assert.isAbove(followed[0]!.copy_profit, 0)
      const reasons = JSON.parse(followed[0]!.reasons_for) as ReadonlyArray<{ text: string }>
      assert.isNotEmpty(reasons)
      assert.isTrue(reasons.every(({ text }) => text.length > 10))
      const [issued] = yield* eventsOf("VerdictsIssued")
      assert.deepInclude(issued, { model: 1, follow: 1, changed: wallets })
    }).pipe(withLane()),
  )

  it.effect("keeps a receipt when the word changes, with what copies earned since", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      yield* issue
      yield* TestClock.setTime(now + 2 * day)
      // Two more copies settle; then a gate refuses the wallet.
      yield* copied(2, now + day, 50)
      yield* SqlClient.SqlClient.use(
        (sql) =>
          sql`INSERT INTO wallet_gates ${sql.insert({
            wallet: hexToBytes(walletNo(1)),
            position: 0,
            code: "NEWS_SNIPER",
            stage: 2,
            metric: 0.9,
            threshold: 0.7,
            evidence: "90 % of its fills lie within one hour",
            since_ms: now,
            at_ms: now,
          })}`,
      ).pipe(Effect.orDie)
      yield* weighAll
      assert.deepInclude(yield* issue, { changed: 1, follow: 0 })
      const [receipt, standing] = yield* ofWallet(1)
      assert.deepInclude(receipt, { verdict: "FOLLOW", until_ms: now + 2 * day })
      assert.deepInclude(receipt, { realized: 48_000_000, realized_copies: 2 })
      assert.deepInclude(standing, { verdict: "AVOID", until_ms: null })
      assert.include(standing!.reasons_against, "NEWS_SNIPER")
    }).pipe(withLane()),
  )

  it.effect("moves the numbers of a standing verdict, but not what was promised", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      yield* issue
      const [before] = yield* ofWallet(1)
      yield* TestClock.setTime(now + day)
      yield* copied(6, now - day, 60)
      yield* weighAll
      yield* issue
      const rows = yield* ofWallet(1)
      assert.lengthOf(rows, 1)
      assert.strictEqual(rows[0]!.promised, before!.promised)
      assert.notStrictEqual(rows[0]!.copy_profit, before!.copy_profit)
      // After its horizon it is said anew.
      yield* TestClock.setTime(now + 31 * day)
      yield* issue
      assert.lengthOf(yield* ofWallet(1), 2)
    }).pipe(withLane()),
  )

  it.effect("says the same whatever rows the future holds", () =>
    Effect.gen(function* () {
      const said = Effect.gen(function* () {
        yield* weighAll
        yield* issue
        return yield* verdicts
      })
      const plain = yield* Effect.andThen(populated, said).pipe(withLane())
      const future = Effect.gen(function* () {
        yield* store([
          { wallet: walletNo(1), market: 90, atMs: now + day, price: 0.9, tx: 1 },
          { wallet: walletNo(2), market: 3, atMs: now + 1, side: "SELL", tx: 2 },
          { wallet: walletNo(3), market: 91, atMs: now + 9 * day, tx: 3 },
        ])
        yield* storeResolution(resolution(90, 0, now + 2 * day)).pipe(inTransaction)
        yield* copied(20, now + day, 100)
      })
      const told = yield* populated.pipe(Effect.andThen(future), Effect.andThen(said), withLane())
      assert.deepStrictEqual(told, plain)
    }),
  )

  it.effect("sees an outcome from when it was seen, however old the venue's date of it", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      const decided = (asOfMs: number) =>
        Effect.map(populationAt(asOfMs), ({ records }) => {
          const own = records.find(({ wallet }) => wallet === walletNo(1))!
          return own.purchases.payout.filter((payout) => !Number.isNaN(payout)).length
        })
      const known = yield* decided(now)
      // The venue dates it a week back; we learn of it tomorrow.
      yield* TestClock.setTime(now - 2 * day)
      yield* store([{ wallet: walletNo(1), market: 77, atMs: now - 9 * day, tx: 77 }])
      yield* TestClock.setTime(now + day)
      yield* weighAll
      yield* storeResolution(resolution(77, 0, now - 7 * day)).pipe(inTransaction)
      assert.strictEqual(yield* decided(now), known)
      assert.strictEqual(yield* decided(now + day), known + 1)
      // Served again later it is still known since then.
      yield* TestClock.setTime(now + 3 * day)
      yield* storeResolution(resolution(77, 0, now - 7 * day)).pipe(inTransaction)
      assert.strictEqual(yield* decided(now + day), known + 1)
      // A correction is known from when it came.
      yield* storeResolution(resolution(77, 1, now - 7 * day)).pipe(inTransaction)
      assert.strictEqual(yield* decided(now + 2 * day), known)
      assert.strictEqual(yield* decided(now + 3 * day), known + 1)
    }).pipe(withLane()),
  )

  it.effect("is of the moment its rows were read, however long it takes", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      // Time goes on between the reading of rows and the writing of verdicts.
      const judging = yield* Effect.forkChild(issue)
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* TestClock.adjust(30_000)
      yield* Fiber.join(judging)
      for (const row of yield* verdicts) assert.strictEqual(row.confirmed_at_ms, now)
      const { lastAtMs } = yield* judgementState
      assert.strictEqual(lastAtMs, now)
    }).pipe(withLane()),
  )

  it.effect("judges again once a day, sooner only when many wallets changed", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      yield* issueDue
      yield* TestClock.setTime(now + 3_600_000)
      assert.deepStrictEqual(yield* issueDue, { judged: 0 })
      // A new directory is judged again soon when wallets changed, then ever more seldom.
      const judgedAnew = SqlClient.SqlClient.use((sql) =>
        Effect.gen(function* () {
          yield* sql`UPDATE wallets SET judged_at_ms = ${yield* Clock.currentTimeMillis}`
        }),
      ).pipe(Effect.orDie)
      yield* judgedAnew
      assert.deepInclude(yield* issueDue, { judged: wallets })
      yield* TestClock.setTime(now + 3_600_000 + 1_800_000)
      yield* judgedAnew
      assert.deepStrictEqual(yield* issueDue, { judged: 0 })
      yield* TestClock.setTime(now + 8 * 3_600_000)
      yield* weighAll
      assert.deepInclude(yield* issueDue, { judged: wallets })
      yield* TestClock.setTime(now + 32 * 3_600_000 + 1)
      assert.deepInclude(yield* issueDue, { judged: wallets, changed: 0 })
      assert.strictEqual(yield* countRows("skill_models"), 4)
    }).pipe(withLane()),
  )
})
