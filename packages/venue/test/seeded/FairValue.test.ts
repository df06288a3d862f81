import { assert, describe, it } from "@effect/vitest"
import { Dice } from "../../src/Chance.ts"
import { Path } from "../../src/seeded/FairValue.ts"
import { HOUR } from "../../src/seeded/Durations.ts"

const single = (seed: number): Path => {
  const dice = new Dice(seed)
  const prior = dice.between(0.15, 0.85)
  const truth = dice.next() < prior ? 0 : 1
  const facts = {
    seed: seed * 7919,
    fromMs: 0,
    untilMs: 100 * HOUR,
    quick: false,
    bias: 0,
    priceError: 0.015,
  }
  return new Path({ ...facts, priors: [prior, 1 - prior], truth })
}

describe("a fair value", () => {
  it("is right on average: of markets that stand at a price, that share pays", () => {
    for (const at of [30 * HOUR, 70 * HOUR, 99 * HOUR]) {
      const bins = Array.from({ length: 5 }, () => ({ count: 0, said: 0, paid: 0 }))
      for (let seed = 1; seed <= 4000; seed++) {
        const path = single(seed)
        for (const value of [path.fair(0, at)]) {
          const bin = bins[Math.min(4, Math.floor(value * 5))]!
          bin.count++
          bin.said += value
          bin.paid += path.facts.truth === 0 ? 1 : 0
        }
      }
      for (const { count, said, paid } of bins) {
        const error = 3 * Math.sqrt(0.25 / count)
        assert.isBelow(Math.abs(said - paid) / count, error + 0.01, `${at} ${said / count}`)
      }
    }
  })

  it("of the answers of a race sums to one", () => {
    const facts = {
      seed: 5,
      fromMs: 0,
      untilMs: 100 * HOUR,
      quick: false,
      bias: 0,
      priceError: 0.015,
    }
    const path = new Path({ ...facts, priors: [0.4, 0.3, 0.2, 0.1], truth: 2 })
    for (let hour = 0; hour <= 100; hour += 5) {
      const sum = [0, 1, 2, 3].reduce((total, i) => total + path.fair(i, hour * HOUR), 0)
      assert.isBelow(Math.abs(sum - 1), 0.01)
    }
  })

  it("jumps at news, and the market follows late", () => {
    const path = single(11)
    const jumps = path.newsMs.map((at) => Math.abs(path.fair(0, at + 1) - path.fair(0, at - 1)))
    assert.isAbove(Math.max(...jumps), 0.01)
    const at = path.newsMs[jumps.indexOf(Math.max(...jumps))]!
    const before = Math.abs(path.mid(0, at + 1) - path.fair(0, at + 1))
    const after = Math.abs(path.mid(0, at + path.lagMs + 1) - path.fair(0, at + path.lagMs + 1))
    assert.isBelow(after, before)
  })

  it("is known to the market up to a small error", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const path = single(seed)
      for (let hour = 1; hour < 100; hour += 7) {
        const at = hour * HOUR
        const off = Math.abs(path.mid(0, at) - path.fair(0, at - path.lagMs))
        assert.isBelow(off, 0.016)
      }
    }
  })
})
