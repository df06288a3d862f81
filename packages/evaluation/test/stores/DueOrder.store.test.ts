import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { dueToMeasure } from "@evaluator/evaluation/stores/Drifts"
import { dueToWeigh } from "@evaluator/evaluation/stores/Evidence"
import { dueToJudge } from "@evaluator/evaluation/stores/Judgements"
import { StatementWatch } from "@evaluator/sqlite/StatementWatch"
import { withLane } from "../support/WithLane.ts"

describe("wallets that are due at one moment", () => {
  for (const [what, due] of [
    ["judged", dueToJudge(20)],
    ["measured", dueToMeasure(20)],
    ["weighed", dueToWeigh(0, 20)],
  ] as const) {
    it.effect(`to be ${what} come in the order of an index, nothing sorted`, () => {
      const asked: Array<string> = []
      return Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        asked.length = 0
        yield* due
        assert.lengthOf(asked, 1)
        const plan = yield* sql.unsafe<{ detail: string }>(
          `EXPLAIN QUERY PLAN ${asked[0]!.replaceAll("?", "1")}`,
        )
        const details = plan.map(({ detail }) => detail).join("; ")
        assert.include(details, "USING INDEX")
        assert.notInclude(details, "TEMP B-TREE")
      }).pipe(
        Effect.orDie,
        withLane(),
        Effect.provideService(StatementWatch, (text) => void asked.push(text)),
      )
    })
  }
})
