import { assert, describe, it } from "@effect/vitest"
import {
  bucketMs,
  driftOfFill,
  latestMs,
  meanDriftCents,
  priceAfter,
} from "@evaluator/domain/wallet/Drift"

const hour = bucketMs
const at = 1000 * hour + 5
const point = (atMs: number, price: number, final = false) => ({ atMs, price, final })

describe("the price after a fill", () => {
  it("is that of the first whole hour that begins after it", () => {
    const points = [
      point(1002 * hour, 700_000),
      point(1001 * hour, 600_000),
      point(1000 * hour, 100_000),
    ]
    assert.deepStrictEqual(priceAfter(points, at), { atMs: 1001 * hour, price: 600_000 })
    assert.deepStrictEqual(priceAfter(points, 1001 * hour), { atMs: 1001 * hour, price: 600_000 })
  })

  it("is not known when nobody traded soon enough, and a payout is none", () => {
    assert.isNull(priceAfter([], at))
    assert.isNull(priceAfter([point(at + latestMs + 1, 600_000)], at))
    assert.isNull(priceAfter([point(1001 * hour, 1_000_000, true)], at))
    assert.isNotNull(priceAfter([point(at + latestMs, 600_000)], at))
  })
})

describe("the drift of a fill", () => {
  it("is in the wallet's favour when the price rises after a purchase or falls after a sale", () => {
    const after = { atMs: at, price: 550_000 }
    assert.strictEqual(driftOfFill({ side: "BUY", price: 500_000 }, after), 50_000)
    assert.strictEqual(driftOfFill({ side: "SELL", price: 500_000 }, after), -50_000)
  })

  it("has a mean in cents, of enough fills only", () => {
    assert.strictEqual(meanDriftCents([50_000, -10_000], 2), 2)
    assert.isNull(meanDriftCents([50_000, -10_000], 3))
    assert.isNull(meanDriftCents([], 0))
  })
})
