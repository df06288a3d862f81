import { assert, describe, it } from "@effect/vitest"
import { calibrationWorld } from "@evaluator/venue/seeded/CalibrationWorld"
import * as SeededWorld from "@evaluator/venue/seeded/SeededWorld"
import { CopyModel } from "../../../scripts/calibration/CopyModel.ts"
import { figuresOf } from "../../../scripts/calibration/Figures.ts"
import { oracleLocalFdr, unbiased } from "../../../scripts/calibration/Oracle.ts"
import { dayMs, evidenceOf, rowsOf } from "../../../scripts/calibration/WorldRows.ts"
import type { WorldResult } from "../../../scripts/calibration/WorldRun.ts"

const world = SeededWorld.make(calibrationWorld({ seed: 4, wallets: 30, days: 12 }))
const { epochMs } = world.parameters

describe("the rows of a world", () => {
  const wallets = rowsOf(world)

  it("are the purchases of every wallet, with what became of them", () => {
    const entries = wallets.flatMap((one) => one.entries)
    assert.isAbove(entries.length, 300)
    assert.isTrue(entries.every(({ atMs }) => atMs < epochMs))
    assert.isTrue(entries.every(({ price }) => price > 0 && price < 1))
    assert.isTrue(entries.every(({ payout }) => payout === null || [0, 0.5, 1].includes(payout)))
  })

  it("hold copies that cost what the slippage budget allows, with a fee", () => {
    const copies = wallets.flatMap((one) => one.copies)
    assert.isAbove(copies.length, 300)
    for (const { cost, shares, leaderPrice, settledAtMs, atMs } of copies) {
      assert.isBelow(cost / shares, leaderPrice + 0.02 + 0.02)
      assert.isBelow(cost, 27)
      assert.isAbove(settledAtMs, atMs)
    }
    const total = copies.reduce((sum, { cost }) => sum + cost, 0)
    const expected = copies.reduce((sum, one) => sum + one.expected * one.cost, 0)
    assert.isBelow(Math.abs(expected / total), 0.3)
  })

  it("are told as the service stores them: first purchases, middles that trades tell", () => {
    for (const { entries, copies, mids } of wallets) {
      assert.strictEqual(new Set(entries.map(({ condition }) => condition)).size, entries.length)
      for (const { leader, leaderPrice } of copies) {
        const mid = mids.get(leader)
        if (mid !== undefined) assert.isAtMost(Math.abs(mid - leaderPrice), 0.03)
      }
    }
    const all = wallets.flatMap(({ mids }) => [...mids])
    const half = all.filter(([row, mid]) =>
      [0.005, 0.0005].some((step) => Math.abs(row.price - mid - step) < 1e-9),
    )
    assert.isAbove(half.length, 0)
    assert.isBelow(half.length, all.length)
    const one = wallets.find(({ copies }) => copies.some(({ sold }) => sold > 0))!
    for (const [i, { cost, exitFee, shares, sold }] of one.copies.entries()) {
      const { aShare } = evidenceOf(one).copies[i]!.outlay!
      assert.approximately(aShare - cost / shares, (0.005 * sold + exitFee) / shares, 1e-6)
    }
  })

  it("tell the truth about who is worth copying", () => {
    const plain = wallets.filter(({ truth }) => truth.behaviour === "without an edge")
    assert.isTrue(plain.every(({ pays }) => !pays))
    assert.deepStrictEqual(evidenceOf(plain[0]!).exclusions, [])
  })
})

describe("a copy", () => {
  it("follows a sale in proportion and takes nothing that is not there", () => {
    const model = new CopyModel(world)
    const rows = world.tradesVisibleIn(epochMs - dayMs, epochMs)
    const bought = rows.find(({ side, price }) => side === "BUY" && price > 0.3 && price < 0.7)!
    model.follow(bought)
    const [copy] = model.copies
    assert.isDefined(copy)
    const sale = { ...bought, side: "SELL", atSeconds: bought.atSeconds + 1 }
    model.follow({ ...sale, size: bought.size / 2, price: bought.price - 0.03 })
    assert.approximately(copy!.sold, copy!.shares / 2, 1e-6)
    model.follow({ ...sale, price: bought.price - 0.03 })
    assert.approximately(copy!.sold, copy!.shares, 1e-6)
    assert.isBelow(copy!.proceeds, copy!.cost)
  })
})

describe("the oracle", () => {
  it("undoes the bias of prices", () => {
    const value = 0.8
    const middle = value + 0.02 * 6 * Math.sqrt(3) * value * (1 - value) * (1 - 2 * value)
    assert.approximately(unbiased(middle, 0.02), value, 1e-9)
    assert.isBelow(middle, value)
  })

  it("believes wins and doubts losses", () => {
    const knows = { skilled: 0.03, edge: [0.05, 0.15], bias: 0 } as const
    const record = (payout: number) =>
      Array.from({ length: 60 }, (_, i) => ({
        event: `e${i}`,
        condition: `m${i}`,
        outcomeIndex: 0,
        atMs: 1,
        price: 0.5,
        payout,
        resolvedAtMs: 2,
        costMicro: 1,
      }))
    assert.approximately(oracleLocalFdr([], 10, knows), 0.97, 1e-12)
    assert.isBelow(oracleLocalFdr(record(1), 10, knows), 0.01)
    assert.isAbove(oracleLocalFdr(record(0), 10, knows), 0.999)
    assert.approximately(oracleLocalFdr(record(1), 1, knows), 0.97, 1e-12)
  })
})

describe("the figures", () => {
  const none = { size: 0, wrong: 0, skilled: 0 }
  const result = (changes: Partial<WorldResult>): WorldResult => ({
    seed: 1,
    skilled: 10,
    paying: 10,
    payingAdverse: 0,
    ours: { size: 4, wrong: 1, skilled: 3 },
    oracle: { size: 4, wrong: 0, skilled: 4 },
    ranked: {
      ours: [
        { localFdr: 0.01, pays: true, skilled: true },
        { localFdr: 0.2, pays: false, skilled: false },
      ],
      oracle: [
        { localFdr: 0.01, pays: true, skilled: true },
        { localFdr: 0.2, pays: true, skilled: true },
      ],
    },
    top10: { ours: 6, oracle: 8, wscore: 1, roi: 0, win_rate: 0 },
    formula: { wscore: none, roi: none, win_rate: none },
    adverseOut: { held: 99, of: 100 },
    adverseOutByName: { held: 99, of: 100 },
    next: { followed: 0.2, expected: 0.2, random: -0.05 },
    intervals: { all: { held: 9, of: 10 }, followed: { held: 3, of: 4 } },
    everFollowed: none,
    looks: 4,
    shuffledFollowed: [0],
    behaviours: {},
    seconds: 1,
    ...changes,
  })

  it("average worlds, and a world without a FOLLOW has not beaten chance", () => {
    const empty = result({ ours: none, next: { followed: null, expected: null, random: 0 } })
    const figures = figuresOf([result({}), empty], [empty, result({})])
    assert.strictEqual(figures.fdr.value, 0.125)
    assert.strictEqual(figures.power_of_oracle.value, 3 / 8)
    assert.strictEqual(figures.power_of_oracle_best.value, 0.5)
    assert.strictEqual(figures.top10_of_oracle.value, 0.75)
    assert.strictEqual(figures.beats_random.value, 1)
    assert.strictEqual(figures.beats_random_of_all.value, 0.5)
    assert.strictEqual(figures.without_follow, 1)
    assert.strictEqual(figures.empty_when_null.value, 0.5)
    assert.approximately(figures.empty_when_null.error!, 0.5, 1e-12)
  })

  it("say when nothing was measured", () => {
    assert.strictEqual(figuresOf([], []).fdr.value, null)
  })
})
