import { assert, describe, it } from "@effect/vitest"
import type { TokenId } from "@evaluator/domain/Id"
import { booksHeardIn, changeFrame, subscribeFrame } from "@evaluator/polymarket/wire/BookFrame"
import { bookRow, condition, otherToken, token } from "../Samples.ts"

const change = { asset_id: token, price: "0.5", size: "200", side: "BUY", hash: "h" }
const changes = (...price_changes: ReadonlyArray<unknown>) => ({
  event_type: "price_change",
  market: condition,
  timestamp: "1790000000456",
  price_changes,
})

describe("a frame of the book socket", () => {
  it("may be a message, a list of them, text, or no JSON at all", () => {
    const snapshot = { ...bookRow, event_type: "book" }
    for (const frame of [snapshot, [snapshot], JSON.stringify(snapshot)]) {
      assert.strictEqual(booksHeardIn(frame).messages[0]?.kind, "snapshot")
    }
    for (const frame of ["PONG", "NO NEW ASSETS", ""]) {
      assert.deepStrictEqual(booksHeardIn(frame), { messages: [], faults: [], spoke: false })
    }
  })

  it("that begins as JSON and is none is a fault, word for word", () => {
    for (const frame of ["{", '[{"event_type":"bo', ' {"event_type"']) {
      const { faults, messages, spoke } = booksHeardIn(frame)
      assert.deepStrictEqual({ messages, spoke }, { messages: [], spoke: false })
      assert.deepStrictEqual(faults, [
        {
          reason: "a frame that is no JSON",
          body: JSON.stringify(frame),
          request: "STREAM ws/market",
          recorded: null,
        },
      ])
    }
  })

  it("may change both tokens of a market at once; nothing told is null, none is 0 or 1", () => {
    const other = { ...change, asset_id: otherToken, side: "sell", best_bid: "0", best_ask: "" }
    const [message] = booksHeardIn(changes(change, other)).messages
    assert.deepStrictEqual(message as unknown, {
      kind: "levels",
      atMs: 1_790_000_000_456,
      changes: [
        {
          token,
          side: "bids",
          price: 500_000,
          size: 200_000_000,
          hash: "h",
          bestBid: null,
          bestAsk: null,
        },
        {
          token: otherToken,
          side: "asks",
          price: 500_000,
          size: 200_000_000,
          hash: "h",
          bestBid: 0,
          bestAsk: null,
        },
      ],
    })
  })

  it("with one change that cannot be read is no half change", () => {
    for (const bad of [{ price: "1.2" }, { size: "-1" }, { side: "HOLD" }, { asset_id: "x" }, {}]) {
      const spoiled = Object.keys(bad).length === 0 ? { asset_id: token } : { ...change, ...bad }
      const heard = booksHeardIn(changes(change, spoiled))
      assert.lengthOf(heard.messages, 0)
      assert.lengthOf(heard.faults, 1)
    }
  })

  it("passes over messages of other kinds, and faults those of none", () => {
    const heard = booksHeardIn([
      { event_type: "last_trade_price", asset_id: token },
      { event_type: "new_market" },
      { event_type: "tick_size_change", asset_id: token, new_tick_size: "1" },
      { event_type: "market_resolved", market: "0x1" },
      { hello: 1 },
      5,
    ])
    assert.lengthOf(heard.messages, 0)
    assert.lengthOf(heard.faults, 4)
    assert.deepStrictEqual(
      heard.faults.slice(2).map(({ body }) => body),
      ['{"hello":1}', "5"],
    )
    assert.isTrue(heard.spoke)
  })

  it("of ours subscribes as the venue documents it", () => {
    const tokens = ["5"] as ReadonlyArray<string> as ReadonlyArray<TokenId>
    assert.deepStrictEqual(JSON.parse(subscribeFrame(tokens)), {
      assets_ids: ["5"],
      type: "market",
      custom_feature_enabled: true,
      initial_dump: true,
    })
    assert.deepStrictEqual(JSON.parse(changeFrame("unsubscribe", tokens)), {
      operation: "unsubscribe",
      assets_ids: ["5"],
      custom_feature_enabled: true,
    })
  })
})
