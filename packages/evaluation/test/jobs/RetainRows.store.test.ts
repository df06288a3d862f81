import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { layer as job, retainRows } from "@evaluator/evaluation/jobs/RetainRows"
import { discoverWallets } from "@evaluator/evaluation/jobs/DiscoverWallets"
import { nameConditions } from "@evaluator/evaluation/stores/Conditions"
import { quarantine } from "@evaluator/evaluation/stores/Ledger"
import { upsertMarkets } from "@evaluator/evaluation/stores/Markets"
import { ageing, batchRows, kept, tableNames } from "@evaluator/evaluation/stores/Retention"
import { givenUp, givenUpAt, readStorage } from "@evaluator/evaluation/stores/Storage"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { dueWallets } from "@evaluator/evaluation/stores/WalletFeeds"
import { EventLog } from "@evaluator/runtime/EventLog"
import { makeNotes, slowestReader } from "@evaluator/runtime/LogReaders"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { FakeVenue } from "../support/FakeVenue.ts"
import { conditionNo, market, walletNo } from "../support/Rows.ts"
import { countRows, inTransaction, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const start = 400 * day

const reject = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    reason: "no price",
    body: `{"row":${from + n}}`,
    request: "activity",
    recorded: null,
  }))

describe("retain-rows", () => {
  it.effect("says of every table how long its rows stay", () =>
    Effect.gen(function* () {
      const said = [...ageing.map(({ table }) => table), ...Object.keys(kept)]
      assert.deepStrictEqual(said.toSorted(), [...(yield* tableNames)])
    }).pipe(withLane()),
  )

  it.effect("removes rows when they have had their time, and not a moment before", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const log = yield* EventLog
      const announce = log.append([
        { type: "WalletsDiscovered", payload: { wallets: [], source: "market" } },
      ])
      yield* announce
      yield* inTransaction(quarantine(reject(0, 2), 1000))
      yield* TestClock.setTime(start + 30 * day)
      yield* announce
      yield* inTransaction(quarantine(reject(2, 1), 1000))
      yield* retainRows
      assert.deepStrictEqual([yield* countRows("events"), yield* countRows("quarantine")], [2, 3])
      yield* TestClock.setTime(start + 30 * day + 1)
      const counts = yield* retainRows
      assert.deepInclude(counts, { events: 1, quarantine: 2, more: 0 })
      assert.deepStrictEqual([yield* countRows("events"), yield* countRows("quarantine")], [1, 1])
      // The head of the log stays whatever its age: cursors are told by it.
      yield* TestClock.setTime(start + 300 * day)
      yield* retainRows
      assert.strictEqual(yield* countRows("events"), 1)
    }).pipe(withLane()),
  )

  it.effect("keeps a letter while its row is given up, whatever its age, and no longer", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const sql = yield* SqlClient.SqlClient
      const [stuck, done] = [walletNo(1), walletNo(2)]
      yield* addWallets(
        [stuck, done].map((wallet) => ({ wallet, source: "HOLDER" as const, condition: null })),
        ["trades"],
      )
      yield* sql`UPDATE wallet_feeds SET due_ms = NULL, attempts = 12`
      yield* inTransaction(nameConditions([hexToBytes(conditionNo(1))], "trade"))
      const letter = (source: string, subject: string) =>
        inTransaction(DeadLetters.write({ source, subject, cause: "no JSON", attempts: 12 }))
      yield* letter("ingest-trades", stuck)
      yield* letter("ingest-trades", done)
      yield* letter("resolve-markets", conditionNo(1))
      yield* letter("discover-wallets", `market ${conditionNo(9)}`)
      yield* letter("evaluation", "event-1")
      yield* sql`UPDATE wallet_feeds SET due_ms = ${start}, attempts = 0
        WHERE wallet = ${hexToBytes(done)}`
      const letters = Effect.map(
        sql<{ subject: string }>`SELECT subject FROM dead_letters ORDER BY id`,
        (rows) => rows.map(({ subject }) => subject),
      )
      assert.deepInclude(yield* retainRows, { dead_letters: 3 })
      assert.deepStrictEqual(yield* letters, [stuck, "event-1"])
      yield* TestClock.setTime(start + 400 * day)
      assert.deepInclude(yield* retainRows, { dead_letters: 1 })
      assert.deepStrictEqual(yield* letters, [stuck])
    }).pipe(withLane()),
  )

  it.effect("removes events and runs beyond the number kept, however young", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const log = yield* EventLog
      const sql = yield* SqlClient.SqlClient
      for (let n = 0; n < 9; n++) {
        yield* log.append([
          { type: "WalletsDiscovered", payload: { wallets: [], source: "market" } },
        ])
        yield* sql`INSERT INTO job_runs (boot_id, job, cause, started_at_ms, outcome)
          VALUES (1, 'score-events', 'slot', ${start}, 'completed')`
      }
      yield* retainRows
      assert.deepStrictEqual([yield* countRows("events"), yield* countRows("job_runs")], [4, 3])
    }).pipe(withLane(undefined, { retention: { max_events: 4, max_job_runs: 3 } })),
  )

  it.effect("lets no event go that a reader has not applied or stands on, however old", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      yield* log.append(
        Array.from({ length: 10 }, () => ({
          type: "WalletsDiscovered" as const,
          payload: { wallets: [], source: "market" },
        })),
      )
      const seqs = sql<{ seq: number }>`SELECT seq FROM events ORDER BY seq`.pipe(
        Effect.map((rows) => rows.map((row) => row.seq)),
      )
      const note = yield* makeNotes
      yield* note("paper", 4)
      yield* note("another", 7)
      yield* TestClock.setTime(start + 300 * day)
      yield* retainRows
      assert.deepStrictEqual(yield* seqs, [4, 5, 6, 7, 8, 9, 10])
      // A service that starts anew knows it from the file.
      assert.strictEqual(yield* slowestReader, 4)
      yield* note("paper", 9)
      yield* retainRows
      assert.deepStrictEqual(yield* seqs, [7, 8, 9, 10])
    }).pipe(withLane()),
  )

  it.effect("does not run for slots that passed while nobody was there: readers come first", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO job_runs (boot_id, job, cause, started_at_ms, outcome)
        VALUES (1, 'retain-rows', 'slot', ${start - 3 * day}, 'completed')`
      yield* Layer.build(job)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* countRows("job_runs"), 1)
    }).pipe(withLane()),
  )

  it.effect("forgets markets nobody traded that the venue stopped listing, and no others", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const policy = { refreshMs: day, checkAtMostEveryMs: day }
      yield* inTransaction(upsertMarkets([market(1), market(2), market(3)], policy))
      yield* inTransaction(nameConditions([hexToBytes(conditionNo(2))], "trade"))
      yield* TestClock.setTime(start + 31 * day)
      yield* inTransaction(upsertMarkets([market(3)], policy))
      assert.deepInclude(yield* retainRows, { markets: 1 })
      const sql = yield* SqlClient.SqlClient
      const left = yield* sql<{ condition: Uint8Array }>`SELECT condition FROM markets
        ORDER BY condition`
      assert.deepStrictEqual(
        left.map((row) => [...row.condition]),
        [2, 3].map((n) => [...hexToBytes(conditionNo(n))]),
      )
      assert.strictEqual(yield* countRows("tokens"), 4)
      assert.strictEqual(yield* countRows("conditions"), 2)
    }).pipe(withLane()),
  )

  it.effect("measures every table, and growth per day from the second day on", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* retainRows
      yield* TestClock.setTime(start + 2 * day)
      yield* inTransaction(quarantine(reject(0, 300), 1000))
      yield* retainRows
      const storage = yield* readStorage
      assert.deepStrictEqual(storage.tables.map(({ table }) => table).toSorted(), [
        ...(yield* tableNames),
      ])
      const size = storage.tables.find(({ table }) => table === "quarantine")!
      assert.strictEqual(size.rows, 300)
      assert.strictEqual(size.rows_per_day, 150)
      assert.isAbove(size.bytes, 300 * 20)
      const all = storage.tables.reduce((sum, { bytes }) => sum + bytes, 0)
      assert.isAtMost(all, storage.used_bytes!)
      assert.isAbove(all, 0.8 * storage.used_bytes!)
    }).pipe(withLane()),
  )
})

describe("a file that runs out of room", () => {
  it("gives up bodies, then quarantine, then tape", () => {
    assert.deepStrictEqual(
      [0, 899, 900, 949, 950, 999, 1000, 5000].map((used) => givenUpAt(used, 1000)),
      ["nothing", "nothing", "bodies", "bodies", "quarantine", "quarantine", "tape", "tape"],
    )
  })

  it.effect("keeps no quarantine, adds no wallet and ingests followed ones only", () => {
    const venue = new FakeVenue()
    venue.leaders = [walletNo(7)]
    return Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const sql = yield* SqlClient.SqlClient
      yield* inTransaction(quarantine(reject(0, batchRows + 1), 1000))
      for (const n of [1, 2, 3]) {
        yield* inTransaction(
          addWallets([{ wallet: walletNo(n), source: "HOLDER", condition: null }], ["activity"]),
        )
      }
      yield* sql`UPDATE wallet_feeds SET priority = 1 WHERE wallet = ${hexToBytes(walletNo(2))}`
      assert.strictEqual((yield* dueWallets(10)).length, 3)
      yield* retainRows
      assert.strictEqual(yield* givenUp, "tape")
      assert.strictEqual(yield* countRows("quarantine"), 0)
      yield* inTransaction(quarantine(reject(1000, 1), 1000))
      assert.strictEqual(yield* countRows("quarantine"), 0)
      assert.deepStrictEqual(yield* dueWallets(10), [walletNo(2)])
      const counts = yield* discoverWallets
      assert.deepInclude(counts, { wallets: 0 })
      assert.isAbove(counts["beyond"]!, 0)
      assert.strictEqual(yield* countRows("wallets"), 3)
    }).pipe(withLane(venue, { data: { max_bytes: 10_000 } }))
  })
})
