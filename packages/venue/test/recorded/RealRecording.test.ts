import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as RecordedWorld from "../../src/recorded/RecordedWorld.ts"
import { allPages, Api, ask, everything } from "../Worlds.ts"

const dir = "../shared/data/recorded"
const present = Fs.existsSync(dir)
const world = present
  ? RecordedWorld.load({ dir, books: { kind: "assume", spread: 0.02 } })
  : undefined
const end = 4_000_000_000_000

/** Runs with the recording, or says why not. */
const withRecording = (check: (world: RecordedWorld.RecordedWorld) => void) => () => {
  if (world === undefined) process.stdout.write(`no recorded rows at ${dir}: nothing checked\n`)
  else check(world)
}

describe("the recorded rows of the real venue", () => {
  it(
    "are all accounted for, file by file",
    withRecording((world) => {
      const { rows, unservable } = world.manifest()
      const listed: ReadonlyArray<{ file: string; rows: number }> = JSON.parse(
        Fs.readFileSync(`${dir}/MANIFEST.json`, "utf8"),
      )
      const feeds = listed.filter(({ file }) => /^(trades|activity)\//.test(file))
      for (const { file, rows: expected } of feeds) {
        assert.strictEqual(rows.find((row) => row.file === file)?.read, expected, file)
      }
      const total = rows
        .filter(({ file }) => /^(trades|activity)\//.test(file))
        .reduce((sum, { read }) => sum + read, 0)
      assert.strictEqual(total, 113_560)
      assert.strictEqual(unservable.length, 0)
      assert.strictEqual(world.rows(everything, end).length, 113_560)
    }),
  )

  it(
    "are served to the last repeat: the Nobel file's 5,000 rows by cursor, one place each",
    withRecording((world) => {
      const api = Api.make(world)
      const nobel = world
        .rows({ ...everything, feed: "trades" }, end)
        .filter((row) => row.recorded!.startsWith("trades/trades_event_nobel"))
      const wallets = [...new Set(nobel.map((row) => row.wallet))]
      const served = new Set<string>()
      for (const wallet of wallets) {
        const url = `/data/v2/trades?user=${wallet}&start=1&limit=1000`
        for (const row of allPages(api, url, 1_900_000_000_000)) {
          if (row["recorded"].startsWith("trades/trades_event_nobel")) served.add(row["recorded"])
        }
      }
      assert.strictEqual(served.size, 5000)
    }),
  )

  it(
    "hold 107,198 distinct fills",
    withRecording((world) => {
      const fills = world
        .rows({ ...everything, type: "TRADE" }, end)
        .map((row) =>
          [
            row.transaction,
            row.wallet,
            row.condition,
            row.token,
            row.side,
            row.price,
            row.size,
          ].join(),
        )
      assert.strictEqual(new Set(fills).size, 107_198)
    }),
  )

  it(
    "settle: traded markets with a known winner are resolved, in the end",
    withRecording((world) => {
      const traded = new Set(
        world.rows({ ...everything, type: "TRADE" }, end).map((r) => r.condition),
      )
      const settled = [...traded].filter((condition) => world.resolution(condition, end))
      assert.isAbove(settled.length, 900)
      const api = Api.make(world)
      const { data } = ask(
        api,
        `/data/v2/resolutions?condition=${settled[0]!}`,
        1_900_000_000_000,
      ).json
      assert.strictEqual(data[0]!.payouts[0] + data[0]!.payouts[1], 1_000_000)
    }),
  )

  it(
    "give an assumed book to nearly every fill at its own time",
    withRecording((world) => {
      const fills = world.rows({ ...everything, type: "TRADE" }, end)
      const sample = fills.filter((_, i) => i % 50 === 0)
      const found = sample.filter((row) => {
        const book = world.book(row.token, row.visibleMs)
        const resolved = world.resolution(row.condition, row.visibleMs) !== undefined
        if (book !== null) assert.isBelow(book.bids[0]!.price, book.asks[0]!.price)
        return book !== null || resolved
      })
      assert.isAbove(found.length / sample.length, 0.99)
    }),
  )
})
