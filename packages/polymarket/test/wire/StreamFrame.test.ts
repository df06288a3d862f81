import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { heardIn } from "@evaluator/polymarket/wire/StreamFrame"
import { fillOf } from "@evaluator/polymarket/wire/TradeRow"
import { olderTradeRow, tradeRow } from "../Samples.ts"

const frame = {
  topic: "activity",
  type: "trades",
  timestamp: 1_790_000_000_500,
  payload: olderTradeRow,
}
const fill = Result.getOrThrow(fillOf(tradeRow))

describe("a frame of the trade stream", () => {
  it("holds the fill that the trades route serves", () => {
    assert.deepStrictEqual(heardIn(JSON.stringify(frame)).fills, [fill])
    assert.deepStrictEqual(heardIn(frame).fills, [fill])
  })

  it("may be a bare row or several rows", () => {
    assert.deepStrictEqual(heardIn(tradeRow).fills, [fill])
    assert.deepStrictEqual(heardIn({ ...frame, payload: [tradeRow, tradeRow] }).fills, [fill, fill])
  })

  it("that is blank or answers a PING is no message and no fault", () => {
    for (const text of ["", "  ", "\n", "PONG", "pong"]) {
      assert.deepStrictEqual(heardIn(text), { fills: [], faults: [], spoke: false })
    }
  })

  it("of another topic or type is no fill and no fault", () => {
    for (const other of [{ topic: "comments" }, { type: "orders_matched" }]) {
      assert.deepStrictEqual(heardIn({ ...frame, ...other }).faults, [])
      assert.deepStrictEqual(heardIn({ ...frame, ...other }).fills, [])
    }
  })

  it("that cannot be read is a fault with its reason", () => {
    const refusal = { body: { message: "not found" }, statusCode: 401 }
    for (const bad of [
      "{",
      5,
      null,
      refusal,
      { ...frame, payload: null },
      { ...frame, payload: {} },
    ]) {
      const heard = heardIn(bad)
      assert.strictEqual(heard.faults.length, 1, JSON.stringify(bad))
      assert.strictEqual(heard.fills.length, 0)
    }
  })

  it("keeps its good rows when one is bad", () => {
    const heard = heardIn({ ...frame, payload: [tradeRow, { ...tradeRow, price: 7 }] })
    assert.strictEqual(heard.fills.length, 1)
    assert.strictEqual(heard.faults.length, 1)
  })
})
