import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { issueDue } from "@evaluator/evaluation/jobs/IssueVerdicts"
import { storeDecided, storeSettled } from "@evaluator/evaluation/stores/CopyResults"
import { outOfTimeSays, readOutOfTime } from "@evaluator/evaluation/report/OutOfTime"
import { copied, day, now, populated, weighAll } from "../support/JudgedPopulation.ts"
import { conditionNo, fill, walletNo } from "../support/Rows.ts"
import { inTransaction, withLane } from "../support/WithLane.ts"

/** A copy of another wallet that lost all it cost. */
const losing = (n: number, leaderAtMs: number) =>
  Effect.gen(function* () {
    const condition = conditionNo(60 + n)
    const { id } = fill({ wallet: walletNo(n), market: 60 + n, tx: 7000 + n })
    const key = { fill: id, strategy: "solo", wallet: walletNo(n), condition } as const
    yield* storeDecided({
      ...key,
      outcome: "COPIED",
      costMicro: 25_000_000,
      leaderAtMs,
      met: { side: "BUY", leaderPrice: 500_000, size: 49_000_000, fee: 0, depth: 1 },
    })
    yield* storeSettled(`lost-${n}`, leaderAtMs + 1, {
      ...key,
      pnlMicro: -25_000_000,
      cause: "resolved",
    })
  }).pipe(inTransaction)

describe("what was chosen on one span and judged on the next", () => {
  it.effect("is of copies of purchases made after the choice, while it stood", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      yield* issueDue
      // The twelve copies that the choice rests on are older than it.
      const none = yield* readOutOfTime
      assert.deepStrictEqual(none, { followed: null, others: null, random: null })
      assert.include(outOfTimeSays(none), "no copy of a purchase")
      yield* copied(2, now + day, 50)
      const [rate, one] = [24 / 25, { copies: 2, wallets: 1 }]
      const alone = yield* readOutOfTime
      assert.deepInclude(alone, { followed: { rate, ...one }, others: null })
      // Nobody else was copied then: who is drawn at random is the same wallet.
      assert.deepInclude(alone.random, { draws: 200, low: rate, high: rate })
      assert.approximately(alone.random!.mean, rate, 1e-12)
      yield* SqlClient.SqlClient.use(
        (sql) => sql`UPDATE verdicts SET until_ms = ${now + day}
          WHERE wallet = ${hexToBytes(walletNo(1))}`,
      ).pipe(Effect.orDie)
      assert.deepStrictEqual(yield* readOutOfTime, {
        followed: null,
        others: { rate, ...one },
        random: null,
      })
    }).pipe(withLane()),
  )

  it.effect("stands beside as many wallets at random over the same spans", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      yield* issueDue
      yield* copied(2, now + day, 50)
      yield* losing(2, now + day)
      yield* losing(3, now + 20 * day)
      yield* SqlClient.SqlClient.use(
        (sql) => sql`UPDATE verdicts SET until_ms = ${now + 15 * day}
          WHERE wallet = ${hexToBytes(walletNo(1))}`,
      ).pipe(Effect.orDie)
      const told = yield* readOutOfTime
      const [won, lost] = [24 / 25, -1]
      assert.deepStrictEqual(told.followed, { rate: won, copies: 2, wallets: 1 })
      assert.deepStrictEqual(told.others, { rate: lost, copies: 2, wallets: 2 })
      // Either the followed one or the second; the third was copied after the span.
      const { draws, high, low, mean } = told.random!
      assert.deepStrictEqual([draws, low, high], [200, lost, won])
      assert.approximately(mean, (won + lost) / 2, 0.2)
      assert.deepStrictEqual(yield* readOutOfTime, told)
      assert.include(outOfTimeSays(told), "as many wallets at random over the same spans earned")
    }).pipe(withLane()),
  )
})
