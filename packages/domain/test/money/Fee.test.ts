import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { feeGrain, mostFee, takerFee } from "@evaluator/domain/money/Fee"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"

/** Fees of 100 shares in USDC with five decimals, worked out by hand: 100 × rate × p × (1 − p). */
const byHand: ReadonlyArray<readonly [string, number, ReadonlyArray<readonly [number, string]>]> = [
  [
    "Crypto",
    0.07,
    [
      [0.05, "0.33250"],
      [0.1, "0.63000"],
      [0.3, "1.47000"],
      [0.5, "1.75000"],
      [0.97, "0.20370"],
    ],
  ],
  [
    "Sports",
    0.05,
    [
      [0.05, "0.23750"],
      [0.1, "0.45000"],
      [0.3, "1.05000"],
      [0.5, "1.25000"],
      [0.97, "0.14550"],
    ],
  ],
  [
    "older Sports",
    0.03,
    [
      [0.05, "0.14250"],
      [0.1, "0.27000"],
      [0.3, "0.63000"],
      [0.5, "0.75000"],
      [0.97, "0.08730"],
    ],
  ],
  [
    "Politics",
    0.04,
    [
      [0.05, "0.19000"],
      [0.1, "0.36000"],
      [0.3, "0.84000"],
      [0.5, "1.00000"],
      [0.97, "0.11640"],
    ],
  ],
  [
    "Culture",
    0.05,
    [
      [0.01, "0.04950"],
      [0.25, "0.93750"],
      [0.333, "1.11056"],
      [0.666, "1.11222"],
      [0.999, "0.00500"],
    ],
  ],
  [
    "Geopolitics",
    0,
    [
      [0.05, "0.00000"],
      [0.1, "0.00000"],
      [0.3, "0.00000"],
      [0.5, "0.00000"],
      [0.97, "0.00000"],
    ],
  ],
]

const feeOf = (size: number, at: number, rate: number, exponent = 1) =>
  takerFee(shares(Math.round(size * 1e6)), price(Math.round(at * 1e6)), {
    rate: Math.round(rate * 1e6),
    exponent,
  })

describe("the taker fee", () => {
  for (const [category, rate, cases] of byHand) {
    it(`of ${category} is the one worked out by hand, to five decimals`, () => {
      for (const [at, fee] of cases) {
        assert.strictEqual((feeOf(100, at, rate) / 1e6).toFixed(5), fee, `at ${at}`)
      }
    })
  }

  it("of the stale 15-minute crypto schedule squares the spread", () => {
    // 100 × 0.25 × (0.5 × 0.5)² = 1.5625
    assert.strictEqual(feeOf(100, 0.5, 0.25, 2), 1_562_500)
  })

  it("is nothing when it is smaller than the last decimal, and half of one goes up", () => {
    // 0.001 × 0.04 × 0.01 × 0.99 = 0.000000396
    assert.strictEqual(feeOf(0.001, 0.01, 0.04), 0)
    // 0.01 × 0.04 × 0.5 × 0.5 = 0.0001 exactly; at 0.0015 shares 0.000015, between two grains.
    assert.strictEqual(feeOf(0.01, 0.5, 0.04), 100)
    assert.strictEqual(feeOf(0.0015, 0.5, 0.04), 20)
  })

  it.prop(
    "never exceeds its bound for a budget spent in one match",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 999_999 })),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300_000 })),
      Schema.Literals([1, 2]),
    ],
    ([at, budget, rate, exponent]) => {
      const size = Math.floor((budget / at) * 1e6)
      const schedule = { rate, exponent }
      const fee = takerFee(shares(size), price(at), schedule)
      assert.isAtMost(fee, mostFee(usdc(budget), schedule, 1))
      assert.strictEqual(fee % feeGrain, 0)
    },
  )
})
