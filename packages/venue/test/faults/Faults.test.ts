import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { fillOf } from "@evaluator/polymarket/wire/TradeRow"
import { tradeSession } from "../../src/TradeStream.ts"
import { faultyApi } from "../../src/faults/FaultyApi.ts"
import { faultKinds, FaultPlan, type FaultKind } from "../../src/faults/FaultPlan.ts"
import { faultySession } from "../../src/faults/FaultySession.ts"
import { faultyWorld } from "../../src/faults/FaultyWorld.ts"
import { HOUR, MINUTE, SECOND } from "../../src/seeded/Durations.ts"
import { Api, ask, epochMs, everything, smallWorld, type WireBody } from "../Worlds.ts"

const world = smallWorld()
const plan = (kinds?: ReadonlyArray<FaultKind>, seed = 1) =>
  new FaultPlan({ seed, intensity: "many", ...(kinds === undefined ? {} : { kinds }) })

/** Asks for the newest trades every 250 ms and gives what came. */
const polled = (api: Api.VenueApi, count: number, url = "/data/v2/trades?limit=20") => {
  const { pathname: path, searchParams: query } = new URL(url, "http://venue")
  return Array.from({ length: count }, (_, i) =>
    api.handle({ method: "GET", path, query, body: "" }, epochMs + i * 250),
  )
}

const bodyOf = (answer: Api.VenueResponse) => JSON.parse(answer.body) as WireBody

describe("a venue with faults", () => {
  it("does the same wrong things at the same moments, others with another seed, none at none", () => {
    const tell = (seed: number, intensity: "none" | "some" | "many") => {
      const own = new FaultPlan({ seed, intensity })
      const api = faultyApi(Api.make(faultyWorld(world, own)), own)
      return polled(api, 800).map(({ status, body }) => `${status} ${body}`)
    }
    const clean = polled(Api.make(world), 800).map(({ status, body }) => `${status} ${body}`)
    const many = tell(1, "many")
    const differing = (texts: ReadonlyArray<string>) =>
      texts.filter((text, i) => text !== clean[i]).length
    assert.deepEqual(tell(1, "many"), many)
    assert.notDeepEqual(tell(2, "many"), many)
    assert.deepEqual(tell(1, "none"), clean)
    const few = differing(tell(1, "some"))
    assert.isTrue(few > 5 && differing(many) > 2 * few, `${few} ${differing(many)}`)
  })

  it("counts each kind when it is served, and has an occasion for each", () => {
    const own = plan()
    const lying = faultyWorld(world, own)
    const api = faultyApi(Api.make(lying), own)
    polled(api, 800)
    polled(api, 800, `/data/v2/trades?limit=20&user=${world.wallets[0]}`)
    for (let hour = 0; hour < 3; hour += 0.5) {
      for (const market of world.markets(epochMs)) {
        lying.book(market.tokens[0]!, epochMs + hour * HOUR)
      }
    }
    const session = faultySession(tradeSession(world, "one"), own, 5)
    session.hear(
      '{"action":"subscribe","subscriptions":[{"topic":"activity","type":"*"}]}',
      epochMs,
    )
    for (let ms = 0; ms < 5 * HOUR; ms += 10 * SECOND) {
      session.due(epochMs + ms)
      session.hangsUp(epochMs + ms)
    }
    for (const kind of faultKinds) assert.isAbove(own.served[kind], 0, kind)
  })

  it("serves garbage that a client quarantines to the last row, and loses no row to it", () => {
    const own = plan(["garbageRow"])
    const api = faultyApi(Api.make(world), own)
    const clean = polled(Api.make(world), 800)
    let quarantined = 0
    for (const [i, answer] of polled(api, 800).entries()) {
      const { data } = bodyOf(answer)
      const bad = data.filter((row) => Result.isFailure(fillOf(row)))
      assert.deepEqual(
        data.filter((row) => !bad.includes(row)),
        bodyOf(clean[i]!).data,
      )
      for (const row of bad) {
        assert.strictEqual(JSON.stringify(row), own.garbage[quarantined]?.row)
        quarantined++
      }
    }
    assert.isAbove(quarantined, 15)
    assert.strictEqual(own.served.garbageRow, quarantined)
  })

  it("says it is throttled or broken in every way the real one does", () => {
    const api = faultyApi(Api.make(world), plan(["throttle", "outage"]))
    const seen = new Map<string, number>()
    for (const { status, headers, body } of polled(api, 6000, "/clob/time")) {
      const form = headers["content-type"]?.split(";")[0]
      const key = `${status} ${form}${headers["retry-after"] === undefined ? "" : " later"}`
      if (status !== 200 || body.startsWith("{")) seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    assert.deepEqual([...seen.keys()].toSorted(), [
      "200 application/json",
      "429 application/json",
      "429 application/json later",
      "429 text/plain",
      "500 application/json",
      "502 text/html",
      "503 application/json",
    ])
  })

  it("cuts bodies in half, and stalls whole ones", () => {
    const api = faultyApi(Api.make(world), plan(["halfBody", "stall"]))
    let halves = 0
    const stalls: Array<number> = []
    const breaks = new Set<boolean>()
    for (const answer of polled(api, 2500, "/data/v2/status")) {
      if (answer.stallMs !== undefined) stalls.push(answer.stallMs)
      if (answer.cut === undefined) bodyOf(answer)
      else {
        halves++
        breaks.add(answer.cut)
        assert.throws(() => bodyOf(answer))
      }
    }
    assert.isTrue(halves > 10 && breaks.size === 2)
    assert.isTrue(stalls.length > 10 && Math.min(...stalls) < 5000 && Math.max(...stalls) > 15_000)
  })

  it("repeats and shuffles rows without losing one", () => {
    const api = faultyApi(Api.make(world), plan(["repeatedPage", "shuffledRows"]))
    const hashes = (answer: Api.VenueResponse) =>
      bodyOf(answer).data.map((row) => row.transaction_hash)
    const clean = polled(Api.make(world), 800).map(hashes)
    let longer = 0
    let shuffled = 0
    for (const [i, answer] of polled(api, 800).entries()) {
      const own = hashes(answer)
      assert.deepEqual([...new Set(own)].toSorted(), clean[i]!.toSorted())
      if (own.length > clean[i]!.length) longer++
      else if (own.join() !== clean[i]!.join()) shuffled++
    }
    assert.isTrue(longer > 10 && shuffled > 10, `${longer} ${shuffled}`)
  })

  it("ends every walk by cursor, repeated pages or not, with all rows", () => {
    const api = faultyApi(Api.make(world), plan(["repeatedPage"]))
    const nowMs = epochMs + MINUTE
    let pages = 0
    const seen = new Set<string>()
    for (let cursor: string | null = "", at = 0; cursor !== null; at++) {
      const more = cursor === "" ? "" : `&cursor=${cursor}`
      const { json } = ask(api, `/data/v2/trades?limit=10${more}`, nowMs + at)
      for (const row of json.data) seen.add(row.transaction_hash)
      cursor = json.pagination.next_cursor
      assert.isBelow(++pages, 5000)
    }
    const query = { ...everything, feed: "trades", takerOnly: true } as const
    const month = 86_400 * 62
    const rows = world
      .rows({ ...query, fromSeconds: epochMs / 1000 - month }, nowMs)
      .map((row) => row.transaction)
    for (const transaction of rows) assert.isTrue(seen.has(transaction), transaction)
  })

  it("tells late trades within ten minutes, in the feed and never on the stream", () => {
    const own = plan(["lateRow"])
    const late = faultyWorld(world, own)
    const recent = { ...everything, fromSeconds: epochMs / 1000, toSeconds: epochMs / 1000 + 60 }
    const nowMs = epochMs + 65 * SECOND
    const all = world.rows(recent, nowMs)
    const shown = late.rows(recent, nowMs)
    const missing = all.filter(({ position }) => !shown.some((row) => row.position === position))
    assert.isTrue(missing.length > 0 && missing.length < all.length / 10)
    assert.strictEqual(own.served.lateRow, missing.length)
    assert.deepEqual(late.rows(recent, nowMs + 11 * MINUTE), all)
    const told = late.tradesVisibleIn(epochMs, nowMs).map(({ position }) => position)
    for (const { position } of missing) assert.notInclude(told, position)
    assert.deepEqual(late.rows({ ...recent, limit: 50 }, nowMs), shown.slice(0, 50))
  })

  it("lies about a book for a while and comes back to the truth", () => {
    const own = plan(["lyingBook"], 3)
    const lying = faultyWorld(world, own)
    let lies = 0
    let truths = 0
    for (const market of world.markets(epochMs)) {
      for (let minute = 0; minute < 120; minute += 10) {
        const nowMs = epochMs + minute * MINUTE + 5 * MINUTE
        const book = lying.book(market.tokens[0]!, nowMs)
        if (JSON.stringify(book) === JSON.stringify(world.book(market.tokens[0]!, nowMs))) truths++
        else lies++
      }
    }
    assert.isTrue(lies > 3 && truths > 20 * lies, `${lies} lies, ${truths} truths`)
    assert.isAtLeast(own.served.lyingBook, lies)
  })
})
