import { assert, describe, it } from "@effect/vitest"
import { MINUTE } from "../../src/seeded/Durations.ts"
import { Api, ask, epochMs, smallWorld, type Wire } from "../Worlds.ts"

const world = smallWorld()
const api = Api.make(world)

const walk = (path: string, list: "markets" | "events"): ReadonlyArray<Wire> => {
  const items: Array<Wire> = []
  let cursor: string | undefined = ""
  while (cursor !== undefined) {
    const { status, json } = ask(
      api,
      cursor === "" ? path : `${path}&after_cursor=${cursor}`,
      epochMs,
    )
    assert.strictEqual(status, 200)
    items.push(...json[list])
    cursor = json["next_cursor"]
  }
  return items
}

describe("Gamma", () => {
  it("lists open markets by default and only closed ones with closed=true, each once", () => {
    const open = walk("/gamma/markets/keyset?limit=7", "markets")
    const closed = walk("/gamma/markets/keyset?limit=100&closed=true", "markets")
    assert.isTrue(open.every((market) => market["closed"] === false && market["acceptingOrders"]))
    assert.isTrue(closed.every((market) => market["closed"] === true && market["closedTime"]))
    const ids = [...open, ...closed].map((market) => market["conditionId"])
    assert.deepEqual(
      ids.toSorted(),
      world
        .markets(epochMs)
        .map((market) => market.condition)
        .toSorted(),
    )
  })

  it("orders by camelCase fields, and walks that order by cursor", () => {
    const url = "/gamma/markets/keyset?limit=10&order=volume24hr&ascending=false"
    const volumes = walk(url, "markets").map((market) => market["volume24hr"])
    assert.deepEqual(
      volumes,
      volumes.toSorted((a, b) => b - a),
    )
    assert.isAbove(volumes[0] ?? 0, 0)
    const refused = ask(api, "/gamma/markets/keyset?order=volume_num", epochMs)
    assert.deepEqual<unknown>(
      [refused.status, refused.json],
      [422, { type: "validation error", error: "order fields are not valid" }],
    )
  })

  it("cuts a limit above 100 and refuses offset", () => {
    const { json } = ask(api, "/gamma/markets/keyset?limit=500&closed=true", epochMs)
    assert.isAtMost(json["markets"].length, 100)
    const refused = ask(api, "/gamma/markets/keyset?offset=5", epochMs)
    assert.strictEqual(refused.status, 422)
    assert.strictEqual(refused.json["error"], "offset is not allowed on keyset endpoints")
  })

  it("writes lists as JSON in strings and volumes as text and number", () => {
    const market = ask(api, "/gamma/markets/keyset?limit=1", epochMs).json["markets"][0]!
    const tokens = JSON.parse(market.clobTokenIds)
    assert.isTrue(tokens.every((token: string) => /^[1-9]\d{60,77}$/.test(token)))
    assert.strictEqual(JSON.parse(market.outcomes).length, 2)
    const [yes, no] = JSON.parse(market.outcomePrices)
    assert.isBelow(Math.abs(Number(yes) + Number(no) - 1), 1e-9)
    assert.strictEqual(Number(market.volume), market.volumeNum)
    assert.strictEqual(market.events.length, 1)
    assert.isString(market.tags[0]?.label)
    assert.match(market.endDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/)
  })

  it("finds markets by repeated condition ids", () => {
    const { markets } = ask(api, "/gamma/markets/keyset?limit=3", epochMs).json
    const query = markets.map((market) => `condition_ids=${market.conditionId}`).join("&")
    const found = ask(api, `/gamma/markets/keyset?${query}`, epochMs).json["markets"]
    assert.deepEqual(found, markets)
  })

  it("says the final prices of a resolved market, and none before", () => {
    const closed = walk("/gamma/markets/keyset?limit=100&closed=true", "markets")
    const resolved = closed.filter((market) => market["umaResolutionStatus"] === "resolved")
    const pending = closed.filter((market) => market["umaResolutionStatus"] === "proposed")
    assert.isTrue(resolved.length > 20 && pending.length > 0)
    for (const market of resolved) {
      assert.include(['["1","0"]', '["0","1"]', '["0.5","0.5"]'], market["outcomePrices"])
      const payouts = world.resolution(market["conditionId"], epochMs)!.payouts
      assert.deepEqual(
        JSON.parse(market["outcomePrices"]).map((p: string) => Number(p) * 1e6),
        payouts,
      )
    }
    for (const market of pending) assert.notInclude(market["outcomePrices"], '"1"')
  })

  it("nests all markets of an event, and drops them on request", () => {
    const events = walk("/gamma/events/keyset?limit=5", "events")
    assert.isTrue(events.some((event) => (event.markets ?? []).length > 1))
    const races = events.filter((event) => event["negRisk"])
    assert.isAbove(races.length, 0)
    for (const race of races) {
      assert.match(race["negRiskMarketID"], /^0x[0-9a-f]{64}$/)
      assert.isTrue(race.markets?.every((market) => market.negRisk && market.groupItemTitle))
    }
    const bare = ask(api, "/gamma/events/keyset?limit=5&include_markets=false", epochMs).json
    assert.isTrue(bare["events"].every((event) => event.markets === undefined))
  })

  it("lets exactly one answer of a race win", () => {
    const later = epochMs + 30 * MINUTE
    const events = new Set(world.markets(later).map((market) => market.event))
    let settled = 0
    for (const event of [...events].filter((event) => event.negRisk)) {
      const payouts = event.markets.map((m) => world.resolution(m.condition, later)!.payouts[0])
      if (payouts.includes(undefined)) continue
      settled++
      assert.strictEqual(payouts.filter((payout) => payout === 1_000_000).length, 1)
    }
    assert.isAbove(settled, 0)
  })

  it("reads one market by its number only", () => {
    const { id } = world.markets(epochMs)[0]!
    assert.strictEqual(ask(api, `/gamma/markets/${id}`, epochMs).json["id"], id)
    assert.strictEqual(ask(api, "/gamma/markets/999999999", epochMs).status, 404)
    const refused = ask(api, `/gamma/markets/0x${"0".repeat(64)}`, epochMs)
    assert.deepEqual<unknown>(
      [refused.status, refused.json],
      [422, { type: "validation error", error: "id is invalid" }],
    )
  })
})
