import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { HOUR, MINUTE, SECOND } from "../../src/seeded/Durations.ts"
import { adverse, ordinary } from "../../src/seeded/Behaviours.ts"
import type { SeededMarket } from "../../src/seeded/Calendar.ts"
import { tickAt } from "../../src/seeded/Quotes.ts"
import { Api, ask, DAY, epochMs, everything, smallWorld } from "../Worlds.ts"

const urls = (wallet: string) => [
  "/data/v2/trades?limit=50",
  `/data/v2/activity?user=${wallet}&limit=200`,
  "/data/v2/leaderboard?time_period=week",
  "/gamma/markets/keyset?limit=100&order=volume24hr&ascending=false",
  "/gamma/events/keyset?limit=100&closed=true",
  `/data/v2/positions?user=${wallet}`,
  "/data/v2/biggest-winners?time_period=week",
]

/** A live pace at which days are cheap to make. */
const calm = { liveTradesPerSecond: 0.2 }

const digest = (text: string) => createHash("sha256").update(text).digest("hex")

describe("a seeded world", () => {
  it("tells the same story whatever it was asked before", () => {
    const moments = [epochMs - 3 * DAY, epochMs + 5 * MINUTE, epochMs - DAY, epochMs + 9 * HOUR]
    const tell = (order: ReadonlyArray<number>, reversed: boolean) => {
      const world = smallWorld(42, calm)
      const api = Api.make(world)
      const answers = new Map<string, string>()
      for (const nowMs of order) {
        const asked = urls(world.wallets[3]!)
        for (const url of reversed ? asked.toReversed() : asked) {
          const { status, text } = ask(api, url, nowMs)
          assert.strictEqual(status, 200)
          answers.set(`${nowMs} ${url}`, digest(text))
        }
      }
      return answers
    }
    const forward = tell(moments, false)
    const backward = tell(moments.toReversed(), true)
    for (const [question, answer] of forward) {
      assert.strictEqual(backward.get(question), answer, question)
    }
  })

  it("is another world with another seed", () => {
    const rows = [42, 43].map((seed) =>
      smallWorld(seed).rows({ ...everything, limit: 20 }, epochMs),
    )
    assert.notDeepEqual(rows[0], rows[1])
  })

  it("starts late and remembers what it never told: the same rows as one asked all along", () => {
    const late = epochMs + 26 * HOUR
    const patient = smallWorld(42, calm)
    for (let nowMs = epochMs; nowMs < late; nowMs += HOUR) patient.tradesVisibleIn(nowMs, nowMs + 1)
    const query = { ...everything, fromSeconds: (late - 2 * HOUR) / 1000 }
    const rows = smallWorld(42, calm).rows(query, late)
    assert.isAbove(rows.length, 500)
    assert.deepEqual(rows, patient.rows(query, late))
  })

  it("makes forgotten rows again, the same ones", () => {
    const short = { ...calm, pastDays: 8 }
    const roomy = smallWorld(42, short)
    const cramped = smallWorld(42, { ...short, keptRows: 500 })
    const now = epochMs + HOUR
    const all = roomy.rows(everything, now)
    assert.isAbove(all.length, 2000)
    assert.deepEqual(cramped.rows(everything, now), all)
    assert.deepEqual(cramped.rows({ ...everything, limit: 300 }, now), all.slice(0, 300))
  })

  it("tells a wallet's and a market's rows as who reads all and picks them", () => {
    const world = smallWorld(42, { ...calm, pastDays: 8 })
    const now = epochMs + HOUR
    const all = world.rows(everything, now)
    const middle = all[all.length >> 1]!
    const window = { fromSeconds: middle.atSeconds - 86_400, toSeconds: middle.atSeconds + 7200 }
    const within = all.filter(
      ({ atSeconds }) => atSeconds >= window.fromSeconds && atSeconds <= window.toSeconds,
    )
    let compared = 0
    for (const { condition, wallet } of within.filter((_, place) => place % 40 === 0)) {
      const wishes = [
        { user: wallet },
        { conditions: new Set([condition]) },
        { user: wallet, conditions: new Set([condition]) },
      ]
      for (const wish of wishes) {
        const mine = within.filter(
          (row) =>
            (wish.user === undefined || row.wallet === wish.user) &&
            (wish.conditions === undefined || wish.conditions.has(row.condition)),
        )
        const query = { ...everything, ...window, ...wish }
        assert.deepEqual(world.rows(query, now), mine)
        const back = world.rows({ ...query, order: "desc", limit: 5 }, now)
        assert.deepEqual(back, mine.toReversed().slice(0, 5))
        const after = mine[mine.length >> 1]!.position
        assert.deepEqual(
          world.rows({ ...query, after }, now),
          mine.filter(({ position }) => position > after),
        )
        assert.deepEqual(
          world.rows({ ...query, order: "desc", after }, now),
          mine.filter(({ position }) => position < after).toReversed(),
        )
        compared += mine.length
      }
    }
    assert.isAbove(compared, 500)
  })

  it("shows a row between one and four seconds after its time, not before", () => {
    const world = smallWorld()
    const fromMs = epochMs + MINUTE
    const shown = world.tradesVisibleIn(fromMs, fromMs + MINUTE)
    assert.isAbove(shown.length, 50)
    let last = 0
    for (const row of shown) {
      const delay = row.visibleMs - row.atSeconds * 1000
      assert.isTrue(delay >= SECOND && delay <= 4 * SECOND)
      assert.isAtLeast(row.visibleMs, last)
      last = row.visibleMs
      const by = { ...everything, fromSeconds: row.atSeconds, toSeconds: row.atSeconds }
      const has = (nowMs: number) => world.rows(by, nowMs).some((r) => r.position === row.position)
      assert.isFalse(has(row.visibleMs - 1))
      assert.isTrue(has(row.visibleMs))
    }
  })

  it("leaves no gap and no repeat between the slices of its stream", () => {
    const world = smallWorld()
    const whole = world.tradesVisibleIn(epochMs, epochMs + MINUTE)
    const sliced = Array.from({ length: 120 }, (_, i) =>
      world.tradesVisibleIn(epochMs + i * 500, epochMs + (i + 1) * 500),
    ).flat()
    assert.deepEqual(sliced, whole)
    let at = epochMs
    for (const row of whole) {
      if (row.visibleMs === at) continue
      assert.strictEqual(world.nextTradeAfter(at), row.visibleMs)
      at = row.visibleMs
    }
  })

  it("goes on live at about the pace it was given, and stays within a factor of two of it", () => {
    for (const seed of [1, 2, 3]) {
      const world = smallWorld(seed, { pastDays: 40 })
      const count = world.tradesVisibleIn(epochMs, epochMs + 10 * MINUTE).length
      const given = 600 * world.parameters.liveTradesPerSecond!
      assert.isTrue(count > given / 2 && count < given * 2, `seed ${seed}: ${count} in ten minutes`)
    }
  })

  it("resolves something within the first minute, with people in it", () => {
    for (const seed of [1, 2, 3]) {
      const world = smallWorld(seed)
      const fresh = world.markets(epochMs + MINUTE).filter((market) => {
        const at = world.resolution(market.condition, epochMs + MINUTE)?.resolvedMs ?? null
        return at !== null && at > epochMs
      })
      assert.isAbove(fresh.length, 1, `seed ${seed}`)
      const conditions = new Set(fresh.map((market) => market.condition))
      assert.isAbove(world.rows({ ...everything, conditions }, epochMs).length, 10)
    }
  })

  it("lists new markets and resolves old ones every day, before and after the epoch", () => {
    const world = smallWorld(42, calm)
    for (let day = -10; day < 3; day++) {
      const [from, to] = [epochMs + day * DAY, epochMs + (day + 1) * DAY]
      const markets = world.markets(to)
      const listed = markets.filter((market) => market.listedMs > from)
      const open = markets.filter((market) => world.state(market, to).status === "open")
      assert.isTrue(listed.length > 0 && open.length >= 20 && open.length <= 150, `day ${day}`)
      assert.isTrue(markets.every((market) => market.listedMs <= to))
    }
    const domains = new Set(world.markets(epochMs).map((market) => market.event.domain))
    assert.isAtLeast(domains.size, 5)
  })

  const rich = { usdc: [900_000, 1_000_000], sizeSpread: 2 } as const
  const worlds = [
    ["never sells, merges or redeems what its trader does not hold", {}],
    [
      "keeps to that when its traders are as rich as can be",
      { behaviours: [adverse.quoting, adverse.washing, ordinary].map((b) => ({ ...b, ...rich })) },
    ],
  ] as const
  it.each(worlds)("%s", (_, changes) => {
    const world = smallWorld(42, changes)
    const held = new Map<string, number>()
    const add = (key: string, size: number) => {
      const total = Math.round(100 * ((held.get(key) ?? 0) + size)) / 100
      assert.isAtLeast(total, 0, key)
      held.set(key, total)
    }
    for (const row of world.rows(everything, epochMs + HOUR)) {
      const market = world.market(row.condition, epochMs + HOUR)!
      const key = (index: number) => `${row.wallet} ${market.tokens[index]}`
      if (row.type === "TRADE") {
        assert.strictEqual(market.tokens[row.outcomeIndex], row.token)
        add(key(row.outcomeIndex), row.side === "BUY" ? row.size : -row.size)
      } else if (row.type === "SPLIT") for (const i of [0, 1]) add(key(i), row.size)
      else if (row.type === "MERGE") for (const i of [0, 1]) add(key(i), -row.size)
      else if (row.size > 0) {
        const payouts = world.resolution(row.condition, row.atSeconds * 1000)!.payouts
        const worth = [0, 1].filter((i) => payouts[i]! > 0 && held.get(key(i)) === row.size)
        assert.isAbove(worth.length, 0, "a redemption takes the whole position")
        add(key(worth[0]!), -row.size)
      }
    }
  })

  it("redeems only after the resolution, at what it pays", () => {
    const world = smallWorld()
    const redeems = world.rows({ ...everything, type: "REDEEM" }, epochMs)
    assert.isAbove(redeems.length, 100)
    assert.isAbove(redeems.filter((row) => row.size === 0).length, 10)
    for (const row of redeems) {
      const resolution = world.resolution(row.condition, epochMs)!
      assert.strictEqual(resolution.status, "resolved")
      assert.isAtLeast(row.atSeconds * 1000, resolution.resolvedMs! - SECOND)
      const halves = resolution.payouts[0] === 500_000
      assert.strictEqual(row.usdc, halves ? row.size / 2 : row.size)
      assert.deepEqual([row.token, row.side, row.outcomeIndex], ["", "", 999])
    }
  })

  it("keeps trades on the tick grid, inside the price range, at five shares or more", () => {
    const world = smallWorld()
    const trades = world.rows({ ...everything, feed: "trades" }, epochMs)
    for (const row of trades) {
      const market = world.market(row.condition, epochMs)!
      const tick = tickAt(market as SeededMarket, row.atSeconds * 1000 + SECOND)
      const ticks = (1000 * row.price) / tick
      assert.isBelow(Math.abs(ticks - Math.round(ticks)), 1e-6)
      assert.isTrue(row.price > 0 && row.price < 1 && row.size >= 5)
      assert.isTrue(row.atSeconds * 1000 >= market.listedMs - SECOND)
      assert.isBelow(row.atSeconds * 1000, (market as SeededMarket).closeMs)
      assert.match(row.transaction, /^0x[0-9a-f]{64}$/)
    }
    const fills = new Set(trades.map((row) => `${row.transaction} ${row.wallet} ${row.side}`))
    assert.strictEqual(fills.size, trades.length)
  })
})
