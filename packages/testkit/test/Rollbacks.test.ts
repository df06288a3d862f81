import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { rollbacksOf } from "@evaluator/testkit/Rollbacks"

describe("rollbacks", () => {
  it.effect(
    "take both files by turns, one to fifty commits, one after the other, as the seed says",
    () =>
      Effect.gen(function* () {
        const plans = yield* rollbacksOf(7, 10, 1000, 300)
        assert.deepStrictEqual(yield* rollbacksOf(7, 10, 1000, 300), plans)
        assert.notDeepEqual(yield* rollbacksOf(8, 10, 1000, 300), plans)
        assert.strictEqual(plans.filter(({ file }) => file === "paper.db").length, 5)
        assert.isTrue(plans.every(({ commits }) => commits >= 1 && commits <= 50))
        assert.deepStrictEqual(
          plans.toSorted((a, b) => a.from - b.from),
          plans,
        )
      }),
  )
})
