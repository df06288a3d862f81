import { assert, describe, it } from "@effect/vitest"
import { HOUR } from "../../src/seeded/Durations.ts"
import { allPages, Api, ask, DAY, epochMs, everything, smallWorld } from "../Worlds.ts"

const world = smallWorld()
const api = Api.make(world)
/** The taker with the most redemptions. */
const takers = new Set(
  world.rows({ ...everything, feed: "trades", takerOnly: true }, epochMs).map((row) => row.wallet),
)
const redeems = world
  .rows({ ...everything, type: "REDEEM" }, epochMs)
  .filter((row) => takers.has(row.wallet))
const wallet = [...Map.groupBy(redeems, (row) => row.wallet)].toSorted(
  (a, b) => b[1].length - a[1].length,
)[0]![0]

describe("the trades and activity feeds", () => {
  it("give each row once when walked by cursor with the same filters", () => {
    for (const limit of [7, 100, 1000]) {
      const url = `/data/v2/activity?user=${wallet}&start=1&limit=${limit}`
      const rows = allPages(api, url, epochMs)
      const expected = world.rows({ ...everything, user: wallet, order: "desc" }, epochMs)
      assert.deepEqual(
        rows.map((row) => row["transaction_hash"]),
        expected.map((row) => row.transaction),
      )
    }
  })

  it("walk upwards in time as well", () => {
    const url = `/data/v2/activity?user=${wallet}&start=1&limit=9`
    const down = allPages(api, url, epochMs)
    const up = allPages(api, `${url}&sort_direction=ASC`, epochMs)
    assert.deepEqual(up.toReversed(), down)
  })

  it("hide maker rows unless asked for them", () => {
    const maker = world
      .rows({ ...everything, feed: "trades" }, epochMs)
      .find((row, _, all) => row.type === "TRADE" && isMaker(row.wallet, all))!.wallet
    assert.strictEqual(ask(api, `/data/v2/trades?user=${maker}`, epochMs).json["data"].length, 0)
    const all = ask(api, `/data/v2/trades?user=${maker}&taker_only=false`, epochMs).json["data"]
    assert.isAbove(all.length, 0)
  })

  it("go on venue-wide, silently, when a cursor comes without its filters", () => {
    const first = ask(api, `/data/v2/trades?user=${wallet}&limit=5`, epochMs).json
    const cursor = first["pagination"].next_cursor
    const next = ask(api, `/data/v2/trades?cursor=${cursor}`, epochMs).json["data"]
    assert.strictEqual(next.length, 5, "the cursor's page size wins")
    assert.isTrue(next.some((row) => row["proxy_wallet"] !== wallet))
  })

  it("honour start and end with a user only", () => {
    const bounds = `start=${(epochMs - 5 * DAY) / 1000}&end=${(epochMs - 2 * DAY) / 1000}`
    const mine = allPages(api, `/data/v2/activity?user=${wallet}&${bounds}`, epochMs)
    const expected = world.rows({ ...everything, user: wallet }, epochMs).filter((row) => {
      const at = row.atSeconds * 1000
      return at >= epochMs - 5 * DAY && at <= epochMs - 2 * DAY
    })
    assert.strictEqual(mine.length, expected.length)
    assert.isAbove(mine.length, 0)
    const global = ask(api, `/data/v2/trades?${bounds}&limit=10`, epochMs).json["data"]
    assert.isAbove(global[0]!.timestamp, (epochMs - 2 * DAY) / 1000)
  })

  it("filter by condition, event, side and amount", () => {
    const market = world.markets(epochMs).toSorted((a, b) => volume(b) - volume(a))[0]!
    const url = `/data/v2/trades?condition=${market.condition}&taker_only=false`
    const rows = allPages(api, url, epochMs)
    assert.isAbove(rows.length, 0)
    assert.isTrue(rows.every((row) => row["condition_id"] === market.condition))
    const same = allPages(api, `${url.replace("condition=", "conditionId=")}&limit=3`, epochMs)
    assert.deepEqual(same, rows)
    const sold = allPages(api, `${url}&side=SELL`, epochMs)
    assert.isTrue(sold.length > 0 && sold.every((row) => row["side"] === "SELL"))
    const big = allPages(api, `${url}&filter_type=CASH&filter_amount=100`, epochMs)
    assert.strictEqual(big.length, rows.filter((row) => row["size"] * row["price"] >= 100).length)
    const event = allPages(api, `/data/v2/trades?event_id=${market.event.id}`, epochMs)
    const members = new Set(market.event.markets.map((member) => member.condition))
    assert.isTrue(event.length > 0 && event.every((row) => members.has(row["condition_id"])))
  })

  it("charge takers their fee in usdc_size, per market", () => {
    const url = `/data/v2/activity?user=${wallet}&type=TRADE&start=1`
    for (const row of allPages(api, url, epochMs)) {
      const { rate } = world.market(row["condition_id"], epochMs)!.fee ?? { rate: 0 }
      const fee = row["size"] * rate * row["price"] * (1 - row["price"])
      const paid = Math.abs(row["usdc_size"] - row["size"] * row["price"])
      assert.isBelow(Math.abs(paid - fee), 2e-5)
    }
  })

  it("send rows of other kinds without token, side and outcome", () => {
    const rows = allPages(api, `/data/v2/activity?user=${wallet}&type=REDEEM&start=1`, epochMs)
    assert.isAbove(rows.length, 0)
    for (const row of rows) {
      assert.strictEqual(row["type"], "REDEEM")
      const { token_id, side, outcome, outcome_index, price } = row
      assert.deepEqual([token_id, side, outcome, outcome_index, price], ["", "", "", 999, 0])
    }
  })

  it("honour one type, ignore a list of types, refuse a repeated key", () => {
    const base = `/data/v2/activity?user=${wallet}&start=1&limit=1000`
    const all = ask(api, base, epochMs).json["data"].length
    assert.strictEqual(ask(api, `${base}&type=TRADE,REDEEM`, epochMs).json["data"].length, all)
    assert.isBelow(ask(api, `${base}&type=REDEEM`, epochMs).json["data"].length, all)
    assert.strictEqual(ask(api, `${base}&type=TRADE&type=REDEEM`, epochMs).status, 400)
  })

  it("ignore unknown parameters, so that a misspelt filter returns everything", () => {
    const typo = ask(api, `/data/v2/trades?usr=${wallet}&limit=50`, epochMs).json["data"]
    assert.deepEqual(typo, ask(api, "/data/v2/trades?limit=50", epochMs).json["data"])
  })

  it("refuse with the venue's bodies", () => {
    const cases: ReadonlyArray<readonly [url: string, parameter: string, words: string]> = [
      ["/data/v2/activity", "user", "required query param 'user' not provided"],
      ["/data/v2/activity?user=bob", "user", "invalid user address"],
      ["/data/v2/trades?limit=1001", "limit", "limit must be between 1 and 1000"],
      ["/data/v2/trades?limit=0", "limit", "limit must be between 1 and 1000"],
      ["/data/v2/trades?offset=10", "offset", "offset is not supported, use cursor"],
      ["/data/v2/trades?side=HOLD", "side", "side must be BUY or SELL"],
      ["/data/v2/trades?cursor=nonsense", "cursor", "invalid cursor"],
      ["/data/v2/trades?condition=0x12", "condition", "invalid condition id"],
      [`/data/v2/activity?user=${wallet}&sort_by=CASH`, "sort_by", "sort_by must be TIMESTAMP"],
    ]
    for (const [url, parameter, words] of cases) {
      const { status, json, headers } = ask(api, url, epochMs)
      assert.strictEqual(status, 400, url)
      assert.deepEqual<unknown>(json, {
        error: words,
        code: "invalid_request",
        retryable: false,
        trace_id: headers["x-trace-id"],
        parameter,
      })
    }
    const many = Array.from({ length: 21 }, (_, i) => `0x${String(i).padStart(64, "0")}`)
    assert.strictEqual(ask(api, `/data/v2/trades?condition=${many.join(",")}`, epochMs).status, 400)
    assert.strictEqual(ask(api, "/data/v2/nothing", epochMs).json["code"], "not_found")
    assert.strictEqual(ask(api, "/data/v2/trades", epochMs, {}).status, 405)
  })

  it("answer from the edge's cache when that is on: the same bytes until the window ends", () => {
    const cached = Api.make(world, { cdn: true })
    const url = "/data/v2/trades?limit=20"
    const texts = Array.from({ length: 40 }, (_, i) => ask(cached, url, epochMs + i * 30_000))
    const distinct = new Set(texts.map(({ text }) => text)).size
    assert.isTrue(distinct >= 4 && distinct <= 5, String(distinct))
    assert.strictEqual(new Set(texts.map(({ headers }) => headers["x-trace-id"])).size, distinct)
    const other = ask(cached, "/data/v2/trades?limit=21", epochMs + HOUR)
    assert.strictEqual(other.headers["date"], new Date(epochMs + HOUR).toUTCString())
  })
})

const volume = (market: { readonly index: number }) =>
  world.state(world.markets(epochMs)[market.index]!, epochMs).volume

/** A wallet whose every fill comes without a fee on a market that has one. */
const isMaker = (
  wallet: string,
  rows: ReadonlyArray<{
    readonly wallet: string
    readonly usdc: number
    readonly size: number
    readonly price: number
    readonly condition: string
  }>,
) => {
  const mine = rows.filter(
    (row) => row.wallet === wallet && world.market(row.condition, epochMs)!.fee !== null,
  )
  return mine.length > 20 && mine.every((row) => Math.abs(row.usdc - row.size * row.price) < 1e-6)
}
