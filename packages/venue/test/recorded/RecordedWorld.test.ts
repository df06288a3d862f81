import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { gzipSync } from "node:zlib"
import { parseBooks, type BookSource } from "../../src/recorded/RecordedBooks.ts"
import * as RecordedWorld from "../../src/recorded/RecordedWorld.ts"
import { allPages, Api, ask, everything } from "../Worlds.ts"

const wallet = (digit: string) => `0x${digit.repeat(40)}`
const condition = (digit: string) => `0x${digit.repeat(64)}`
const hash = (n: number) => `0x${n.toString(16).padStart(64, "0")}`

const fill = (n: number, more: Record<string, unknown> = {}) => ({
  proxyWallet: wallet("a"),
  side: "BUY",
  asset: "111",
  conditionId: condition("c"),
  size: 10,
  price: 0.4,
  timestamp: 1_700_000_000 + n,
  outcome: "Yes",
  outcomeIndex: 0,
  title: "Will it?",
  transactionHash: hash(n),
  ...more,
})

const lines = (...rows: ReadonlyArray<unknown>) =>
  rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n")

const recording = (
  files: Readonly<Record<string, string | Buffer>>,
  books: BookSource = { kind: "recorded" },
) => {
  const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "recording-"))
  for (const [name, content] of Object.entries(files)) {
    Fs.mkdirSync(Path.dirname(Path.join(dir, name)), { recursive: true })
    Fs.writeFileSync(Path.join(dir, name), content)
  }
  const world = RecordedWorld.load({ dir, books })
  Fs.rmSync(dir, { recursive: true })
  return world
}

const end = 4_000_000_000_000

describe("a recorded world", () => {
  it("is empty without folders, and with empty files", () => {
    const bare = recording({})
    assert.deepEqual(bare.manifest(), { wallets: [], rows: [], unservable: [] })
    assert.deepEqual(bare.rows(everything, end), [])
    assert.isNull(bare.nextTradeAfter(0))
    const files = {
      "trades/a.ndjson": "",
      "activity/b.ndjson.gz": "",
      "markets/c.ndjson.gz": gzipSync(""),
    }
    const { rows } = recording(files).manifest()
    assert.deepEqual(
      rows.map(({ file, read }) => [file, read]),
      Object.keys(files).map((file) => [file, 0]),
    )
  })

  it("serves a row as often as it stands there, each with its own place", () => {
    const world = recording({
      "trades/a.ndjson.gz": gzipSync(lines(fill(1), fill(2), fill(1))),
      "trades/b.ndjson": lines([fill(3), fill(1)], "", fill(2)),
    })
    const api = Api.make(world)
    const rows = allPages(
      api,
      `/data/v2/trades?user=${wallet("a")}&start=1&limit=2`,
      1_700_000_100_000,
    )
    assert.deepEqual(
      rows.map((row) => [row["recorded"], row["transaction_hash"]]),
      [
        ["trades/b.ndjson:1000000001", hash(3)],
        ["trades/b.ndjson:3", hash(2)],
        ["trades/a.ndjson.gz:2", hash(2)],
        ["trades/b.ndjson:2000000001", hash(1)],
        ["trades/a.ndjson.gz:3", hash(1)],
        ["trades/a.ndjson.gz:1", hash(1)],
      ],
    )
    assert.deepEqual(
      world.manifest().rows.map(({ file, read }) => [file, read]),
      [
        ["trades/a.ndjson.gz", 3],
        ["trades/b.ndjson", 3],
      ],
    )
  })

  it("shows a row at its own time, in both feeds apart, and streams the trades of both", () => {
    const redeem = { type: "REDEEM", side: "", asset: "", outcomeIndex: 999, usdcSize: 0, size: 0 }
    const world = recording({
      "trades/a.ndjson": lines(fill(10)),
      "activity/a.ndjson": lines(fill(20, { type: "TRADE", usdcSize: 4.1 }), fill(30, redeem)),
    })
    const api = Api.make(world)
    const at = (n: number) => (1_700_000_000 + n) * 1000
    const user = `user=${wallet("a")}&start=1`
    assert.strictEqual(ask(api, `/data/v2/trades?${user}`, at(10) - 1).json["data"].length, 0)
    assert.strictEqual(ask(api, `/data/v2/trades?${user}`, at(40)).json["data"].length, 1)
    const activity = ask(api, `/data/v2/activity?${user}`, at(40)).json["data"]
    assert.deepEqual(
      activity.map((row: any) => [row.type, row.usdc_size, row.size, row.outcome_index]),
      [
        ["REDEEM", 0, 0, 999],
        ["TRADE", 4.1, 10, 0],
      ],
    )
    assert.strictEqual(ask(api, `/data/v2/activity?${user}`, at(29)).json["data"].length, 1)
    const seen = world.tradesVisibleIn(at(0), at(100)).map((row) => row.visibleMs)
    assert.deepEqual(seen, [at(10), at(20)])
    assert.deepEqual(world.tradesVisibleIn(at(10), at(20)).length, 1)
    assert.deepEqual([at(0), at(10), at(20)].map(world.nextTradeAfter), [at(10), at(20), null])
    assert.deepEqual(world.manifest().wallets, [
      { wallet: wallet("a"), firstMs: at(10), lastMs: at(30) },
    ])
  })

  it("lists with a reason what it cannot serve, and every count adds up", () => {
    const world = recording({
      "trades/a.ndjson": lines(
        "{broken",
        "17",
        fill(1, { proxyWallet: "0x12" }),
        fill(2, { proxyWallet: undefined }),
        fill(3, { timestamp: "soon" }),
        fill(4, { timestamp: null }),
        fill(5),
        [fill(6), "text", null],
      ),
      "activity/bad.ndjson.gz": "this is not gzip",
      "trades/readme.txt": "hello",
      "notes/x.ndjson": lines({ a: 1 }, { a: 2 }),
      "other/y.ndjson": lines({ b: 1 }),
      "books/z.ndjson": lines({ token: "1", t: 1, o: 1, h: 1, l: 1, c: 1 }),
      "MANIFEST.json": "[]",
    })
    const { rows, unservable } = world.manifest()
    assert.deepEqual(
      unservable.map(({ file, line, reason }) => `${file}:${line} ${reason}`),
      [
        "trades/a.ndjson:1 not JSON",
        "trades/a.ndjson:2 not a JSON object",
        "trades/a.ndjson:3 no usable wallet",
        "trades/a.ndjson:4 no usable wallet",
        "trades/a.ndjson:5 no usable timestamp",
        "trades/a.ndjson:6 no usable timestamp",
        "trades/a.ndjson:2000000008 not a JSON object",
        "trades/a.ndjson:3000000008 not a JSON object",
        "activity/bad.ndjson.gz:0 not a gzip file",
      ],
    )
    assert.include(unservable[2]!.body, '"0x12"')
    const counts = Object.fromEntries(
      rows.map(({ file, read, ignored }) => [file, [read, ignored]]),
    )
    assert.deepEqual(counts, {
      "trades/a.ndjson": [10, {}],
      "trades/readme.txt": [1, { "not an .ndjson or .ndjson.gz file": 1 }],
      "activity/bad.ndjson.gz": [1, {}],
      "books/z.ndjson": [1, { "price bar": 1 }],
      "other/y.ndjson": [1, { other: 1 }],
      "notes/x.ndjson": [2, { "unknown folder": 2 }],
    })
    const served = world.rows({ ...everything }, end).length
    const read = rows.reduce((sum, row) => sum + row.read, 0)
    const ignored = rows.flatMap((row) => Object.values(row.ignored)).reduce((a, b) => a + b, 0)
    assert.strictEqual(served + ignored + unservable.length, read)
  })

  it("hands odd values on as they are", () => {
    const odd = {
      proxyWallet: wallet("A"),
      price: "0.45",
      size: null,
      outcomeIndex: "1",
      transactionHash: "0xabc",
      title: 7,
    }
    const api = Api.make(recording({ "trades/a.ndjson": lines(fill(1, odd)) }))
    const [row] = ask(api, `/data/v2/trades?user=${wallet("a")}&start=1`, end).json["data"]
    const { proxy_wallet, price, size, outcome_index, transaction_hash, title } = row
    assert.deepEqual(
      [proxy_wallet, price, size, outcome_index, transaction_hash, title],
      [wallet("A"), "0.45", null, "1", "0xabc", 7],
    )
  })

  it("knows winners from resolutions, in time, and guesses the time when nobody wrote it down", () => {
    const at = 1_700_000_000
    const world = recording({
      "trades/a.ndjson": lines(
        fill(1),
        fill(2, { conditionId: condition("d"), outcome: "Lions", outcomeIndex: 1, asset: "222" }),
        fill(3, { conditionId: condition("e") }),
      ),
      "activity/a.ndjson": lines(fill(90, { type: "REDEEM", conditionId: condition("e") })),
      "resolutions/r.ndjson": lines(
        { conditionId: condition("c"), winnerIndex: 0, resolvedAt: "2023-11-15 00:00:00+00" },
        { conditionId: condition("d"), winner: "Lions", winnerIndex: null },
        { conditionId: condition("e"), winner: "No" },
        { conditionId: condition("f"), winner: "Nobody knows" },
        { winner: "Yes" },
      ),
    })
    const paid = (digit: string, ms: number) => world.resolution(condition(digit), ms)?.payouts
    const midnight = 1_700_006_400_000
    assert.isUndefined(paid("c", midnight - 1))
    assert.deepEqual(paid("c", midnight), [1_000_000, 0])
    assert.isUndefined(paid("d", (at + 2 + 3599) * 1000))
    assert.deepEqual(paid("d", (at + 2 + 3600) * 1000), [0, 1_000_000])
    assert.isUndefined(paid("e", (at + 89) * 1000))
    assert.deepEqual(paid("e", (at + 90) * 1000), [0, 1_000_000])
    assert.isUndefined(paid("f", end))
    const { ignored } = world.manifest().rows.find(({ file }) => file.startsWith("resolutions"))!
    assert.deepEqual(ignored, { "winner is no outcome anybody named": 1, "no condition id": 1 })
  })

  it("serves markets as of now: open until resolved, whatever they were when recorded", () => {
    const market = {
      id: "77",
      conditionId: condition("c"),
      question: "Will it?",
      slug: "will-it",
      outcomes: '["Yes", "No"]',
      clobTokenIds: '["111", "222"]',
      outcomePrices: '["1", "0"]',
      closed: true,
      closedTime: "2023-11-15 00:00:00+00",
      startDate: "2023-11-14T23:00:00Z",
      orderPriceMinTickSize: 0.001,
      negRisk: true,
      events: [{ id: "9", slug: "it", title: "It" }],
      description: "long",
    }
    const world = recording({
      "markets/m.ndjson": lines({ noCondition: true }, market, {
        id: "10",
        slug: "group",
        title: "Group",
        tags: [{ label: "Economics" }],
        markets: [{ ...market, conditionId: condition("d"), closed: false, events: undefined }],
      }),
      "trades/a.ndjson": lines(fill(1)),
    })
    const api = Api.make(world)
    const find = (nowMs: number, closed: boolean) =>
      ask(api, `/gamma/markets/keyset?closed=${closed}&condition_ids=${condition("c")}`, nowMs)
        .json["markets"]
    const first = 1_700_000_001_000
    assert.strictEqual(find(first - 1, false).length, 0, "not listed before it was seen")
    const [open] = find(first, false)
    assert.deepEqual(
      [open.closed, open.outcomePrices, open.orderPriceMinTickSize, open.description],
      [false, '["0.4","0.6"]', 0.001, undefined],
    )
    const [closed] = find(1_700_006_400_000, true)
    assert.deepEqual([closed.closed, closed.outcomePrices], [true, '["1","0"]'])
    assert.strictEqual(find(1_700_006_400_000, false).length, 0)
    const group = world.market(condition("d"), end)!
    assert.deepEqual(
      [group.event.slug, group.event.domain, group.tokens],
      ["group", "Economics", ["111", "222"]],
    )
    assert.isUndefined(world.market(condition("9"), end), "nobody described it")
    const { ignored } = world.manifest().rows.find(({ file }) => file.startsWith("markets"))!
    assert.deepEqual(ignored, { "no condition id": 1 })
  })

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
      return [json["bids"].at(-1).price, json["asks"].at(-1).price, json["tick_size"]]
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
