import { assert, describe, it } from "@effect/vitest"
import { parseBooks } from "../../src/recorded/RecordedBooks.ts"
import { Api, ask } from "../Worlds.ts"
import { condition, fill, lines, recording } from "./Recording.ts"

describe("the books of a recorded world", () => {
  it("serves a recorded book for five minutes, best level last", () => {
    const book = {
      market: condition("c"),
      asset_id: "111",
      timestamp: "1700000100000",
      hash: "ab",
      bids: [
        { price: "0.01", size: "5" },
        { price: "0.4", size: "7" },
      ],
      asks: [
        { price: "0.99", size: "5" },
        { price: "0.41", size: "8" },
      ],
      tick_size: "0.01",
    }
    const api = Api.make(recording({ "books/b.ndjson": lines([book]) }))
    const at = (seconds: number) =>
      ask(api, "/clob/book?token_id=111", 1_700_000_100_000 + seconds * 1000)
    assert.deepEqual(
      [at(-1).status, at(0).status, at(300).status, at(301).status],
      [404, 200, 200, 404],
    )
    assert.deepEqual(at(1).json["bids"].at(-1), { price: "0.4", size: "7" })
    assert.deepEqual(at(1).json["asks"].at(-1), { price: "0.41", size: "8" })
  })

  it("assumes a book around the last price, on the grid, marked, and none after the resolution", () => {
    const world = recording(
      {
        "trades/a.ndjson": lines(
          fill(1),
          fill(5, { asset: "222", outcomeIndex: 1, price: 0.7, outcome: "No" }),
          fill(7, { price: 0.985, conditionId: condition("d"), asset: "333" }),
        ),
        "resolutions/r.ndjson": lines({ conditionId: condition("c"), winnerIndex: 0 }),
      },
      { kind: "assume", spread: 0.02 },
    )
    const api = Api.make(world)
    const best = (token: string, second: number) => {
      const { status, json } = ask(
        api,
        `/clob/book?token_id=${token}`,
        (1_700_000_000 + second) * 1000,
      )
      if (status !== 200) return status
      assert.isTrue(json["assumed"])
      return [json.bids.at(-1)!.price, json.asks.at(-1)!.price, json["tick_size"]]
    }
    assert.strictEqual(best("111", 0), 404)
    assert.deepEqual(best("111", 1), ["0.39", "0.41", "0.01"])
    assert.deepEqual(best("222", 1), ["0.59", "0.61", "0.01"])
    assert.deepEqual(best("111", 5), ["0.29", "0.31", "0.01"])
    assert.deepEqual(best("222", 5), ["0.69", "0.71", "0.01"])
    assert.deepEqual(best("333", 8), ["0.975", "0.995", "0.001"])
    assert.strictEqual(best("111", 5 + 3600), 404)
    assert.strictEqual(best("999", 8), 404)
  })

  it("reads how books are wanted", () => {
    assert.deepEqual(parseBooks("recorded"), { kind: "recorded" })
    assert.deepEqual(parseBooks("assume:0.02"), { kind: "assume", spread: 0.02 })
    for (const wrong of ["", "assume", "assume:", "assume:2", "assume:-0.1"]) {
      assert.isNull(parseBooks(wrong))
    }
  })
})
