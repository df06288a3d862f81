import { assert, describe, it } from "@effect/vitest"
import { calibrationWorld } from "../../src/seeded/CalibrationWorld.ts"
import type { SeededMarket } from "../../src/seeded/Calendar.ts"
import { DAY, HOUR } from "../../src/seeded/Durations.ts"
import * as SeededWorld from "../../src/seeded/SeededWorld.ts"
import { worldParameters } from "../../src/WorldParameters.ts"
import { epochMs, everything } from "../Worlds.ts"

/** How much the entries of a behaviour won above the fair value, event by event, with its error. */
const earned = (seed: number, edge: readonly [number, number]) => {
  const base = calibrationWorld({ seed, epochMs, days: 60, wallets: 150, edge, skilled: 1 })
  const drawing = worldParameters(base).behaviours.filter(({ choice }) => choice === "draw")
  const world = SeededWorld.make({ ...base, behaviours: [drawing[0]!] })
  const byEvent = new Map<string, { sum: number; count: number }>()
  for (const row of world.rows({ ...everything, feed: "trades", side: "BUY" }, epochMs)) {
    const market = world.market(row.condition, epochMs) as SeededMarket
    if (market.payouts[0] === 500 || market.resolveMs > epochMs) continue
    const price = row.outcomeIndex === 0 ? row.price : 1 - row.price
    if (Math.abs(price - 0.5) > 0.3) continue
    const fair = world.truth.fair(row.condition, row.outcomeIndex, row.atSeconds * 1000)!
    const key = `${row.wallet} ${market.event.id}`
    const sum = byEvent.get(key) ?? { sum: 0, count: 0 }
    sum.sum += (market.winner === row.outcomeIndex ? 1 : 0) - fair
    sum.count += 1
    byEvent.set(key, sum)
  }
  const events = [...byEvent.values()]
  const count = events.reduce((sum, event) => sum + event.count, 0)
  const mean = events.reduce((sum, event) => sum + event.sum, 0) / count
  const spread = events.reduce((sum, event) => sum + (event.sum - mean * event.count) ** 2, 0)
  return { mean, error: Math.sqrt(spread) / count, count }
}

describe("a calibration world", () => {
  it("gives entries that win with the fair probability plus the edge, or just that", () => {
    for (const [seed, edge] of [
      [1, 0],
      [2, 0.1],
      [3, 0.15],
    ] as const) {
      const { mean, error, count } = earned(seed, [edge, edge])
      assert.isAbove(count, 5000)
      assert.isBelow(error, 0.012)
      assert.isBelow(Math.abs(mean - edge), 3.5 * error, `edge ${edge}: ${mean} ± ${error}`)
    }
  })

  it("has the wallets asked for: the skilled share, every adverse kind, the rest without an edge", () => {
    const world = SeededWorld.make(calibrationWorld({ seed: 5, epochMs }))
    const { wallets } = world.truth
    assert.strictEqual(wallets.length, 500)
    const skilled = wallets.filter(({ standing }) => standing === "skilled")
    assert.strictEqual(skilled.length, 15)
    assert.isTrue(skilled.every(({ edge }) => edge! >= 0.05 && edge! <= 0.15))
    assert.isAbove(new Set(skilled.map(({ edge }) => edge)).size, 10)
    const kinds = Map.groupBy(
      wallets.filter(({ standing }) => standing === "adverse"),
      ({ behaviour }) => behaviour,
    )
    assert.isAtLeast(kinds.size, 9)
    for (const [kind, members] of kinds) assert.isAbove(members.length, 8, kind)
    const rest = wallets.filter(({ standing }) => standing === "unskilled")
    assert.isTrue(rest.every(({ edge }) => edge === 0))

    const rows = world.rows({ ...everything, feed: "trades", side: "BUY" }, epochMs)
    const entries = Map.groupBy(rows, ({ wallet }) => wallet)
    const counts = [...skilled, ...rest].map(({ wallet }) => entries.get(wallet)?.length ?? 0)
    const sorted = counts.toSorted((a, b) => a - b)
    assert.isAbove(sorted[Math.floor(0.1 * sorted.length)]!, 50)
    assert.isBelow(sorted[Math.floor(0.9 * sorted.length)]!, 800)
  })

  it("keeps its prices fair up to the stated error", () => {
    const bias = 0.02
    const world = SeededWorld.make(calibrationWorld({ seed: 6, epochMs, days: 30, bias }))
    let longshots = 0
    let looks = 0
    for (const market of world.markets(epochMs) as ReadonlyArray<SeededMarket>) {
      for (
        let ms = market.listedMs + HOUR;
        ms < Math.min(epochMs, market.closeMs);
        ms += 9 * HOUR
      ) {
        const fair = market.path.fair(market.hypothesis, ms - market.path.lagMs)
        const mid = market.path.mid(market.hypothesis, ms)
        const { priceError } = world.parameters
        assert.isAtMost(Math.abs(mid - fair), bias + priceError + 1e-9)
        if (fair > 0.15 && fair < 0.3) {
          looks++
          longshots += mid - fair
        }
      }
    }
    assert.isAbove(looks, 300)
    assert.isTrue(Math.abs(longshots / looks - bias) < 0.003, String(longshots / looks))
  })

  it("decides the markets of an event together, as much as asked", () => {
    const agreement = (correlation: number) => {
      const world = SeededWorld.make(
        calibrationWorld({ seed: 7, epochMs, days: 120, wallets: 10, correlation }),
      )
      let product = 0
      let pairs = 0
      for (const { event } of world.markets(epochMs)) {
        if (event.negRisk) continue
        const markets = event.markets as ReadonlyArray<SeededMarket>
        const signs = markets.map(({ winner, path }) => {
          const prior = path.facts.priors[0]!
          return ((winner === 0 ? 1 : 0) - prior) / Math.sqrt(prior * (1 - prior))
        })
        for (let i = 1; i < signs.length; i++) {
          product += signs[i]! * signs[i - 1]!
          pairs++
        }
      }
      return { value: product / pairs, error: 1 / Math.sqrt(pairs / 4) }
    }
    const none = agreement(0)
    assert.isBelow(Math.abs(none.value), 3 * none.error)
    assert.isAbove(agreement(0.25).value, 0.1)
    assert.isAbove(agreement(0.8).value, 0.4)
  })

  it("has events of one to twelve markets, and ends of every kind", () => {
    const world = SeededWorld.make(calibrationWorld({ seed: 8, epochMs, wallets: 10 }))
    const markets = world.markets(epochMs) as ReadonlyArray<SeededMarket>
    const sizes = new Set(markets.map(({ event }) => event.markets.length))
    assert.isTrue(sizes.has(1) && sizes.has(12) && Math.max(...sizes) === 12)
    for (const kind of ["late", "disputed", "split", "voided"] as const) {
      const some = markets.filter(({ ending, closeMs }) => ending === kind && closeMs < epochMs)
      assert.isAbove(some.length, 5, kind)
      for (const market of some) {
        const { condition, closeMs, resolveMs } = market
        const settled = world.resolution(condition, resolveMs)!
        const halves = !market.event.negRisk && (kind === "split" || kind === "voided")
        assert.deepEqual(settled.payouts.toSorted(), halves ? [500_000, 500_000] : [0, 1_000_000])
        assert.strictEqual(settled.disputed, kind === "disputed")
        const waiting = world.resolution(condition, resolveMs - 1)!
        assert.strictEqual(waiting.status, kind === "disputed" ? "disputed" : "proposed")
        assert.deepEqual(waiting.payouts, [])
        if (kind === "late" || kind === "disputed") assert.isAbove(resolveMs - closeMs, DAY)
        if (kind === "voided") assert.isBelow(closeMs, market.endMs!)
      }
    }
    const race = markets.filter(({ event }) => event.negRisk && event.markets.length > 2)
    for (const { event } of race) {
      const winners = (event.markets as ReadonlyArray<SeededMarket>).filter((m) => m.winner === 0)
      assert.strictEqual(winners.length, 1)
    }
    assert.isAbove(markets.filter((m) => m.closeMs > m.endMs! + HOUR / 2).length, 20)
  })
})
