import { assert, describe, it } from "@effect/vitest"
import * as SeededWorld from "../src/seeded/SeededWorld.ts"
import { stillWorld } from "../src/StillWorld.ts"
import { epochMs } from "./Worlds.ts"

const world = SeededWorld.make({ seed: 42, epochMs, pastDays: 10 })
const still = stillWorld(world, epochMs)
const dayMs = 86_400_000
const laterMs = epochMs + 5 * dayMs

const everything = {
  feed: "trades",
  takerOnly: false,
  minimumShares: 0,
  minimumUsdc: 0,
  fromSeconds: epochMs / 1000 - 3600,
  toSeconds: laterMs / 1000,
  order: "asc",
  after: null,
  limit: 100_000,
} as const

describe("a world that stands still", () => {
  it("answers later as it did then", () => {
    assert.isAbove(world.markets(laterMs).length, world.markets(epochMs).length)
    assert.deepStrictEqual(still.markets(laterMs), world.markets(epochMs))
    const rows = still.rows(everything, laterMs)
    assert.deepStrictEqual(rows, world.rows(everything, epochMs))
    assert.isBelow(rows.length, world.rows(everything, laterMs).length)
    const ending = world
      .markets(epochMs)
      .find(
        ({ condition }) =>
          world.resolution(condition, epochMs)?.status !== "resolved" &&
          world.resolution(condition, laterMs)?.status === "resolved",
      )!
    assert.deepStrictEqual(
      still.resolution(ending.condition, laterMs),
      world.resolution(ending.condition, epochMs),
    )
    assert.deepStrictEqual(still.state(ending, laterMs), world.state(ending, epochMs))
  })

  it("has no next trade", () => {
    assert.isNotNull(world.nextTradeAfter(epochMs))
    assert.isNull(still.nextTradeAfter(epochMs))
    assert.deepStrictEqual(still.tradesVisibleIn(epochMs, laterMs), [])
    const before = epochMs - dayMs
    assert.strictEqual(still.nextTradeAfter(before), world.nextTradeAfter(before))
    assert.deepStrictEqual(
      still.tradesVisibleIn(before, laterMs),
      world.tradesVisibleIn(before, epochMs),
    )
  })
})
