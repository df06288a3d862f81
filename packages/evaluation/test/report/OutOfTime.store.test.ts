import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { issueDue } from "@evaluator/evaluation/jobs/IssueVerdicts"
import { outOfTimeSays, readOutOfTime } from "@evaluator/evaluation/report/OutOfTime"
import { copied, day, now, populated, weighAll } from "../support/JudgedPopulation.ts"
import { walletNo } from "../support/Rows.ts"
import { withLane } from "../support/WithLane.ts"

describe("what was chosen on one span and judged on the next", () => {
  it.effect("is of copies of purchases made after the choice, while it stood", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      yield* issueDue
      // The twelve copies that the choice rests on are older than it.
      const none = yield* readOutOfTime
      assert.deepStrictEqual(none, { followed: null, others: null })
      assert.include(outOfTimeSays(none), "no copy of a purchase")
      yield* copied(2, now + day, 50)
      const [rate, one] = [24 / 25, { copies: 2, wallets: 1 }]
      assert.deepStrictEqual(yield* readOutOfTime, { followed: { rate, ...one }, others: null })
      yield* SqlClient.SqlClient.use(
        (sql) => sql`UPDATE verdicts SET until_ms = ${now + day}
          WHERE wallet = ${hexToBytes(walletNo(1))}`,
      ).pipe(Effect.orDie)
      assert.deepStrictEqual(yield* readOutOfTime, { followed: null, others: { rate, ...one } })
    }).pipe(withLane()),
  )
})
