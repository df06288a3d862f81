import { assert, describe, it } from "@effect/vitest"
import type { SeededMarket } from "../../src/seeded/Calendar.ts"
import { beat, depth, recoveryMs, tickChangeMs } from "../../src/seeded/Quotes.ts"
import { HOUR, MINUTE } from "../../src/seeded/Durations.ts"
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
              const ticks = price / book.tick
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

  it("stands where its market trades, but for what trades just took", () => {
    const world = smallWorld()
    const nowMs = epochMs + 10 * MINUTE
    const rows = world.tradesVisibleIn(epochMs, nowMs)
    let near = 0
    for (const row of rows) {
      const book = world.book(row.token, row.atSeconds * 1000)
      const sides = [book?.bids[0]?.price ?? -1, book?.asks[0]?.price ?? -1]
      if (sides.some((price) => Math.abs(price - row.price) < 0.011)) near++
    }
    assert.isAbove(near / rows.length, 0.9)
  })

  it("gives way to a trade on the side it took from, and recovers", () => {
    const market = smallWorld().markets(epochMs)[0] as SeededMarket
    const ms = market.listedMs + 3 * HOUR
    const whole = depth(market, ms, 1, { bids: 0, asks: 0 })
    const level = whole.asks[0]!
    const pressed = depth(market, ms, 1, { bids: 0, asks: level.cents + 1000 })
    assert.isAbove(pressed.asks[0]!.price, level.price)
    assert.deepEqual(pressed.bids, whole.bids)
    const nicked = depth(market, ms, 1, { bids: 700, asks: 0 })
    assert.strictEqual(nicked.bids[0]!.cents, whole.bids[0]!.cents - 700)
    const swept = depth(market, ms, 1, { bids: 1e12, asks: 0 })
    assert.deepEqual(swept.bids, [{ price: whole.bids.at(-1)!.price, cents: 500 }])

    const world = smallWorld()
    const sizeAt = (at: number) =>
      world.markets(epochMs).flatMap((m) => world.book(m.tokens[0]!, at)?.asks.slice(0, 1) ?? [])
    const busy = world.tradesVisibleIn(epochMs, epochMs + MINUTE).length
    assert.isAbove(busy, 50)
    assert.notDeepEqual(sizeAt(epochMs + MINUTE), sizeAt(epochMs + MINUTE + recoveryMs))
  })

  it("goes to a finer step for good when a price has come near its end, and says when", () => {
    const world = smallWorld(42, { pastDays: 40 })
    const changing = (world.markets(epochMs) as ReadonlyArray<SeededMarket>).filter(
      (market) => tickChangeMs(market) < market.closeMs && tickChangeMs(market) > market.listedMs,
    )
    assert.isAbove(changing.length, 20)
    for (const market of changing.slice(0, 5)) {
      const ms = tickChangeMs(market)
      const tick = (at: number) => world.book(market.tokens[0]!, at)?.tick
      assert.deepEqual(
        [tick(ms - beat), tick(ms + beat), tick(market.closeMs - 1)],
        [0.01, 0.001, 0.001],
      )
      assert.strictEqual(world.state(market, market.closeMs + 1).tick, 0.001)
    }
  })
})
