import { assert, describe, it } from "@effect/vitest"
import { gzipSync } from "node:zlib"
import { allPages, Api, ask, everything } from "../Worlds.ts"
import { end, fill, hash, lines, recording, wallet } from "./Recording.ts"

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

  it("reads folders inside its folders, and counts rows that stand in none of them", () => {
    const world = recording({
      "trades/2023/11/a.ndjson": lines(fill(1), fill(2)),
      "bananas/b.ndjson": lines({ a: 1 }),
      "loose.ndjson": lines(fill(3), "", fill(4)),
      "MANIFEST.json": "{}",
      ".git/HEAD": "ref",
    })
    assert.deepEqual(world.manifest().rows, [
      { file: "trades/2023/11/a.ndjson", read: 2, ignored: {} },
      { file: "bananas/b.ndjson", read: 1, ignored: { "unknown folder": 1 } },
      { file: "loose.ndjson", read: 2, ignored: { "in no folder": 2 } },
    ])
    assert.deepEqual(
      world.rows(everything, end).map((row) => row.recorded),
      ["trades/2023/11/a.ndjson:1", "trades/2023/11/a.ndjson:2"],
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

  it("shows a row at its own time, trades in the ledger too, and streams the trades of both", () => {
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
      activity.map((row) => [row.type, row.usdc_size, row.size, row.outcome_index]),
      [
        ["REDEEM", 0, 0, 999],
        ["TRADE", 4.1, 10, 0],
        ["TRADE", 4, 10, 0],
      ],
    )
    assert.strictEqual(ask(api, `/data/v2/activity?${user}`, at(29)).json["data"].length, 2)
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
    const row = ask(api, `/data/v2/trades?user=${wallet("a")}&start=1`, end).json.data[0]!
    const { proxy_wallet, price, size, outcome_index, transaction_hash, title } = row
    assert.deepEqual<unknown>(
      [proxy_wallet, price, size, outcome_index, transaction_hash, title],
      [wallet("A"), "0.45", null, "1", "0xabc", 7],
    )
  })
})
