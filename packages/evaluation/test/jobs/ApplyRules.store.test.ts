import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { standard } from "@evaluator/judgement/Settings"
import { avoidFrom } from "@evaluator/domain/wallet/StopGates"
import { type FillId, hexToBytes } from "@evaluator/domain/Id"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { applyDue } from "@evaluator/evaluation/jobs/ApplyRules"
import { storeSettled } from "@evaluator/evaluation/stores/CopyResults"
import { judged } from "../support/JudgedWallet.ts"
import { conditionNo, walletNo } from "../support/Rows.ts"
import { countRows, eventsOf, inTransaction, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day

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

const said = (n: number, verdict: string, localFdr: number) =>
  SqlClient.SqlClient.use(
    (sql) =>
      sql`INSERT INTO verdicts ${sql.insert({
        wallet: hexToBytes(walletNo(n)),
        model: 1,
        verdict,
        at_ms: now,
        confirmed_at_ms: now,
        local_fdr: localFdr,
        edge: 0,
        edge_low: 0,
        edge_high: 0,
        copy_profit: 0,
        copy_profit_low: 0,
        copy_profit_high: 0,
        events: 20,
        entries: 20,
        copies: 0,
        complete_share: 1,
        reasons_for: "[]",
        reasons_against: "[]",
        coverage: "{}",
      })}`,
  ).pipe(Effect.orDie)

const dueAgain = SqlClient.SqlClient.use((sql) => sql`UPDATE wallets SET rules_due_ms = 0`).pipe(
  Effect.orDie,
)

describe("apply-rules", () => {
  it.effect("keeps every gate that fails and counts each in the reasons", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE wallet_features SET features = json_set(features, '$.tradeCount', 3,
        '$.sizeCv', 2.0)`
      yield* applyDue
      const reports = yield* EvaluationReports
      const says = (yield* reports.wallet(walletNo(1))).flatMap((section) => section.says)
      assert.isTrue(
        says.some((line) => line.startsWith("not_enough_trades_for_discovery: 3 fills")),
      )
      assert.isTrue(says.some((line) => line.startsWith("size_profile_too_uneven: its sizes")))
      const reasons = (yield* reports.reasons).map(
        (row) => `${row.stage} ${row.reason} ${row.count}`,
      )
      assert.include(reasons, "CANDIDATE not_enough_trades_for_discovery 1")
      assert.include(reasons, "CANDIDATE size_profile_too_uneven 1")
    }).pipe(Effect.provide(EvaluationReports.layer), withLane()),
  )

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

  it.effect(
    "lets in without a persona what the evidence speaks for, and nothing it is against",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        for (const n of [1, 2, 3]) {
          yield* judged(n, 0.9, "waiting")
          yield* SqlClient.SqlClient.use(
            (sql) => sql`UPDATE wallets SET persona = NULL, verdict_reason = 'NOTHING_MATCHED'`,
          ).pipe(Effect.orDie)
        }
        yield* said(1, "WATCH", 0.4)
        yield* said(2, "WATCH", 0.6)
        yield* said(3, "AVOID", 0.95)
        yield* applyDue
        assert.strictEqual((yield* stateOf(1)).state, "PAPER_TRADING")
        assert.strictEqual((yield* stateOf(2)).state, "CANDIDATE")
        assert.strictEqual((yield* stateOf(3)).state, "CANDIDATE")
      }).pipe(withLane()),
  )

  it.effect("stops what the evidence turned against once our copies are enough to say so", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* applyDue
      yield* said(1, "AVOID", 0.95)
      yield* settle(1, 29, -100_000, now)
      yield* applyDue
      assert.strictEqual((yield* stateOf(1)).state, "PAPER_TRADING")
      yield* settle(1, 30, -100_000, now + 1)
      yield* dueAgain
      yield* applyDue
      assert.deepInclude(yield* stateOf(1), { state: "STOPPED", reason: "evidence_against" })
      assert.strictEqual(avoidFrom, standard.avoidFrom)
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
