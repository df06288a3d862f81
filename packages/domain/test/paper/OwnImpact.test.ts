import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { price, shares } from "@evaluator/domain/money/Micro"
import { withoutOwn } from "@evaluator/domain/paper/OwnImpact"

const level = (at: number, size: number) => ({ price: price(at), size: shares(size) })

describe("a book less what we took", () => {
  it("has less at the prices we took, and nothing where we took all", () => {
    const asks = [level(600_000, 10), level(610_000, 10), level(620_000, 10)]
    const { levels, taken } = withoutOwn(asks, [
      level(600_000, 7),
      level(600_000, 5),
      level(610_000, 4),
    ])
    assert.deepStrictEqual(levels, [level(610_000, 6), level(620_000, 10)])
    assert.strictEqual(taken, 14)
  })

  it("is not changed by what we took at prices it no longer shows", () => {
    const asks = [level(600_000, 10)]
    assert.deepStrictEqual(withoutOwn(asks, [level(590_000, 5)]), { levels: asks, taken: 0 })
  })

  const Levels = Schema.Array(
    Schema.Struct({
      price: Schema.Literals([100_000, 200_000, 300_000]),
      size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })),
    }),
  )
  it.effect.prop(
    "never grows, never goes below nothing, and what is gone is what is said to be",
    [Levels, Levels],
    ([found, took]) =>
      Effect.sync(() => {
        const levels = found.map((one) => level(one.price, one.size))
        const net = withoutOwn(
          levels,
          took.map((one) => level(one.price, one.size)),
        )
        const total = (of: ReadonlyArray<{ readonly size: number }>) =>
          of.reduce((sum, one) => sum + one.size, 0)
        assert.isTrue(net.levels.every((one) => one.size > 0))
        assert.strictEqual(total(levels) - total(net.levels), net.taken)
        assert.isAtMost(net.taken, found.length * total(took))
      }),
  )
})
