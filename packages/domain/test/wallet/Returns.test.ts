import { assert, describe, it } from "@effect/vitest"
import { dailyProfits, maxDrawdown, sharpeRatio } from "@evaluator/domain/wallet/Returns"

describe("drawdown and Sharpe ratio", () => {
  it("give the reference's 40 % where profit alone was at work", () => {
    assert.approximately(maxDrawdown([10, 5, -6, 4], 0), 0.4, 1e-12)
  })

  it("show a wallet that only loses as what it is", () => {
    assert.strictEqual(maxDrawdown([-50, -50, -50], 150), 1)
    assert.isAtMost(sharpeRatio([-50, -50, -50], 150), 0)
    assert.isBelow(sharpeRatio([-50, -20, -50], 150), 0)
  })

  it("do not call a small peak before a loss a fall of thousands of percent", () => {
    assert.approximately(maxDrawdown([1, -50], 100), 50 / 101, 1e-12)
    assert.strictEqual(maxDrawdown([1, -50], 0), 1)
  })

  it("sum profits by UTC day in order", () => {
    const day = 86_400_000
    assert.deepStrictEqual(
      dailyProfits([
        { atMs: 3 * day + 5, pnl: 2 },
        { atMs: day, pnl: 1 },
        { atMs: 3 * day - 1, pnl: 7 },
        { atMs: 3 * day, pnl: -1 },
      ]),
      [1, 7, 1],
    )
  })
})
