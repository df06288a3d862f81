import { assert, describe, it } from "@effect/vitest"
import { domainOf } from "@evaluator/polymarket/wire/MarketDomain"

const nothing = { tags: [], eventTags: [], categories: [], feeType: "" }

describe("a market's topic", () => {
  it("is unknown when nothing is said", () => {
    assert.strictEqual(domainOf(nothing), "unknown")
    assert.strictEqual(domainOf({ ...nothing, feeType: "general_fees" }), "unknown")
  })

  it("is looked for in tags, event tags, categories and fee type, in this order", () => {
    const all = {
      tags: [{ slug: "weather", label: "Weather" }],
      eventTags: [{ slug: "crypto" }],
      categories: ["Sports"],
      feeType: "politics_fees",
    }
    assert.strictEqual(domainOf(all), "Weather")
    assert.strictEqual(domainOf({ ...all, tags: [] }), "Crypto")
    assert.strictEqual(domainOf({ ...all, tags: [], eventTags: [] }), "Sports")
    assert.strictEqual(domainOf({ ...nothing, feeType: "politics_fees" }), "Politics")
  })

  it("is the narrowest of several tags, whatever their order", () => {
    const tags = [{ slug: "politics" }, { slug: "iran" }, { slug: "geopolitics" }]
    assert.strictEqual(domainOf({ ...nothing, tags }), "Geopolitics")
    assert.strictEqual(domainOf({ ...nothing, tags: tags.toReversed() }), "Geopolitics")
    const games = [{ label: "Sports" }, { label: "Esports" }]
    assert.strictEqual(domainOf({ ...nothing, tags: games }), "Esports")
  })

  it("reads categories as people write them", () => {
    assert.strictEqual(domainOf({ ...nothing, categories: ["", "Pop-Culture "] }), "Culture")
    assert.strictEqual(domainOf({ ...nothing, categories: ["US-current-affairs"] }), "Politics")
    assert.strictEqual(domainOf({ ...nothing, categories: ["Coronavirus"] }), "Coronavirus")
  })

  it("reads every known fee type", () => {
    for (const [feeType, topic] of [
      ["crypto_fees_v2", "Crypto"],
      ["crypto_15_min", "Crypto"],
      ["sports_fees_v3", "Sports"],
      ["finance_prices_fees", "Finance"],
      ["mentions_fees", "Mentions"],
      ["zero_fees", "unknown"],
    ] as const) {
      assert.strictEqual(domainOf({ ...nothing, feeType }), topic)
    }
  })

  it("is not thrown off by tags that are none", () => {
    assert.strictEqual(domainOf({ ...nothing, tags: [null, 5, "x", {}] }), "unknown")
  })
})
