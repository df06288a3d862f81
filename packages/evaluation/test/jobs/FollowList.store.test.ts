import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { type FillId, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { applyDue } from "@evaluator/evaluation/jobs/ApplyRules"
import { publishStep } from "@evaluator/evaluation/jobs/PublishFollowList"
import { storeSettled } from "@evaluator/evaluation/stores/CopyResults"
import {
  followedBehind,
  followedWatermark,
  followsOf,
  openFollow,
} from "@evaluator/evaluation/stores/Follows"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { conditionNo, walletNo } from "../support/FakeVenue.ts"
import { countRows, eventsOf, inTransaction, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day

const month: Features = {
  windowDays: 30,
  tradeCount: 60,
  uniqueMarkets: 10,
  observedDays: 30,
  tradesPerDay: 2,
  tradesPerWeek: 14,
  meanTradeMicro: 10_000_000,
  turnoverMicro: 600_000_000,
  closedLots: 20,
  wins: 12,
  losses: 8,
  winRate: 0.6,
  realizedMicro: 10_000_000,
  closedCostMicro: 100_000_000,
  roi: 0.1,
  closedMarkets: 8,
  profitableMarkets: 5,
  topMarketProfitShare: 0.3,
  meanWinMicro: 2_000_000,
  largestLossMicro: 2_000_000,
  meanHoldHours: 30,
  medianHoldMinutes: 600,
  capitalMicro: 100_000_000,
  maxDrawdown: 0.05,
  sharpe: 1.5,
  activePositions: 3,
  concentration: 0.7,
  sizeCv: 0.3,
  buySellBalance: 0.4,
  midFillRatio: 0.2,
  extremePriceRatio: 0.1,
  burstiness: 0.1,
  topDomain: "Politics",
  topDomainRatio: 0.4,
  unmatchedShares: 0,
}

/** A judged wallet with features and a 30-day score, its rules due. */
const judged = (n: number, wscore = 0.5, verdict = "classified") =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const wallet = hexToBytes(walletNo(n))
    const at = yield* TestClock.testClockWith((clock) =>
      Effect.sync(() => clock.currentTimeMillisUnsafe()),
    )
    yield* addWallets([{ wallet: walletNo(n), source: "HOLDER", condition: null }], ["activity"])
    yield* sql`UPDATE wallets SET verdict = ${verdict}, persona = 'INFORMED_SPECIALIST',
      history_complete_at_ms = ${at}, judged_at_ms = ${at}, rules_due_ms = ${at},
      last_fill_ms = ${at} WHERE wallet = ${wallet}`
    yield* sql`UPDATE wallet_feeds SET complete_through_ms = ${at}, priority = 2
      WHERE wallet = ${wallet}`
    for (const window of [30, 90]) {
      yield* sql`INSERT INTO wallet_features ${sql.insert({
        wallet,
        window_days: window,
        at_ms: at,
        features: JSON.stringify({ ...month, windowDays: window }),
      })}`
    }
    yield* sql`INSERT INTO wallet_scores ${sql.insert({
      wallet,
      window_days: 30,
      wscore,
      edge: 0,
      consistency: 0,
      market_skill: 0,
      timing: null,
      behaviour: 0,
      raw: 0,
      hit_rate_factor: 1,
      trust_factor: 1,
      obscurity_factor: 1,
      roi_percent: 0,
      hit_rate: 0,
      trade_count: 60,
      at_ms: at,
    })}`
  }).pipe(inTransaction)

const stateOf = (n: number) =>
  SqlClient.SqlClient.use(
    (sql) => sql<{ state: string; reason: string; baseline: string | null }>`
      SELECT state, reason, baseline FROM wallet_rules WHERE wallet = ${hexToBytes(walletNo(n))}`,
  ).pipe(
    Effect.map(([row]) => row!),
    Effect.orDie,
  )

const settle = (n: number, copies: number, pnlMicro: number, atMs: number) =>
  Effect.forEach(
    Array.from({ length: copies }, (_, copy) => copy),
    (copy) =>
      storeSettled(`${n}-${atMs}-${copy}`, atMs, {
        fill: (n * 1000 + copy).toString(16).padStart(32, "0") as FillId,
        strategy: "solo",
        wallet: walletNo(n),
        condition: conditionNo(1),
        pnlMicro,
        cause: "resolved",
      }),
    { discard: true },
  ).pipe(inTransaction)

const dueAgain = SqlClient.SqlClient.use((sql) => sql`UPDATE wallets SET rules_due_ms = 0`).pipe(
  Effect.orDie,
)

describe("apply-rules", () => {
  it.effect(
    "takes a wallet from candidate through paper trading and approval to a stop and back",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        yield* judged(1)
        assert.deepInclude((yield* applyDue).counts, { moved: 1 })
        assert.strictEqual((yield* stateOf(1)).state, "PAPER_TRADING")
        // Our own copies settle with profit: approved, its style kept.
        yield* TestClock.setTime(now + day)
        yield* settle(1, 30, 500_000, now + day)
        assert.deepInclude((yield* applyDue).counts, { looked: 1, moved: 1 })
        const approved = yield* stateOf(1)
        assert.deepInclude(approved, { state: "APPROVED", reason: "copies_earned" })
        assert.deepInclude(JSON.parse(approved.baseline!), { tradesPerDay: 2, uniqueMarkets: 10 })
        // Silent for too long: stopped, and it stays so until the cool-down is over.
        yield* TestClock.setTime(now + 12 * day)
        yield* applyDue
        assert.deepInclude(yield* stateOf(1), { state: "STOPPED", reason: "live_inactive" })
        yield* TestClock.setTime(now + 13 * day)
        yield* dueAgain
        yield* applyDue
        assert.deepInclude(yield* stateOf(1), { state: "STOPPED", reason: "cooling_down" })
        yield* TestClock.setTime(now + 19 * day)
        yield* applyDue
        assert.strictEqual((yield* stateOf(1)).state, "PAPER_TRADING")
        const moves = (yield* eventsOf("WalletRulesEvaluated")).map((event) => event.to)
        assert.deepStrictEqual(moves, ["PAPER_TRADING", "APPROVED", "STOPPED", "PAPER_TRADING"])
        assert.strictEqual(yield* countRows("rule_transitions"), 4)
      }).pipe(withLane()),
  )

  it.effect("records moves and not every look", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      for (let look = 0; look < 5; look++) {
        yield* dueAgain
        yield* applyDue
      }
      assert.strictEqual(yield* countRows("rule_transitions"), 1)
      assert.strictEqual((yield* eventsOf("WalletRulesEvaluated")).length, 1)
      assert.strictEqual((yield* stateOf(1)).reason, "not_enough_settled_copies")
    }).pipe(withLane()),
  )

  it.effect("never lets an excluded or unmatched wallet in", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1, 0.9, "excluded")
      yield* judged(2, 0.9, "waiting")
      yield* applyDue
      assert.deepInclude(yield* stateOf(1), { state: "CANDIDATE", reason: "not_followable" })
      assert.deepInclude(yield* stateOf(2), { state: "CANDIDATE", reason: "not_followable" })
    }).pipe(withLane()),
  )

  it.effect("counts a settlement once, however often it is reported, and only solo copies", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* applyDue
      yield* settle(1, 29, 500_000, now)
      yield* settle(1, 29, 500_000, now)
      yield* applyDue
      assert.strictEqual((yield* stateOf(1)).reason, "not_enough_settled_copies")
      assert.strictEqual(yield* countRows("copy_settlements"), 29)
    }).pipe(withLane()),
  )
})

describe("publish-follow-list", () => {
  it.effect("follows the best wanted wallets, at most as many as allowed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      for (const [n, wscore] of [
        [1, 0.2],
        [2, 0.9],
        [3, 0.5],
      ] as const) {
        yield* judged(n, wscore)
      }
      yield* applyDue
      yield* publishStep
      const [event] = yield* eventsOf("FollowListChanged")
      assert.deepStrictEqual(
        event!.follows.map((span) => [span.wallet, span.fromMs, span.toMs]),
        [
          [walletNo(2), now, null],
          [walletNo(3), now, null],
        ],
      )
      assert.deepInclude((yield* publishStep).counts, { changed: 0 })
    }).pipe(withLane(undefined, { follow: { max_wallets: 2 } })),
  )

  it.effect("ends following a notice after the decision and never overlaps spans", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* applyDue
      yield* publishStep
      yield* sql`UPDATE wallet_rules SET state = 'STOPPED'`
      yield* TestClock.setTime(now + 60_000)
      yield* publishStep
      yield* sql`UPDATE wallet_rules SET state = 'APPROVED'`
      yield* TestClock.setTime(now + 63_000)
      yield* publishStep
      const spans = yield* followsOf(walletNo(1))
      assert.deepStrictEqual(
        spans.map((span) => [span.fromMs - now, span.toMs === null ? null : span.toMs - now]),
        [
          [70_000, null],
          [0, 70_000],
        ],
      )
    }).pipe(withLane()),
  )

  it.effect("tells a new state of a followed wallet and keeps its span", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* applyDue
      yield* publishStep
      yield* sql`UPDATE wallet_rules SET state = 'APPROVED'`
      yield* TestClock.setTime(now + 60_000)
      yield* publishStep
      const last = (yield* eventsOf("FollowListChanged")).at(-1)!
      assert.deepStrictEqual(last.follows, [
        {
          wallet: walletNo(1),
          fromMs: now,
          toMs: null,
          state: "APPROVED",
          persona: "INFORMED_SPECIALIST",
        },
      ])
      assert.strictEqual(yield* countRows("follows"), 1)
    }).pipe(withLane()),
  )

  it.effect("leaves alone what a recording follows", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1, 0.5, "excluded")
      yield* inTransaction(
        openFollow(
          {
            wallet: walletNo(1),
            fromMs: now,
            toMs: now + day,
            state: "PAPER_TRADING",
            persona: null,
          },
          "recording",
        ),
      )
      yield* applyDue
      yield* publishStep
      assert.strictEqual((yield* followsOf(walletNo(1)))[0]!.toMs, now + day)
    }).pipe(withLane()),
  )
})

describe("the watermark of followed wallets", () => {
  const follow = (n: number, fromMs: number, toMs: number | null) =>
    inTransaction(
      openFollow(
        { wallet: walletNo(n), fromMs, toMs, state: "PAPER_TRADING", persona: null },
        "rules",
      ),
    )
  const completeThrough = (n: number, throughMs: number) =>
    SqlClient.SqlClient.use(
      (sql) => sql`UPDATE wallet_feeds SET complete_through_ms = ${throughMs}
        WHERE wallet = ${hexToBytes(walletNo(n))}`,
    ).pipe(Effect.orDie)
  const add = (n: number) =>
    inTransaction(
      addWallets([{ wallet: walletNo(n), source: "HOLDER", condition: null }], ["activity"]),
    )
  const behind = (throughMs: number) =>
    followedBehind(throughMs).pipe(
      Effect.map((rows) =>
        rows.map((row) => `0x${Buffer.from(row).toString("hex")}` as WalletAddress),
      ),
    )

  it.effect("is the least of those whose span is not covered, and now when none is followed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      assert.strictEqual(yield* followedWatermark(now), now)
      for (const n of [1, 2, 3]) yield* add(n)
      yield* completeThrough(1, now - 1000)
      yield* completeThrough(2, now - 5000)
      yield* completeThrough(3, now - 3000)
      yield* follow(1, now - day, null)
      yield* follow(2, now - day, now - 6000)
      yield* follow(3, now - day, null)
      // Wallet 2 is known through the end of its span: it holds nothing back.
      assert.strictEqual(yield* followedWatermark(now), now - 3000)
      assert.deepStrictEqual(yield* behind(now - 1000), [walletNo(3)])
    }).pipe(withLane()),
  )

  it.effect("is not pulled back by a wallet that has just been followed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* add(1)
      yield* completeThrough(1, now - day)
      yield* follow(1, now, null)
      assert.strictEqual(yield* followedWatermark(now), now - 1)
    }).pipe(withLane()),
  )

  it.effect("waits for a followed wallet whose history is not complete", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* add(1)
      yield* follow(1, now - day, now - day + 1000)
      assert.strictEqual(yield* followedWatermark(now), now - day - 1)
      assert.deepStrictEqual(yield* behind(now), [walletNo(1)])
    }).pipe(withLane()),
  )
})
