import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { storeRows } from "@evaluator/evaluation/stores/Ledger"
import { fill } from "../support/Rows.ts"
import { inTransaction, withLane } from "../support/WithLane.ts"

const served = (one: Fill, line: number) => ({
  value: { kind: "fill" as const, fill: one },
  recorded: `activity/x.ndjson.gz:${line}`,
})

describe("recorded rows stored together", () => {
  it.effect("have each its first fate, whatever stands before and after them", () =>
    Effect.gen(function* () {
      const [a, b] = [fill({ tx: 1 }), fill({ tx: 2 })]
      yield* inTransaction(storeRows([served(a, 1)]))
      yield* inTransaction(storeRows([served(a, 2), served(b, 3), served(b, 3), served(a, 1)]))
      const sql = yield* SqlClient.SqlClient
      const fates = yield* sql<{ line: number; fate: string }>`SELECT line, fate FROM row_fates
        WHERE file = 'activity/x.ndjson.gz' AND reason IS NULL ORDER BY line`
      assert.deepStrictEqual(
        fates.map(({ line, fate }) => [line, fate]),
        [
          [1, "stored"],
          [2, "duplicate"],
          [3, "stored"],
        ],
      )
    }).pipe(withLane()),
  )
})
