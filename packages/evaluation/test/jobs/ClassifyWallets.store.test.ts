import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { hexToBytes } from "@evaluator/domain/Id"
import { judgeDue } from "@evaluator/evaluation/jobs/ClassifyWallets"
import { describeDue } from "@evaluator/evaluation/jobs/DescribeMarkets"
import { resolveDue } from "@evaluator/evaluation/jobs/ResolveMarkets"
import { weighDue } from "@evaluator/evaluation/jobs/WeighEvidence"
import { scoreDue } from "@evaluator/evaluation/jobs/ScoreWallets"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { ranking } from "@evaluator/evaluation/stores/Scores"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { FakeVenue } from "../support/FakeVenue.ts"
import { conditionNo, deed, fill, market, resolution, walletNo } from "../support/Rows.ts"
import { eventsOf, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day

const ingest = (...wallets: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    for (const n of wallets) {
      yield* addWallets([{ wallet: walletNo(n), source: "HOLDER", condition: null }], ["activity"])
      yield* walkWallet(walletNo(n), { pages: 10, force: true })
    }
  })

const learn = Effect.gen(function* () {
  yield* describeDue
  yield* TestClock.adjust("6 seconds")
  yield* resolveDue
})

const walletRow = (n = 1) =>
  SqlClient.SqlClient.use(
    (sql) => sql<{
      verdict: string
      verdict_reason: string | null
      persona: string | null
      persona_confidence: number | null
      judge_due_ms: number
    }>`SELECT verdict, verdict_reason, persona, persona_confidence, judge_due_ms
      FROM wallets
      WHERE wallet = ${hexToBytes(walletNo(n))}`,
  ).pipe(
    Effect.map(([row]) => ({ ...row! })),
    Effect.orDie,
  )

const features = (window: number) =>
  SqlClient.SqlClient.use(
    (sql) => sql<{ features: string }>`SELECT features FROM wallet_features
      WHERE window_days = ${window}`,
  ).pipe(
    Effect.map(([row]) => JSON.parse(row!.features) as Features),
    Effect.orDie,
  )

/** A wallet that bets once a week and wins `wins` of ten markets; a loser wins only small ones. */
const bettor = (venue: FakeVenue, n: number, wins: number) => {
  for (let m = 1; m <= 10; m++) {
    const end = now - m * 7 * day
    venue.markets.set(conditionNo(m), market(m, { status: "closed", endAtMs: end }))
    venue.resolutions.set(conditionNo(m), resolution(m, 0, end))
    venue.addFills([
      fill({
        wallet: walletNo(n),
        market: m,
        outcome: (wins >= 5 ? m <= wins : m > 10 - wins) ? 0 : 1,
        price: 0.5,
        size: m < 4 ? 100 : 20,
        tx: n * 100 + m,
        atMs: end - 3 * day,
      }),
    ])
  }
  return venue
}

describe("classify-wallets", () => {
  it.effect(
    "classifies a wallet that wins and excludes one that loses what it held to the end",
    () => {
      const venue = bettor(bettor(new FakeVenue(), 1, 8), 2, 3)
      return Effect.gen(function* () {
        yield* ingest(1, 2)
        yield* learn
        const counts: Readonly<Record<string, number>> = (yield* judgeDue).counts
        assert.deepStrictEqual({ ...counts }, { judged: 2, classified: 1, excluded: 1, waiting: 0 })
        const winner = yield* walletRow(1)
        assert.deepInclude(winner, { verdict: "classified", persona: "INFORMED_SPECIALIST" })
        assert.isAbove(winner.persona_confidence ?? 0, 0)
        const loser = yield* walletRow(2)
        assert.strictEqual(loser.verdict, "excluded")
        assert.isNull(loser.persona_confidence)
        assert.deepStrictEqual(yield* eventsOf("WalletsClassified"), [
          { classified: 1, excluded: 1, waiting: 0 },
        ])
      }).pipe(withLane(venue))
    },
  )

  it.effect("waits for outcomes nobody has asked for, but not longer than its patience", () => {
    const venue = bettor(new FakeVenue(), 1, 8)
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* judgeDue
      assert.deepInclude(yield* walletRow(), {
        verdict: "waiting",
        verdict_reason: "RESOLUTIONS_PENDING",
      })
      yield* TestClock.setTime(now + 11 * 60_000)
      yield* judgeDue
      assert.notStrictEqual((yield* walletRow()).verdict_reason, "RESOLUTIONS_PENDING")
    }).pipe(withLane(venue))
  })

  it.effect("judges again when an outcome becomes known, and not before", () => {
    const venue = bettor(new FakeVenue(), 1, 8)
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* describeDue
      yield* TestClock.setTime(now + 11 * 60_000)
      yield* judgeDue
      assert.strictEqual((yield* features(180)).closedLots, 0)
      assert.strictEqual((yield* judgeDue).counts.judged, 0)
      yield* resolveDue
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* judgeDue).counts.judged, 1)
      assert.strictEqual((yield* features(180)).closedLots, 10)
    }).pipe(withLane(venue))
  })

  it.effect("keeps all failed gates, and since when each fails", () => {
    const venue = new FakeVenue().addFills([fill({ tx: 1, atMs: now - day })])
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* learn
      yield* judgeDue
      const sql = yield* SqlClient.SqlClient
      const gates = sql<{ code: string; since_ms: number; at_ms: number }>`
        SELECT code, since_ms, at_ms FROM wallet_gates ORDER BY position`
      const before = yield* gates
      assert.deepStrictEqual(
        before.map((gate) => gate.code),
        ["STAGE1_TOO_YOUNG", "STAGE1_TOO_FEW_TRADES", "NEWS_SNIPER"],
      )
      venue.addFills([fill({ tx: 2, atMs: now + 3_600_000 })])
      yield* TestClock.setTime(now + day)
      yield* walkWallet(walletNo(1), { pages: 10, force: true })
      yield* judgeDue
      const after = yield* gates
      assert.deepStrictEqual(
        after.map((gate) => gate.code),
        ["STAGE1_TOO_YOUNG", "STAGE1_TOO_FEW_TRADES"],
      )
      assert.isTrue(after.every((gate) => gate.since_ms === before[0]!.since_ms))
      assert.isTrue(after.every((gate) => gate.at_ms > gate.since_ms))
    }).pipe(withLane(venue))
  })

  it.effect("uses splits, merges and redemptions of the ledger", () => {
    const venue = new FakeVenue()
      .addFills([
        fill({
          market: 1,
          side: "SELL",
          outcome: 1,
          size: 10,
          price: 0.7,
          tx: 2,
          atMs: now - 50 * day,
        }),
      ])
      .addDeeds([
        deed({ type: "SPLIT", market: 1, size: 10, atMs: now - 60 * day }),
        deed({ type: "REDEEM", market: 1, size: 10, atMs: now - 40 * day }),
      ])
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* TestClock.setTime(now + 11 * 60_000)
      yield* judgeDue
      const all = yield* features(0)
      // 10 paid for the set, 7 for the sold No, 10 for the redeemed Yes.
      assert.strictEqual(all.realizedMicro, 7_000_000)
      assert.strictEqual(all.activePositions, 0)
    }).pipe(withLane(venue))
  })

  it.effect("does not try a history larger than its limit, and says so", () => {
    const venue = new FakeVenue().addFills(
      Array.from({ length: 1001 }, (_, n) => fill({ tx: n, atMs: now - n * 1000 })),
    )
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* judgeDue
      assert.deepInclude(yield* walletRow(), {
        verdict: "waiting",
        verdict_reason: "HISTORY_TOO_LARGE",
        judge_due_ms: now + day,
      })
    }).pipe(withLane(venue, { judgement: { max_history: 1000 } }))
  })

  it.effect("looks seldom at a wallet that has been silent for long", () => {
    const venue = new FakeVenue().addFills([fill({ tx: 1, atMs: now - 40 * day })])
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* TestClock.setTime(now + 11 * 60_000)
      yield* judgeDue
      assert.approximately((yield* walletRow()).judge_due_ms, now + 10 * day, day / 10)
    }).pipe(withLane(venue))
  })
})

describe("a wallet that quotes both sides", () => {
  /** Buys at 0.40 what others sell it there, and sells at 0.42, in each market an hour apart. */
  const quoting = (venue: FakeVenue, markets: number) => {
    for (let m = 1; m <= markets; m++) {
      const at = now - 60 * day + m * day
      venue.addFills([
        fill({ wallet: walletNo(1), market: m, price: 0.4, size: 50, tx: m, atMs: at }),
        fill({
          wallet: walletNo(1),
          market: m,
          side: "SELL",
          price: 0.42,
          size: 50,
          tx: 100 + m,
          atMs: at + 3_600_000,
        }),
        fill({
          wallet: walletNo(2),
          market: m,
          price: 0.42,
          size: 90,
          tx: 200 + m,
          atMs: at - day,
        }),
        fill({
          wallet: walletNo(2),
          market: m,
          side: "SELL",
          price: 0.4,
          size: 50,
          tx: 300 + m,
          atMs: at,
        }),
      ])
    }
    return venue
  }
  /** Nothing else excludes it. */
  const lenient = { personas: { max_idle_days: 100, min_trades: 1 } }
  const gates = SqlClient.SqlClient.use(
    (sql) => sql<{ code: string; metric: number; evidence: string }>`SELECT code, metric, evidence
      FROM wallet_gates WHERE wallet = ${hexToBytes(walletNo(1))} AND code = 'LIQUIDITY_PROVIDER'`,
  )

  it.effect("is excluded when the middles of its purchases are known, and judged once for it", () =>
    Effect.gen(function* () {
      yield* ingest(1, 2)
      yield* learn
      yield* TestClock.adjust("10 minutes")
      yield* judgeDue
      assert.deepStrictEqual(yield* gates, [])
      yield* weighDue
      assert.isAtMost((yield* walletRow()).judge_due_ms, now + 11 * 60_000)
      yield* judgeDue
      const [gate] = yield* gates
      assert.strictEqual(gate?.metric, 1)
      assert.include(gate?.evidence, "100.0 % of its 10 first purchases")
      const due = (yield* walletRow()).judge_due_ms
      yield* TestClock.adjust("7 hours")
      yield* weighDue
      assert.strictEqual((yield* walletRow()).judge_due_ms, due)
    }).pipe(withLane(quoting(new FakeVenue(), 10), lenient)),
  )

  it.effect("is not judged by nine middles", () =>
    Effect.gen(function* () {
      yield* ingest(1, 2)
      yield* learn
      yield* TestClock.adjust("10 minutes")
      yield* judgeDue
      yield* weighDue
      assert.isAbove((yield* walletRow()).judge_due_ms, now + day / 2)
      yield* TestClock.adjust("2 days")
      yield* judgeDue
      assert.deepStrictEqual(yield* gates, [])
    }).pipe(withLane(quoting(new FakeVenue(), 9), lenient)),
  )
})

describe("score-wallets", () => {
  it.effect("scores what was judged and ranks only followable wallets, ties by address", () => {
    const venue = bettor(bettor(bettor(new FakeVenue(), 2, 8), 1, 8), 3, 3)
    return Effect.gen(function* () {
      yield* ingest(1, 2, 3)
      yield* learn
      yield* judgeDue
      const { counts } = yield* scoreDue
      assert.deepStrictEqual(counts, { looked: 3, scored: 3 })
      const ranked = yield* ranking(10)
      assert.deepStrictEqual(
        ranked.map((row) => Buffer.from(row.wallet).toString("hex")),
        [walletNo(1).slice(2), walletNo(2).slice(2)],
      )
      assert.strictEqual(ranked[0]!.wscore, ranked[1]!.wscore)
      const sql = yield* SqlClient.SqlClient
      const [parts] = yield* sql<Record<string, number | null>>`SELECT * FROM wallet_scores`
      assert.isNull(parts!["timing"])
      assert.isAbove(parts!["edge"]!, 0)
      assert.deepInclude((yield* scoreDue).counts, { looked: 0 })
    }).pipe(withLane(venue, { wallet_scoring: { min_trades: 3 } }))
  })

  it.effect("lets a score decay day by day although the wallet is judged seldom", () => {
    const venue = bettor(new FakeVenue(), 1, 8)
    const longest = SqlClient.SqlClient.use(
      (sql) => sql<Record<string, number>>`SELECT * FROM wallet_scores WHERE window_days = 90`,
    ).pipe(Effect.map(([row]) => row!))
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* learn
      yield* judgeDue
      yield* scoreDue
      const first = yield* longest
      // Its last fill was three days before the end of the first market.
      assert.approximately(first["idle_days"]!, 10, 0.01)
      assert.approximately(first["recency_factor"]!, 2 ** (-10 / 30), 1e-4)
      assert.deepInclude((yield* scoreDue).counts, { looked: 0 })
      yield* TestClock.adjust("1 day")
      assert.deepInclude((yield* scoreDue).counts, { looked: 1, scored: 1 })
      const second = yield* longest
      assert.approximately(second["idle_days"]!, 11, 0.01)
      assert.approximately(second["wscore"]! / first["wscore"]!, 2 ** (-1 / 30), 1e-9)
    }).pipe(withLane(venue, { wallet_scoring: { min_trades: 3, obscurity_multiplier: 1 } }))
  })

  it.effect("keeps the lane and every other input of a score", () => {
    const venue = bettor(new FakeVenue(), 1, 8)
    return Effect.gen(function* () {
      yield* ingest(1)
      yield* learn
      yield* judgeDue
      yield* scoreDue
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<Record<string, number | string | null>>`SELECT * FROM wallet_scores
        WHERE window_days = 90`
      const window = yield* features(90)
      assert.deepInclude(row!, {
        lane: window.topDomain,
        lane_roi_percent: 100 * window.roi,
        lane_profitable_markets: 8,
        lane_markets: 10,
        lane_factor: 1.1,
        profitable_markets: 8,
        markets: 10,
        deviation: 50 * window.maxDrawdown,
        noise: 0.5 * window.extremePriceRatio + 0.5 * window.burstiness,
        on_leaderboard: 0,
      })
      assert.isAbove(Number(row!["age_days"]), 60)
    }).pipe(withLane(venue, { wallet_scoring: { min_trades: 3 } }))
  })
})
