import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import {
  buysBelow,
  drawdownOf,
  nextMode,
  type TradingMode,
} from "@evaluator/domain/paper/TradingMode"

const limits = { resume: 50_000, reduce: 100_000, halt: 150_000 }
const walk = (drawdowns: ReadonlyArray<number>) => {
  let mode: TradingMode = "ACTIVE"
  return drawdowns.map((drawdown) => (mode = nextMode(mode, drawdown, limits)))
}

describe("the mode of a book", () => {
  it("is entered at one drawdown and left at a smaller one", () => {
    assert.deepStrictEqual(
      walk([99_999, 100_000, 99_999, 50_001, 50_000, 150_000, 100_000, 99_999, 50_000]),
      [
        "ACTIVE",
        "REDUCING",
        "REDUCING",
        "REDUCING",
        "ACTIVE",
        "HALTED",
        "HALTED",
        "REDUCING",
        "ACTIVE",
      ],
    )
  })

  const Drawdowns = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e6 })))
  it.effect.prop("buys exactly when it is active", [Drawdowns], ([drawdowns]) =>
    Effect.sync(() => {
      const modes = walk(drawdowns)
      for (const [index, mode] of modes.entries()) {
        assert.strictEqual(drawdowns[index]! < buysBelow(mode, limits), mode === "ACTIVE")
      }
    }),
  )

  it("measures the drawdown from the peak", () => {
    assert.strictEqual(drawdownOf(900, 1000), 100_000)
    assert.strictEqual(drawdownOf(1100, 1000), 0)
    assert.strictEqual(drawdownOf(0, 0), 0)
  })
})
