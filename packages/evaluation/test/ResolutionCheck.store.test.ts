import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { price } from "@evaluator/domain/money/Micro"
import { describeDue } from "@evaluator/evaluation/jobs/DescribeMarkets"
import { resolveDue } from "@evaluator/evaluation/jobs/ResolveMarkets"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { agreementOf, contradictionOf } from "@evaluator/evaluation/ResolutionCheck"
import { upsertMarkets } from "@evaluator/evaluation/stores/Markets"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { FakeVenue } from "./support/FakeVenue.ts"
import { conditionNo, fill, market, resolution, walletNo } from "./support/Rows.ts"
import { countRows, eventsOf, inTransaction, withLane } from "./support/WithLane.ts"

const day = 86_400_000
const now = 100 * day

const paying = (...payouts: ReadonlyArray<number>) => ({
  ...resolution(1, 0, now),
  payouts: payouts.map((one) => price(one)),
})

describe("a final outcome", () => {
  it("pays one USDC for a share of each outcome, thirds rounded", () => {
    assert.isNull(contradictionOf(paying(1_000_000, 0), 2))
    assert.isNull(contradictionOf(paying(500_000, 500_000), 2))
    assert.isNull(contradictionOf(paying(333_333, 333_333, 333_333), 3))
    assert.isNull(contradictionOf(paying(1_000_000, 0), 0))
    assert.include(contradictionOf(paying(1_000_000, 1_000_000), 2), "add up to 2")
    assert.include(contradictionOf(paying(0, 0), 2), "add up to 0")
    assert.include(contradictionOf(paying(1_000_000, 0, 0), 2), "3 payouts for 2")
  })

  it.effect("that contradicts the facts is not believed, and asked for again", () => {
    const venue = new FakeVenue()
    const wallet = walletNo(1)
    venue.markets.set(conditionNo(1), market(1, { status: "closed" }))
    venue.resolutions.set(conditionNo(1), paying(1_000_000, 1_000_000))
    venue.addFills([fill({ market: 1, atMs: now - day })])
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* addWallets([{ wallet, source: "HOLDER", condition: null }], ["activity"])
      yield* walkWallet(wallet, { pages: 10, force: true })
      yield* describeDue
      yield* TestClock.setTime(now + 10_000)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 0, pending: 1 })
      assert.strictEqual(yield* countRows("resolutions"), 0)
      assert.deepStrictEqual(yield* eventsOf("MarketResolved"), [])
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ resolve_due_ms: number; resolve_reason: string }>`SELECT
        resolve_due_ms, resolve_reason FROM conditions`
      assert.include(row!.resolve_reason, "add up to 2")
      venue.resolutions.set(conditionNo(1), paying(1_000_000, 0))
      yield* TestClock.setTime(row!.resolve_due_ms)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
      assert.strictEqual((yield* eventsOf("MarketResolved")).length, 1)
    }).pipe(withLane(venue))
  })
})

describe("a second opinion", () => {
  const ended = (venue: FakeVenue) => {
    venue.markets.set(conditionNo(1), market(1, { status: "closed" }))
    venue.resolutions.set(conditionNo(1), paying(1_000_000, 0))
    venue.addFills([fill({ market: 1, atMs: now - day })])
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* addWallets([{ wallet: walletNo(1), source: "HOLDER", condition: null }], ["activity"])
      yield* walkWallet(walletNo(1), { pages: 10, force: true })
      yield* describeDue
      yield* TestClock.setTime(now + 10_000)
    })
  }
  const payouts = (...each: ReadonlyArray<number>) => each.map((one) => price(one))
  const why = Effect.gen(function* () {
    const sections = yield* (yield* EvaluationReports).why(conditionNo(1))
    return sections.flatMap(({ says }) => says).join("\n")
  })

  it.effect("that agrees confirms the outcome, and the CLOB need not be asked", () => {
    const venue = new FakeVenue()
    venue.gammaSays.set(conditionNo(1), payouts(1_000_000, 0))
    return Effect.gen(function* () {
      yield* ended(venue)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
      assert.include(yield* why, "as gamma says, too")
      assert.isFalse(venue.requests.some((request) => request.startsWith("clob")))
    }).pipe(Effect.provide(EvaluationReports.layer), withLane(venue))
  })

  it.effect("of nobody leaves an outcome believed and called unconfirmed", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      yield* ended(venue)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
      assert.include(yield* why, "which no other source says or denies")
    }).pipe(Effect.provide(EvaluationReports.layer), withLane(venue))
  })

  for (const source of ["gamma", "clob"] as const) {
    it.effect(`of ${source} against the feed is kept, not believed, and asked for again`, () => {
      const venue = new FakeVenue()
      const says = source === "gamma" ? venue.gammaSays : venue.clobSays
      says.set(conditionNo(1), payouts(0, 1_000_000))
      return Effect.gen(function* () {
        yield* ended(venue)
        const sql = yield* SqlClient.SqlClient
        for (const times of [1, 2]) {
          assert.deepInclude((yield* resolveDue).counts, { resolved: 0, pending: 1 })
          assert.strictEqual(yield* countRows("resolutions"), 0)
          const [doubt] = yield* sql<{ source: string; times: number }>`SELECT source, times
            FROM outcome_doubts`
          assert.deepStrictEqual({ ...doubt! }, { source, times })
          const [row] = yield* sql<{ due: number }>`SELECT resolve_due_ms AS due FROM conditions`
          yield* TestClock.setTime(row!.due)
        }
        assert.deepStrictEqual(yield* eventsOf("MarketResolved"), [])
        assert.include(yield* why, `${source} did not agree with the feed's 1.000000 / 0.000000`)
        assert.include(yield* why, "so the outcome is not believed")
        assert.strictEqual((yield* (yield* EvaluationReports).facts).doubted, 1)
        says.set(conditionNo(1), payouts(1_000_000, 0))
        assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
        assert.strictEqual((yield* (yield* EvaluationReports).facts).doubted, 0)
        assert.include(yield* why, "2 times from")
      }).pipe(Effect.provide(EvaluationReports.layer), withLane(venue))
    })
  }

  const nextLook = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ due: number }>`SELECT resolve_due_ms AS due FROM conditions`
    yield* TestClock.setTime(row!.due)
    return row!.due
  })

  it.effect("that never agrees is overruled once the feed has said the same for a week", () => {
    const venue = new FakeVenue()
    venue.clobSays.set(conditionNo(1), payouts(0, 1_000_000))
    return Effect.gen(function* () {
      yield* ended(venue)
      let atMs = now + 10_000
      while (atMs < now + 10_000 + 7 * day) {
        assert.deepInclude((yield* resolveDue).counts, { resolved: 0, pending: 1 })
        atMs = yield* nextLook
      }
      const reports = yield* EvaluationReports
      assert.deepInclude(yield* reports.facts, { doubted: 1, overruled: 0 })
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
      assert.strictEqual((yield* eventsOf("MarketResolved")).length, 1)
      assert.deepInclude(yield* reports.facts, { doubted: 0, overruled: 1 })
      assert.include(
        yield* why,
        "believed despite a doubt: the feed has said so for 7 days, while clob pays 0.000000 / 1.000000",
      )
    }).pipe(Effect.provide(EvaluationReports.layer), withLane(venue))
  })

  it.effect(
    "is not overruled before a week has passed since the feed's last change of mind",
    () => {
      const venue = new FakeVenue()
      const condition = conditionNo(1)
      venue.clobSays.set(condition, payouts(0, 1_000_000))
      return Effect.gen(function* () {
        yield* ended(venue)
        yield* resolveDue
        yield* TestClock.setTime(now + 3 * day)
        venue.resolutions.set(condition, paying(0, 1_000_000))
        venue.clobSays.delete(condition)
        venue.gammaSays.set(condition, payouts(1_000_000, 0))
        yield* resolveDue
        yield* TestClock.setTime(now + 6 * day)
        venue.resolutions.set(condition, paying(1_000_000, 0))
        venue.gammaSays.delete(condition)
        venue.clobSays.set(condition, payouts(0, 1_000_000))
        yield* resolveDue
        yield* TestClock.setTime(now + 13 * day - 1)
        assert.deepInclude((yield* resolveDue).counts, { resolved: 0, pending: 1 })
        yield* TestClock.setTime(now + 14 * day)
        assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
      }).pipe(withLane(venue))
    },
  )

  it.effect("is not overruled before a week has passed since the resolution that is told", () => {
    const venue = new FakeVenue()
    venue.clobSays.set(conditionNo(1), payouts(0, 1_000_000))
    return Effect.gen(function* () {
      yield* ended(venue)
      venue.resolutions.set(conditionNo(1), {
        ...paying(1_000_000, 0),
        resolvedAtMs: now + 2 * day,
      })
      yield* resolveDue
      yield* TestClock.setTime(now + 8 * day)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 0, pending: 1 })
      yield* TestClock.setTime(now + 10 * day)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1 })
    }).pipe(withLane(venue))
  })

  it.effect(
    "is not needed against payouts impossible in themselves: those are never decided",
    () => {
      const venue = new FakeVenue()
      return Effect.gen(function* () {
        yield* ended(venue)
        venue.resolutions.set(conditionNo(1), paying(1_000_000, 1_000_000))
        for (const days of [0, 10, 100]) {
          yield* TestClock.setTime(now + 10_000 + days * day)
          assert.deepInclude((yield* resolveDue).counts, { resolved: 0, pending: 1 })
        }
        assert.strictEqual(yield* countRows("resolutions"), 0)
      }).pipe(withLane(venue))
    },
  )

  it.effect("that cannot be asked for puts the outcome off", () => {
    const venue = new FakeVenue()
    venue.fail = (request) => (request.startsWith("opinions") ? "unreachable" : null)
    return Effect.gen(function* () {
      yield* ended(venue)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 0, failed: 1 })
      assert.strictEqual(yield* countRows("resolutions"), 0)
      // The CLOB alone is enough.
      venue.clobSays.set(conditionNo(1), payouts(1_000_000, 0))
      yield* TestClock.setTime(now + day)
      assert.deepInclude((yield* resolveDue).counts, { resolved: 1, failed: 0 })
    }).pipe(withLane(venue))
  })

  it("of halves confirms halves and contradicts nobody", () => {
    const halves = payouts(500_000, 500_000)
    assert.isTrue(agreementOf(paying(500_000, 500_000), halves))
    assert.isNull(agreementOf(paying(1_000_000, 0), halves))
    assert.isFalse(agreementOf(paying(500_000, 500_000), payouts(1_000_000, 0)))
    assert.isNull(agreementOf(paying(1_000_000, 0), payouts(1_000_000, 0, 0)))
  })
})

describe("fees of a market", () => {
  it.effect("are kept with the time from which they hold, a row a change", () =>
    Effect.gen(function* () {
      const policy = { refreshMs: day, checkAtMostEveryMs: day }
      const serve = (atMs: number, rate: number, tick = 10_000) =>
        Effect.andThen(
          TestClock.setTime(atMs),
          inTransaction(
            upsertMarkets([market(1, { fee: { rate, exponent: 1 }, tick: price(tick) })], policy),
          ),
        )
      yield* serve(now, 0)
      yield* serve(now + 1000, 0, 1000)
      yield* serve(now + 2000, 30_000)
      yield* serve(now + 3000, 30_000)
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ from_ms: number; rate: number }>`SELECT from_ms, rate
        FROM fee_schedules ORDER BY from_ms`
      assert.deepStrictEqual(
        rows.map(({ from_ms, rate }) => [from_ms - now, rate]),
        [
          [0, 0],
          [2000, 30_000],
        ],
      )
    }).pipe(withLane()),
  )
})
