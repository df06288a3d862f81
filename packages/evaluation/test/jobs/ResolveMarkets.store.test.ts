import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { describeDue } from "@evaluator/evaluation/jobs/DescribeMarkets"
import { resolveDue } from "@evaluator/evaluation/jobs/ResolveMarkets"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { FakeVenue } from "../support/FakeVenue.ts"
import { conditionNo, fill, market, resolution, walletNo } from "../support/Rows.ts"
import { countRows, eventsOf, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 100 * day
const wallet = walletNo(1)

/** The wallet traded the markets; its history is complete. */
const traded = (venue: FakeVenue, ...markets: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    venue.addFills(markets.map((n) => fill({ market: n, tx: n, atMs: now - 2 * day })))
    yield* addWallets([{ wallet, source: "HOLDER", condition: null }], ["activity"])
    yield* walkWallet(wallet, { pages: 10, force: true })
  })

const conditionRow = (n: number) =>
  SqlClient.SqlClient.use(
    (sql) =>
      sql<{
        describe_due_ms: number | null
        describe_attempts: number
        describe_reason: string | null
        resolve_due_ms: number | null
        resolve_checked_at_ms: number | null
      }>`SELECT * FROM conditions WHERE condition = ${hexToBytes(conditionNo(n))}`,
  ).pipe(
    Effect.map(([row]) => row!),
    Effect.orDie,
  )

describe("describe-markets", () => {
  it.effect("learns every condition that a stored row names, twenty in a request", () => {
    const venue = new FakeVenue()
    const numbers = Array.from({ length: 45 }, (_, n) => n + 1)
    for (const n of numbers) venue.markets.set(conditionNo(n), market(n, { status: "closed" }))
    return Effect.gen(function* () {
      yield* traded(venue, ...numbers)
      const { counts } = yield* describeDue
      assert.deepStrictEqual(counts, { described: 45, unknown: 0, failed: 0 })
      assert.deepStrictEqual(
        venue.requests.filter((request) => request.startsWith("describe")),
        ["describe 20", "describe 20", "describe 5"],
      )
      assert.strictEqual(yield* countRows("markets"), 45)
      assert.deepInclude((yield* describeDue).counts, { described: 0 })
    }).pipe(withLane(venue))
  })

  it.effect("gives a condition that the venue does not know a reason, back-off and an end", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      yield* traded(venue, 1)
      yield* describeDue
      const first = yield* conditionRow(1)
      assert.strictEqual(first.describe_attempts, 1)
      assert.include(first.describe_reason!, "no market under this condition")
      assert.isAtLeast(first.describe_due_ms!, now + 4000)
      for (let attempt = 2; attempt <= 12; attempt++) {
        yield* TestClock.setTime(now + attempt * 2 * 3_600_000)
        yield* describeDue
      }
      assert.isNull((yield* conditionRow(1)).describe_due_ms)
      assert.strictEqual(yield* countRows("dead_letters"), 1)
    }).pipe(Random.withSeed("unknown"), withLane(venue))
  })

  it.effect("refreshes an open market that rows name, and leaves a closed one alone", () => {
    const venue = new FakeVenue()
    venue.markets.set(conditionNo(1), market(1, { endAtMs: now + day }))
    venue.markets.set(conditionNo(2), market(2, { status: "closed" }))
    return Effect.gen(function* () {
      yield* traded(venue, 1, 2)
      yield* describeDue
      assert.strictEqual((yield* conditionRow(1)).describe_due_ms, now + 300_000)
      assert.isNull((yield* conditionRow(2)).describe_due_ms)
    }).pipe(withLane(venue))
  })
})

describe("resolve-markets", () => {
  it.effect("stores a final outcome once, announces it and makes its wallets due", () => {
    const venue = new FakeVenue()
    venue.markets.set(conditionNo(1), market(1, { status: "closed" }))
    venue.resolutions.set(conditionNo(1), resolution(1, 1, now - day))
    return Effect.gen(function* () {
      yield* traded(venue, 1)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE wallets SET judge_due_ms = NULL, judged_at_ms = ${now}`
      yield* describeDue
      yield* TestClock.setTime(now + 10_000)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
      assert.deepStrictEqual(
        (yield* eventsOf("MarketResolved")).map((event) => event.resolution.payouts.map(Number)),
        [[0, 1_000_000]],
      )
      const [due] = yield* sql<{ judge_due_ms: number }>`SELECT judge_due_ms FROM wallets`
      assert.strictEqual(due!.judge_due_ms, now + 300_000)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 0 })
    }).pipe(withLane(venue))
  })

  it.effect(
    "hears of an outcome that the venue corrects within a week, and then lets it be",
    () => {
      const venue = new FakeVenue()
      venue.markets.set(conditionNo(1), market(1, { status: "closed" }))
      venue.resolutions.set(conditionNo(1), resolution(1, 1, now))
      return Effect.gen(function* () {
        yield* traded(venue, 1)
        yield* describeDue
        const lookAt = Effect.fnUntraced(function* (atMs: number) {
          yield* TestClock.setTime(atMs)
          return (yield* resolveDue).counts
        })
        assert.deepInclude(yield* lookAt(now + 10_000), { resolved: 1 })
        assert.strictEqual((yield* conditionRow(1)).resolve_due_ms, now + day)
        assert.deepInclude(yield* lookAt(now + day), { resolved: 0, confirmed: 1 })
        assert.strictEqual((yield* conditionRow(1)).resolve_due_ms, now + 7 * day)
        venue.resolutions.set(conditionNo(1), { ...resolution(1, 1, now), status: "disputed" })
        assert.deepInclude(yield* lookAt(now + 7 * day), { resolved: 0, pending: 1 })
        assert.strictEqual((yield* eventsOf("MarketResolved")).length, 1)
        venue.resolutions.set(conditionNo(1), resolution(1, 0, now))
        assert.deepInclude(yield* lookAt(now + 8 * day), { resolved: 1 })
        assert.deepStrictEqual(
          (yield* eventsOf("MarketResolved")).map((event) => event.resolution.payouts.map(Number)),
          [
            [0, 1_000_000],
            [1_000_000, 0],
          ],
        )
        assert.isNull((yield* conditionRow(1)).resolve_due_ms)
      }).pipe(withLane(venue))
    },
  )

  it.effect("lets an outcome be that the venue no longer tells of", () => {
    const venue = new FakeVenue()
    venue.markets.set(conditionNo(1), market(1, { status: "closed" }))
    venue.resolutions.set(conditionNo(1), resolution(1, 1, now))
    return Effect.gen(function* () {
      yield* traded(venue, 1)
      yield* describeDue
      yield* resolveDue
      venue.resolutions.clear()
      yield* TestClock.setTime(now + day)
      assert.deepInclude((yield* resolveDue).counts, { pending: 1 })
      assert.strictEqual((yield* conditionRow(1)).resolve_due_ms, now + 7 * day)
      yield* TestClock.setTime(now + 7 * day)
      assert.deepInclude((yield* resolveDue).counts, { pending: 1 })
      assert.isNull((yield* conditionRow(1)).resolve_due_ms)
    }).pipe(withLane(venue))
  })

  it.effect(
    "asks of an outcome that is disputed without end for thirty days, and no longer",
    () => {
      const venue = new FakeVenue()
      venue.markets.set(conditionNo(1), market(1, { status: "closed" }))
      venue.resolutions.set(conditionNo(1), resolution(1, 1, now))
      return Effect.gen(function* () {
        yield* traded(venue, 1)
        yield* describeDue
        yield* resolveDue
        venue.resolutions.set(conditionNo(1), { ...resolution(1, 1, now), status: "disputed" })
        let asked = 0
        let lastMs = now
        for (;;) {
          const { resolve_due_ms } = yield* conditionRow(1)
          if (resolve_due_ms === null || asked > 1000) break
          lastMs = resolve_due_ms
          yield* TestClock.setTime(lastMs)
          yield* resolveDue
          asked += 1
        }
        assert.isAtMost(lastMs, now + 37 * day)
        assert.isAbove(lastMs, now + 36 * day)
        assert.isAtMost(asked, 37 * 4)
        const sql = yield* SqlClient.SqlClient
        const kept = yield* sql<{ payouts: string; final: number }>`SELECT payouts, final
        FROM resolutions`
        assert.deepStrictEqual({ ...kept[0]! }, { payouts: "[0,1000000]", final: 1 })
      }).pipe(withLane(venue))
    },
  )

  it.effect("does not ask for an open market before its end, and asks when it closes early", () => {
    const venue = new FakeVenue()
    venue.markets.set(conditionNo(1), market(1, { endAtMs: now + 10 * day }))
    return Effect.gen(function* () {
      yield* traded(venue, 1)
      yield* describeDue
      assert.strictEqual((yield* conditionRow(1)).resolve_due_ms, now + 10 * day)
      venue.markets.set(conditionNo(1), market(1, { endAtMs: now + 10 * day, status: "closed" }))
      yield* TestClock.setTime(now + 300_000)
      yield* describeDue
      assert.strictEqual((yield* conditionRow(1)).resolve_due_ms, now + 300_000)
    }).pipe(withLane(venue))
  })

  it.effect("asks for an outcome that is late again after a quarter of its lateness", () => {
    const venue = new FakeVenue()
    venue.markets.set(conditionNo(1), market(1, { status: "closed", endAtMs: now - 2 * 3_600_000 }))
    venue.resolutions.set(conditionNo(1), {
      ...resolution(1, 0, null),
      status: "proposed",
      payouts: [],
    })
    return Effect.gen(function* () {
      yield* traded(venue, 1)
      yield* describeDue
      assert.deepInclude((yield* resolveDue).counts, { resolved: 0, pending: 1 })
      assert.strictEqual((yield* conditionRow(1)).resolve_due_ms, now + 30 * 60_000)
      assert.strictEqual((yield* eventsOf("MarketResolved")).length, 0)
    }).pipe(withLane(venue))
  })

  it.effect("resolves a condition without facts and trusts payouts only of a resolved one", () => {
    const venue = new FakeVenue()
    venue.resolutions.set(conditionNo(1), resolution(1, 0, now - day))
    venue.resolutions.set(conditionNo(2), { ...resolution(2, 0, now), status: "disputed" })
    return Effect.gen(function* () {
      yield* traded(venue, 1, 2)
      yield* TestClock.setTime(now + 5000)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1, pending: 1 })
    }).pipe(withLane(venue))
  })
})
