import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { applyDue } from "@evaluator/evaluation/jobs/ApplyRules"
import { publishStep } from "@evaluator/evaluation/jobs/PublishFollowList"
import { followsOf, openFollow } from "@evaluator/evaluation/stores/Follows"
import { judged } from "../support/JudgedWallet.ts"
import { walletNo } from "../support/Rows.ts"
import { countRows, eventsOf, inTransaction, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day

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
