import { assert, describe, it } from "@effect/vitest"
import {
  fillHabitsOf,
  gini,
  type HabitEntry,
  type HabitFill,
  habitsOf as habitsTold,
  median,
} from "@evaluator/evaluation/evidence/Habits"

const habitsOf = (fills: ReadonlyArray<HabitFill>, entries: ReadonlyArray<HabitEntry>) =>
  habitsTold(fillHabitsOf(fills), entries)

const fill = (changes: Partial<HabitFill> = {}): HabitFill => ({
  atMs: 0,
  condition: "a",
  outcomeIndex: 0,
  side: "BUY",
  price: 500_000,
  size: 1_000_000,
  ...changes,
})
const entry = (changes: Partial<HabitEntry> = {}): HabitEntry => ({
  price: 500_000,
  size: 1_000_000,
  mid: 495_000,
  midFrom: 1,
  payout: null,
  ...changes,
})

describe("habits", () => {
  it("say nothing of a wallet that did nothing", () => {
    assert.deepStrictEqual(habitsOf([], []), {
      fills: 0,
      flipRate: null,
      sizeGini: null,
      medianGapSeconds: null,
      betterThanMid: null,
      executionShare: null,
      lossAgainstWin: null,
      topMarketShare: null,
      largestFill: null,
    })
  })

  it("count as a flip what goes against the last trade of the market", () => {
    const rate = (...fills: ReadonlyArray<HabitFill>) => habitsOf(fills, []).flipRate
    assert.strictEqual(rate(fill(), fill()), 0)
    assert.strictEqual(rate(fill(), fill({ outcomeIndex: 1 })), 1)
    assert.strictEqual(rate(fill(), fill({ side: "SELL" }), fill()), 1)
    assert.strictEqual(rate(fill(), fill({ side: "SELL" }), fill({ outcomeIndex: 1 })), 0)
    assert.strictEqual(rate(fill(), fill({ condition: "b" })), null)
  })

  it("measure inequality of sizes as Gini did", () => {
    assert.strictEqual(gini([1, 1, 1, 1]), 0)
    assert.closeTo(gini([0, 0, 0, 4])!, 0.75, 1e-12)
    assert.closeTo(gini([3, 1, 2])!, 2 / 9, 1e-12)
    assert.strictEqual(gini([5]), null)
  })

  it("take the middle gap between fills", () => {
    const fills = [0, 1000, 11_000, 13_000].map((atMs) => fill({ atMs }))
    assert.strictEqual(habitsOf(fills, []).medianGapSeconds, 2)
    assert.strictEqual(median([4, 1]), 2.5)
  })

  it("hold the largest fill of the newest week against the usual one", () => {
    const day = 86_400_000
    const of = (days: number, size: number) => fill({ atMs: days * day, size })
    const old = [of(1, 50_000_000), of(2, 1_000_000), of(3, 1_000_000), of(20, 1_000_000)]
    assert.strictEqual(habitsOf([...old, of(21, 3_000_000)], []).largestFill, 3)
  })

  it("part what was earned by being right from what the price was better than mid", () => {
    // Bought at 48 with the mid at 50, paid a dollar: 2 of the 52 cents are execution.
    const right = entry({ price: 480_000, mid: 500_000, payout: 1_000_000 })
    assert.closeTo(habitsOf([], [right]).executionShare!, 2 / 52, 1e-12)
    assert.strictEqual(habitsOf([], [right]).betterThanMid, 1)
    // A quoter who is right half of the time earns the spread and nothing else.
    const wrong = entry({ price: 480_000, mid: 500_000, payout: 0 })
    assert.closeTo(habitsOf([], [right, wrong]).executionShare!, 1, 1e-12)
    assert.strictEqual(habitsOf([], [entry({ payout: 0 })]).executionShare, null)
    assert.strictEqual(habitsOf([], [entry({ midFrom: 0 })]).betterThanMid, null)
  })

  it("hold the largest loss against the mean win, and the best market against all", () => {
    const told = habitsOf(
      [],
      [
        entry({ payout: 1_000_000 }),
        entry({ payout: 1_000_000, size: 3_000_000 }),
        entry({ payout: 0, size: 4_000_000 }),
      ],
    )
    assert.strictEqual(told.lossAgainstWin, 2)
    assert.strictEqual(told.topMarketShare, 0.75)
  })
})
