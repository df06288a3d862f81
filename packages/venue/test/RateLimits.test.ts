import { assert, describe, it } from "@effect/vitest"
import { Dice } from "../src/Chance.ts"
import { RateLimits } from "../src/RateLimits.ts"
import { Api, ask, epochMs, smallWorld } from "./Worlds.ts"

const world = smallWorld()

describe("the venue's limits", () => {
  it("admit what is documented in any ten seconds, and not one more", () => {
    for (const seed of [1, 2, 3]) {
      const dice = new Dice(seed)
      const limits = new RateLimits()
      const admitted: Array<number> = []
      for (let nowMs = 0; nowMs < 60_000; nowMs += dice.integer(0, 40)) {
        if (limits.admits("/data/v2/trades", nowMs)) admitted.push(nowMs)
      }
      let most = 0
      for (const [i, end] of admitted.entries()) {
        let count = 0
        for (let j = i; j >= 0 && admitted[j]! > end - 10_000; j--) count++
        most = Math.max(most, count)
      }
      assert.strictEqual(most, 300, `seed ${seed}`)
      assert.strictEqual(limits.fullest, 1)
      assert.strictEqual(limits.admitted, admitted.length)
      assert.isAbove(limits.refused, 0)
    }
  })

  it("say how close requests came in any ten seconds", () => {
    const limits = new RateLimits()
    // Two a second of 300 in ten seconds.
    for (let nowMs = 0; nowMs < 60_000; nowMs += 500) limits.admits("/data/v2/trades", nowMs)
    assert.strictEqual(limits.fullest, 20 / 300)
  })

  it("hold for a host as well as for a route", () => {
    const limits = new RateLimits()
    const sent = (path: string, count: number) =>
      Array.from({ length: count }, () => limits.admits(path, 0)).filter((ok) => ok).length
    assert.strictEqual(sent("/data/v2/activity", 500), 500)
    assert.strictEqual(sent("/data/v2/trades", 400), 300)
    assert.strictEqual(sent("/data/v2/holders", 100), 0)
    assert.strictEqual(sent("/clob/book", 1600), 1500)
    assert.strictEqual(sent("/gamma/events/keyset", 600), 500)
    assert.strictEqual(sent("/gamma/markets/keyset", 600), 300)
  })

  it("answer 429 in the words of each host when they are switched on, and only then", () => {
    const limited = Api.make(world, { limits: true })
    const free = Api.make(world)
    const last = (api: Api.VenueApi, url: string, times: number) => {
      for (let i = 1; i < times; i++) ask(api, url, epochMs)
      return ask(api, url, epochMs)
    }
    const url = "/data/v2/positions?user=none"
    assert.strictEqual(last(free, url, 201).status, 400)
    const refused = last(limited, url, 201)
    assert.deepEqual([refused.status, refused.json.code], [429, "rate_limited"])
    assert.isUndefined(refused.headers["retry-after"])
    const edge = last(limited, "/gamma/markets/none", 301)
    assert.deepEqual([edge.status, edge.text], [429, "error code: 1015"])
    assert.strictEqual(ask(limited, url, epochMs + 10_000).status, 400)
  })

  it("come with the age of an answer out of the cache", () => {
    const cached = Api.make(world, { cdn: true })
    const url = "/data/v2/trades?limit=5"
    const ages = [0, 40, 80].map((seconds) => ask(cached, url, epochMs + seconds * 1000).headers)
    for (const headers of ages) assert.strictEqual(headers["cache-control"], "public, max-age=300")
    const [first, second] = ages.map((headers) => Number(headers["age"]))
    assert.isTrue(second === first! + 40 || second! < 40, `${first} ${second}`)
    assert.isUndefined(ask(cached, "/clob/time", epochMs).headers["age"])
  })
})
