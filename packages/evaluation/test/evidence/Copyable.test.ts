import { assert, describe, it } from "@effect/vitest"
import { copyableOf, type CopyRow, slippageOf } from "@evaluator/evaluation/evidence/Copyable"

const copy = (changes: Partial<CopyRow> = {}): CopyRow => ({
  outcome: "COPIED",
  // 100 shares at 0.51 and a fee of 0.20 USDC.
  cost: 51_200_000,
  met: { side: "BUY", leaderPrice: 500_000, size: 100_000_000, fee: 200_000, depth: 300_000_000 },
  pnl: null,
  ...changes,
})
const skipped = (outcome: string): CopyRow => ({ outcome, cost: 0, met: null, pnl: null })

describe("how a wallet can be copied", () => {
  it("is told by what we paid more than the leader, either way round", () => {
    assert.strictEqual(slippageOf(copy()), 10_000)
    // Sold 100 shares at 0.49, a fee of 0.20 taken off: a cent worse than the leader.
    const sale = copy({ cost: -48_800_000, met: { ...copy().met!, side: "SELL" } })
    assert.strictEqual(slippageOf(sale), 10_000)
    assert.strictEqual(slippageOf(skipped("SKIPPED_NO_BOOK")), null)
  })

  it("counts what was not copied by its reasons", () => {
    const told = copyableOf([
      copy({ pnl: 5_000_000 }),
      copy({ met: { ...copy().met!, depth: 100_000_000 } }),
      skipped("SKIPPED_NO_BOOK"),
      skipped("SKIPPED_NO_FILL"),
      skipped("SKIPPED_NO_FILL"),
    ])
    assert.strictEqual(told.fidelity, 0.4)
    assert.deepStrictEqual(Object.entries(told.missed), [
      ["SKIPPED_NO_FILL", 2],
      ["SKIPPED_NO_BOOK", 1],
    ])
    assert.strictEqual(told.slippage, 10_000)
    assert.strictEqual(told.feeShare, 0.2 / 51.2)
    assert.strictEqual(told.capacityMedian, 200_000_000)
    assert.strictEqual(told.capacityLow, 100_000_000)
    assert.strictEqual(told.settled, 1)
    assert.strictEqual(told.settledPnl, 5_000_000)
  })

  it("says nothing without a copy", () => {
    const told = copyableOf([])
    assert.isNull(told.fidelity)
    assert.isNull(told.slippage)
    assert.isNull(told.capacityMedian)
  })
})
