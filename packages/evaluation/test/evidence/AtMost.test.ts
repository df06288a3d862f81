import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { rowsAtMost } from "@evaluator/evaluation/evidence/AtMost"

const most = 20_000
const taken = (groups: ReadonlyArray<{ rows: number; wallets: number }>, limit: number) =>
  groups.reduce((sum, { rows, wallets }) => sum + Math.min(rows, limit) * wallets, 0)

describe("rows of all wallets in one judgement", () => {
  it("lets all of them in where there is room", () => {
    assert.strictEqual(rowsAtMost([], 10, most), most)
    assert.strictEqual(rowsAtMost([{ rows: 5, wallets: 2 }], 10, most), most)
  })

  it("cuts who has most first", () => {
    const groups = [
      { rows: 10, wallets: 100 },
      { rows: 9_000, wallets: 2 },
    ]
    assert.strictEqual(rowsAtMost(groups, 3_000, most), 1_000)
  })

  const count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 500 }))
  it.prop(
    "never lets in more than the budget, and wastes less than a row a wallet",
    [Schema.Array(count), Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000 }))],
    ([counts, budget]) => {
      const groups = [...Map.groupBy(counts, (rows) => rows)]
        .map(([rows, of]) => ({ rows, wallets: of.length }))
        .toSorted((a, b) => a.rows - b.rows)
      const limit = rowsAtMost(groups, budget, most)
      assert.isAtMost(taken(groups, limit), budget)
      if (limit < most) assert.isAbove(taken(groups, limit + 1), budget)
    },
  )
})
