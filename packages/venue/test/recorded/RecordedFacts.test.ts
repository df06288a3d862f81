import { assert, describe, it } from "@effect/vitest"
import { Api, ask } from "../Worlds.ts"
import { condition, end, fill, lines, recording } from "./Recording.ts"

describe("the markets and winners of a recorded world", () => {
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
    const open = find(first, false)[0]!
    assert.deepEqual(
      [open.closed, open.outcomePrices, open.orderPriceMinTickSize, open.description],
      [false, '["0.4","0.6"]', 0.001, undefined],
    )
    const closed = find(1_700_006_400_000, true)[0]!
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
})
