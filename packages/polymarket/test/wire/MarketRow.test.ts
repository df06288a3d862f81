import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Market } from "@evaluator/domain/market/Market"
import { marketOfRow } from "@evaluator/polymarket/wire/MarketRow"
import { condition, marketRow, otherToken, token } from "../Samples.ts"

const decoded = (change: object) => Result.getOrThrow(marketOfRow({ ...marketRow, ...change }))
const reason = (change: object) =>
  Result.match(marketOfRow({ ...marketRow, ...change }), {
    onSuccess: () => "",
    onFailure: (text) => text,
  })

describe("a market row", () => {
  it("becomes a market in integers, with its tokens in outcome order", () => {
    const market = decoded({})
    assert.isTrue(Schema.is(Market)(market))
    assert.deepStrictEqual(market, {
      condition,
      question: "Will it rain?",
      slug: "rain",
      eventSlug: "rain-event",
      domain: "Weather",
      status: "open",
      tokens: [
        { token, outcome: "Yes", index: 0 },
        { token: otherToken, outcome: "No", index: 1 },
      ],
      tick: 1000,
      minimumSize: 5_000_000,
      fee: { rate: 50_000, exponent: 1 },
      delayMs: 3000,
      negRisk: false,
      liquidity: 4_567_800_000,
      volume24h: 321_500_000,
      endAtMs: Date.UTC(2026, 11, 31),
    } as unknown as Market)
  })

  it("needs no more than condition, outcomes and tokens", () => {
    const market = Result.getOrThrow(
      marketOfRow({
        conditionId: condition,
        outcomes: ["A", "B"],
        clobTokenIds: [token, otherToken],
      }),
    )
    assert.strictEqual(market.slug, condition)
    assert.strictEqual(market.eventSlug, condition)
    assert.strictEqual(market.domain, "unknown")
    assert.strictEqual(market.tick, 10_000)
    assert.strictEqual(market.minimumSize, 5_000_000)
    assert.deepStrictEqual(market.fee, { rate: 0, exponent: 1 })
    assert.strictEqual(market.delayMs, 0)
    assert.isNull(market.endAtMs)
  })

  it("reads nulls as absent", () => {
    const nulls = Object.fromEntries(
      Object.keys(marketRow)
        .filter((key) => !["conditionId", "outcomes", "clobTokenIds"].includes(key))
        .map((key) => [key, null]),
    )
    assert.strictEqual(decoded(nulls).condition, condition)
  })

  it("takes its token ids from the family its version names", () => {
    const v2 = { version: "v2", positionIds: ["11", "22"] }
    assert.strictEqual(decoded(v2).tokens[0]?.token, "11")
    assert.strictEqual(decoded({ ...v2, clobTokenIds: null }).tokens[1]?.token, "22")
    assert.strictEqual(
      decoded({ version: "v1", positionIds: ["11", "22"] }).tokens[0]?.token,
      token,
    )
    assert.match(reason({ version: "v3" }), /version/)
  })

  it("of 62 digits is padded", () => {
    const short = `0x01${"ab".repeat(30)}`
    assert.strictEqual(decoded({ conditionId: short }).condition, `${short}00`)
  })

  it("that is closed stays closed however final its prices look", () => {
    assert.strictEqual(decoded({ closed: true, outcomePrices: '["1", "0"]' }).status, "closed")
  })

  it("has no fee when fees are off or no schedule is given", () => {
    const none = { rate: 0, exponent: 1 }
    assert.deepStrictEqual(decoded({ feesEnabled: false }).fee, none)
    assert.deepStrictEqual(decoded({ feeSchedule: null }).fee, none)
  })

  it("has a fee of its own rate and exponent, also as text", () => {
    const fee = decoded({ feeSchedule: { rate: "0.25", exponent: "2" } }).fee
    assert.deepStrictEqual(fee, { rate: 250_000, exponent: 2 })
  })

  it("is refused with the reason", () => {
    assert.match(reason({ outcomes: '["A","B","C"]' }), /not binary: 3/)
    assert.match(reason({ outcomes: "Yes, No" }), /outcomes/)
    assert.match(reason({ clobTokenIds: undefined }), /token/)
    assert.match(reason({ clobTokenIds: JSON.stringify([token]) }), /pair of tokens/)
    assert.match(reason({ clobTokenIds: JSON.stringify([token, token]) }), /pair of tokens/)
    assert.match(reason({ clobTokenIds: "[1, 2]" }), /pair of tokens/)
    assert.match(reason({ conditionId: "0x12" }), /condition/)
    assert.match(reason({ orderPriceMinTickSize: 0 }), /tick/)
    assert.match(reason({ orderMinSize: "many" }), /minimum/)
    assert.match(reason({ secondsDelay: -1 }), /delay/)
    assert.match(reason({ feeSchedule: { rate: 2, exponent: 1 } }), /fee/)
    assert.match(reason({ feeSchedule: { rate: 0.1, exponent: 1.5 } }), /fee/)
  })
})
