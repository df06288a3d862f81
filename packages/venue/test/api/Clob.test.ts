import { assert, describe, it } from "@effect/vitest"
import { Api, ask, epochMs, smallWorld, type WireBody } from "../Worlds.ts"

const world = smallWorld()
const api = Api.make(world)
const open = world.markets(epochMs).filter((m) => world.state(m, epochMs).status === "open")
const over = world.markets(epochMs).filter((m) => world.state(m, epochMs).status === "resolved")

describe("the order book host", () => {
  it("puts the best level last on both sides, numbers as texts", () => {
    for (const market of open) {
      const { status, json } = ask(api, `/clob/book?token_id=${market.tokens[0]}`, epochMs)
      assert.strictEqual(status, 200)
      const bids = json["bids"].map((level) => Number(level.price))
      const asks = json["asks"].map((level) => Number(level.price))
      assert.deepEqual(
        bids,
        bids.toSorted((a, b) => a - b),
      )
      assert.deepEqual(
        asks,
        asks.toSorted((a, b) => b - a),
      )
      assert.isString(json["bids"][0]?.size ?? "")
      assert.strictEqual(json["tick_size"], String(world.state(market, epochMs).tick))
      assert.strictEqual(json["min_order_size"], "5")
      assert.match(json["timestamp"], /^\d{13}$/)
      assert.match(json["hash"], /^[0-9a-f]{40}$/)
      assert.isUndefined(json["assumed"])
      assert.isAtMost(Number(json["timestamp"]), epochMs + 1000)
    }
  })

  it("has no book for a token that is unknown or whose market is over", () => {
    for (const token of ["123", over[0]!.tokens[0]!]) {
      const { status, json } = ask(api, `/clob/book?token_id=${token}`, epochMs)
      assert.strictEqual(status, 404)
      assert.deepEqual<unknown>(json, { error: "No orderbook exists for the requested token id" })
    }
    for (const url of ["/clob/book", "/clob/book?token_id=0xabc"]) {
      const { status, json } = ask(api, url, epochMs)
      assert.deepEqual<unknown>([status, json], [400, { error: "Invalid token id" }])
    }
  })

  it("sends many books at once, leaves out those there are not, and refuses more than 500", () => {
    const tokens = [...open.slice(0, 3), over[0]!].map((market) => market.tokens[1]!)
    const asked = tokens.map((token_id) => ({ token_id }))
    const books: ReadonlyArray<WireBody> = JSON.parse(ask(api, "/clob/books", epochMs, asked).text)
    assert.deepEqual(
      books.map((book) => book.asset_id),
      tokens.slice(0, 3),
    )
    const many = Array.from({ length: 501 }, () => ({ token_id: "1" }))
    const { status, json } = ask(api, "/clob/books", epochMs, many)
    assert.deepEqual<unknown>([status, json], [400, { error: "Payload exceeds the limit" }])
  })

  it("tells a market's fee, tick and tokens in short", () => {
    for (const market of open) {
      const { json } = ask(api, `/clob/clob-markets/${market.condition}`, epochMs)
      assert.deepEqual(
        json["t"].map((token) => token.t),
        market.tokens,
      )
      assert.strictEqual(json["mts"], world.state(market, epochMs).tick)
      assert.strictEqual(json["fd"]?.r, market.fee?.rate)
      assert.strictEqual(json["nr"] ?? false, market.event.negRisk)
      assert.isTrue(json["ao"])
    }
    assert.strictEqual(ask(api, `/clob/clob-markets/0x${"1".repeat(64)}`, epochMs).status, 404)
  })

  it("names the winner of a resolved market, and none of an open one", () => {
    for (const market of [...over, ...open]) {
      const { json } = ask(api, `/clob/markets/${market.condition}`, epochMs)
      const payouts = world.resolution(market.condition, epochMs)?.payouts ?? []
      assert.deepEqual(
        json["tokens"].map((token) => [token.token_id, token.winner]),
        market.tokens.map((token, index) => [token, payouts[index] === 1_000_000]),
      )
      assert.strictEqual(json["closed"], world.state(market, epochMs).status !== "open")
      assert.strictEqual(json["is_50_50_outcome"], payouts[0] === 500_000)
    }
  })

  it("tells the time in whole seconds as plain text", () => {
    const { text, headers } = ask(api, "/clob/time", epochMs + 999)
    assert.strictEqual(text, String(epochMs / 1000))
    assert.match(headers["content-type"]!, /^text\/plain/)
  })

  it("answers its small reads out of the same book", () => {
    const market = world.markets(epochMs).findLast((m) => {
      const book = world.book(m.tokens[0]!, epochMs)
      return (book?.bids.length ?? 0) > 0 && (book?.asks.length ?? 0) > 0
    })!
    const token = market.tokens[0]!
    const { bids, asks, tick } = world.book(token, epochMs)!
    const get = (path: string) => JSON.parse(ask(api, `/clob/${path}`, epochMs).text) as unknown
    assert.deepEqual(get(`price?token_id=${token}&side=BUY`), { price: String(bids[0]!.price) })
    assert.deepEqual(get(`price?token_id=${token}&side=SELL`), { price: String(asks[0]!.price) })
    const mid = Math.round(5e5 * (bids[0]!.price + asks[0]!.price)) / 1e6
    assert.deepEqual(get(`midpoint?token_id=${token}`), { mid: String(mid) })
    assert.deepEqual(get(`tick-size?token_id=${token}`), { minimum_tick_size: tick })
    assert.deepEqual(get("version"), { version: 2 })
    assert.strictEqual(ask(api, "/clob/midpoint?token_id=1", epochMs).status, 404)
    assert.strictEqual(ask(api, `/clob/price?token_id=${token}`, epochMs).status, 400)
  })
})
