import { assert, describe, it } from "@effect/vitest"
import { beat } from "../../src/seeded/Quotes.ts"
import { HOUR, MINUTE } from "../../src/seeded/WorldConfig.ts"
import { epochMs, smallWorld } from "../Worlds.ts"

const moments = [epochMs - 9 * 24 * HOUR, epochMs, epochMs + 3 * MINUTE]

describe("a book", () => {
  it("has its best bid below its best ask, levels in order, on the grid, five shares or more", () => {
    const world = smallWorld()
    let books = 0
    for (const nowMs of moments) {
      for (const market of world.markets(nowMs)) {
        for (const token of market.tokens) {
          const book = world.book(token, nowMs)
          assert.strictEqual(book === null, world.state(market, nowMs).status !== "open")
          if (book === null) continue
          books++
          const { bids, asks } = book
          assert.isTrue(bids.length <= 10 && asks.length <= 10 && bids.length + asks.length > 0)
          if (bids[0] !== undefined && asks[0] !== undefined) {
            assert.isBelow(bids[0].price, asks[0].price)
          }
          for (const [levels, sign] of [
            [bids, -1],
            [asks, 1],
          ] as const) {
            for (const [i, { price, size }] of levels.entries()) {
              const ticks = price / market.tick
              assert.isBelow(Math.abs(ticks - Math.round(ticks)), 1e-6)
              assert.isTrue(price > 0 && price < 1 && size >= 5)
              if (i > 0) assert.isAbove(sign * (price - levels[i - 1]!.price), 0)
            }
          }
        }
      }
    }
    assert.isAbove(books, 150)
  })

  it("of the second outcome is the mirror of the first's", () => {
    const world = smallWorld()
    for (const market of world.markets(epochMs)) {
      const [yes, no] = market.tokens.map((token) => world.book(token, epochMs))
      if (yes === null || no === null || yes === undefined || no === undefined) continue
      const turned = yes.asks.map(({ price, size }) => ({
        price: Math.round(1000 * (1 - price)) / 1000,
        size,
      }))
      assert.deepEqual(no.bids, turned)
    }
  })

  it("stays for a beat and then moves", () => {
    const world = smallWorld()
    const market = world.markets(epochMs).findLast((m) => world.book(m.tokens[0]!, epochMs))!
    const at = (ms: number) => JSON.stringify(world.book(market.tokens[0]!, ms))
    const start = Math.ceil(epochMs / beat) * beat
    assert.strictEqual(at(start), at(start + beat - 1))
    assert.notStrictEqual(at(start), at(start + beat))
  })

  it("stands where its market trades: buyers pay the ask of the moment, sellers get the bid", () => {
    const world = smallWorld()
    const nowMs = epochMs + 10 * MINUTE
    const rows = world.tradesVisibleIn(epochMs, nowMs)
    let near = 0
    for (const row of rows) {
      const book = world.book(row.token, row.atSeconds * 1000)
      const sides = [book?.bids[0]?.price ?? -1, book?.asks[0]?.price ?? -1]
      if (sides.some((price) => Math.abs(price - row.price) < 0.011)) near++
    }
    assert.isAbove(near / rows.length, 0.95)
  })
})
