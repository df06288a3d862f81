import { assert, describe, it } from "@effect/vitest"
import { type Followed, stopGates } from "@evaluator/domain/wallet/StopGates"
import { monthlyFeatures } from "@evaluator/testkit/MonthlyFeatures"
import { rulesLimits as limits } from "@evaluator/testkit/RulesLimits"

const week = { ...monthlyFeatures, windowDays: 7, observedDays: 7, maxDrawdown: 0.01 }
const quarter = { ...monthlyFeatures, windowDays: 90, observedDays: 90 }

const followed = (changes: Partial<Followed> = {}): Followed => ({
  copies: { settled: 40, profitMicro: 1, drawdown: 0 },
  week,
  quarter,
  largestFill: 2,
  avoid: null,
  ...changes,
})
const stops = (changes: Partial<Followed> = {}) =>
  stopGates(followed(changes), limits).map(({ reason }) => reason)

describe("what stops a followed wallet", () => {
  it("is nothing while it and our copies go on as before", () => {
    assert.deepStrictEqual(stops(), [])
  })

  it("is what our copies lost, once that says something", () => {
    assert.deepStrictEqual(stops({ copies: { settled: 3, profitMicro: -1, drawdown: 0.13 } }), [
      "copy_drawdown_breach",
    ])
    assert.deepStrictEqual(stops({ copies: { settled: 59, profitMicro: -1, drawdown: 0 } }), [])
    assert.deepStrictEqual(stops({ copies: { settled: 60, profitMicro: -1, drawdown: 0 } }), [
      "copies_lose",
    ])
  })

  it("is evidence against it, once enough copies have settled", () => {
    assert.deepStrictEqual(stops({ avoid: 0.95 }), ["evidence_against"])
    const [gate] = stopGates(followed({ avoid: 0.95 }), limits)
    assert.deepInclude(gate, { metric: 0.95, threshold: 0.9 })
    const few = { settled: 29, profitMicro: 0, drawdown: 0 }
    assert.deepStrictEqual(stops({ avoid: 0.95, copies: few }), [])
  })

  it("is a week unlike its ninety days, each with its numbers in words", () => {
    const worse = { ...week, closedLots: 10, winRate: 0.44 }
    assert.deepStrictEqual(stops({ week: worse }), ["anomaly_win_rate"])
    assert.deepStrictEqual(stops({ week: { ...worse, closedLots: 9 } }), [])
    assert.deepStrictEqual(stops({ week: { ...week, maxDrawdown: 0.21 } }), [
      "anomaly_week_drawdown",
    ])
    const quiet = { ...week, maxDrawdown: 0.5, capitalMicro: quarter.capitalMicro / 4 }
    assert.deepStrictEqual(stops({ week: quiet }), [])
    const busy = { ...week, tradesPerDay: 6.1, tradeCount: 43 }
    assert.deepStrictEqual(stops({ week: busy }), ["anomaly_pace"])
    assert.deepStrictEqual(stops({ week: busy, quarter: { ...quarter, observedDays: 10 } }), [])
    assert.deepStrictEqual(stops({ largestFill: 10.5 }), ["anomaly_size"])
    for (const gate of stopGates(followed({ week: worse, largestFill: 11 }), limits)) {
      assert.match(gate.evidence, /\d/)
      assert.isAbove(gate.metric, gate.threshold)
    }
  })

  it("is nothing at all where the breakers are off", () => {
    const all = followed({ avoid: 1, largestFill: 100 })
    assert.deepStrictEqual(stopGates(all, { ...limits, breakers: false }), [])
  })
})
