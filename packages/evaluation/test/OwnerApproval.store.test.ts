import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { applyDue } from "@evaluator/evaluation/jobs/ApplyRules"
import {
  approvalRequest,
  approveWallet,
  layer as approvalLayer,
} from "@evaluator/evaluation/OwnerApproval"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { judged } from "./support/JudgedWallet.ts"
import { walletNo } from "./support/Rows.ts"
import { countRows, eventsOf, withLane } from "./support/WithLane.ts"

const day = 86_400_000
const now = 400 * day

const stateOf = (n: number) =>
  SqlClient.SqlClient.use(
    (sql) => sql<{ state: string; reason: string; baseline: string | null }>`SELECT state, reason,
      baseline FROM wallet_rules WHERE wallet = ${hexToBytes(walletNo(n))}`,
  ).pipe(
    Effect.map(([row]) => row!),
    Effect.orDie,
  )

describe("an owner's approval", () => {
  it.effect("moves what is paper traded, keeps its style, and a breach stops it later", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* applyDue
      assert.strictEqual((yield* stateOf(1)).state, "PAPER_TRADING")
      assert.deepStrictEqual(yield* approveWallet(walletNo(1)), {
        from: "PAPER_TRADING",
        to: "APPROVED",
        refused: null,
      })
      const approved = yield* stateOf(1)
      assert.deepInclude(approved, { state: "APPROVED", reason: "approved_by_owner" })
      assert.deepInclude(JSON.parse(approved.baseline!), { tradesPerDay: 2 })
      assert.strictEqual(yield* countRows("rule_transitions"), 2)
      // The rules look at it like at any approved wallet: it stays, until it is silent for too long.
      yield* applyDue
      assert.deepInclude(yield* stateOf(1), { state: "APPROVED", reason: "live_continue" })
      yield* TestClock.setTime(now + 11 * day)
      yield* applyDue
      assert.deepInclude(yield* stateOf(1), { state: "STOPPED", reason: "live_inactive" })
      assert.deepStrictEqual(
        (yield* eventsOf("WalletRulesEvaluated")).map(({ from, to }) => `${from} ${to}`),
        ["CANDIDATE PAPER_TRADING", "PAPER_TRADING APPROVED", "APPROVED STOPPED"],
      )
    }).pipe(withLane()),
  )

  it.effect("is refused, and changes nothing, for every other standing", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const refused = Effect.fnUntraced(function* (n: number) {
        const before = yield* countRows("rule_transitions")
        const answer = yield* approveWallet(walletNo(n))
        assert.strictEqual(yield* countRows("rule_transitions"), before)
        assert.strictEqual(answer.from, answer.to)
        return answer.refused
      })
      assert.include(yield* refused(9), "not on the watchlist")
      yield* judged(1)
      assert.include(yield* refused(1), "candidate")
      yield* applyDue
      yield* approveWallet(walletNo(1))
      assert.include(yield* refused(1), "already")
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE wallets SET verdict = 'excluded', rules_due_ms = 0`
      assert.include(yield* refused(1), "not followable")
      yield* applyDue
      yield* sql`UPDATE wallets SET verdict = 'classified'`
      assert.include(yield* refused(1), "stopped")
    }).pipe(withLane()),
  )

  it.effect("is asked for over the link between the lanes", () => {
    const [mine, theirs] = LaneLink.inlinePair()
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* judged(1)
      yield* applyDue
      yield* Layer.build(approvalLayer.pipe(Layer.provide(Layer.succeed(LaneLink, mine))))
      const answer = yield* theirs.ask(approvalRequest, walletNo(1))
      assert.deepStrictEqual(answer, { from: "PAPER_TRADING", to: "APPROVED", refused: null })
      const wrong = yield* Effect.flip(theirs.ask(approvalRequest, "0x12"))
      assert.strictEqual(wrong.request, approvalRequest)
    }).pipe(Effect.scoped, withLane())
  })
})
