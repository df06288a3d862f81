import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import { FeatureRun } from "@evaluator/domain/wallet/Features"
import { type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { OrderedSample } from "@evaluator/domain/wallet/OrderedSample"
import { SlidingMaximum } from "@evaluator/domain/wallet/SlidingMaximum"
import { market } from "./LotRuns.ts"

const Int = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Move = Schema.Struct({
  kind: Schema.Literals(["buy", "buy", "sell", "split", "merge", "redeem"]),
  market: Int(1, 4),
  outcome: Int(0, 1),
  size: Int(1, 1_000_000_000),
  price: Int(0, 1_000_000),
  /** Since the move before: seconds to weeks. */
  laterMinutes: Schema.Literals([0, 0, 1, 20, 59, 61, 1440, 20_000]),
})
type Move = typeof Move.Type
const Moves = Schema.Array(Move).check(Schema.isMaxLength(60))

const start = 1000 * dayMs

const ledgerOf = (moves: ReadonlyArray<Move>): ReadonlyArray<LedgerEntry> => {
  let atMs = start
  return orderLedger(
    moves.map((move, index) => {
      atMs += move.laterMinutes * 60_000
      const names = move.kind === "buy" || move.kind === "sell"
      return {
        kind: move.kind,
        id: `e${String(index).padStart(3, "0")}`,
        atMs,
        condition: `m${move.market}`,
        token: names ? `m${move.market}:${move.outcome}` : null,
        size: move.size,
        price: move.price,
        usdc: move.kind === "redeem" && move.outcome === 0 ? move.size : 0,
      }
    }),
  )
}

const markets = new Map([1, 2, 3, 4].map((n) => [`m${n}`, market(n)] as const))
const windows = [1, 7, 30, 180]

const anew = (ledger: ReadonlyArray<LedgerEntry>, nowMs: number) => {
  const run = new FeatureRun(markets, windows, nowMs)
  run.take(ledger)
  return run.finish()
}

describe("features that are moved on", () => {
  it.prop(
    "are those of a run over the whole ledger, at every step",
    [Moves, Int(0, 50_000), Int(1, 9)],
    ([moves, restMinutes, stride]) => {
      const ledger = ledgerOf(moves)
      const first = ledger.slice(0, stride)
      const moved = new FeatureRun(markets, windows, first.at(-1)?.atMs ?? start)
      moved.take(first)
      for (let at = stride; at < ledger.length; at += stride) {
        const piece = ledger.slice(at, at + stride)
        const nowMs = piece.at(-1)!.atMs
        moved.moveTo(nowMs)
        moved.take(piece)
        assert.deepStrictEqual(moved.finish(), anew(ledger.slice(0, at + stride), nowMs))
      }
      const later = (ledger.at(-1)?.atMs ?? start) + restMinutes * 60_000
      moved.moveTo(later)
      assert.deepStrictEqual(moved.finish(), anew(ledger, later))
    },
  )

  it("count what lay after now as missing", () => {
    const ledger = ledgerOf([
      { kind: "buy", market: 1, outcome: 0, size: 1, price: 1, laterMinutes: 1 },
    ])
    const run = new FeatureRun(markets, windows, start)
    run.take(ledger)
    assert.strictEqual(run.missing, 1)
    assert.strictEqual(run.finish().life.tradeCount, 0)
  })
})

describe("an ordered sample", () => {
  it("has its median in the middle, between two where they are even, 0 when empty", () => {
    const sample = new OrderedSample()
    assert.strictEqual(sample.median(), 0)
    for (const value of [4, 1, 3, 2]) sample.add(value)
    assert.strictEqual(sample.median(), 2.5)
    sample.remove(4)
    assert.strictEqual(sample.median(), 2)
  })

  it.prop(
    "has the median of what was added and not removed",
    [Schema.Array(Int(0, 300)).check(Schema.isMaxLength(200)), Int(1, 90)],
    ([values, keep]) => {
      const sample = new OrderedSample()
      values.forEach((value, index) => {
        sample.add(value)
        if (index >= keep) sample.remove(values[index - keep]!)
        if (index % 7 !== 0) return
        const left = values
          .slice(Math.max(0, index + 1 - keep), index + 1)
          .toSorted((a, b) => a - b)
        const [low, high] = [left[(left.length - 1) >> 1]!, left[left.length >> 1]!]
        assert.strictEqual(sample.median(), (low + high) / 2)
      })
    },
  )
})

describe("a sliding maximum", () => {
  it.prop(
    "is the largest of the values from the first index on",
    [Schema.Array(Int(-5, 50)).check(Schema.isMaxLength(200)), Int(1, 150)],
    ([values, width]) => {
      const sliding = new SlidingMaximum()
      values.forEach((value, index) => {
        sliding.add(index, value)
        const first = Math.max(0, index + 1 - width)
        assert.strictEqual(sliding.from(first), Math.max(0, ...values.slice(first, index + 1)))
      })
    },
  )
})
