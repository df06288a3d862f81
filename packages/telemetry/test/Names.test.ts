import { assert, describe, it } from "@effect/vitest"
import { type MetricName, metrics } from "@evaluator/telemetry/Names"

const all: ReadonlyArray<MetricName> = Object.values(metrics)

describe("metric names", () => {
  it("are unique and legal", () => {
    assert.strictEqual(new Set(all.map((metric) => metric.name)).size, all.length)
    for (const { name } of all) assert.match(name, /^evaluator_[a-z]+(_[a-z]+)*$/)
  })

  it("say what they count or in what unit they measure", () => {
    for (const { kind, name, unit } of all) {
      if (kind === "counter") assert.match(name, /_total$/)
      if (unit === "ms") assert.match(name, /_ms$/)
      if (unit === "bytes") assert.match(name, /_bytes$/)
    }
  })

  it("leave the label `lane` to the page that joins the lanes, which would say it twice", () => {
    const found = all.filter((metric) => metric.labels.some((label) => label === "lane"))
    assert.deepStrictEqual(found, [])
  })

  it("have no label whose values nobody can list", () => {
    const unbounded = new Set(["wallet", "market", "trade", "id", "token", "message"])
    const found = all.flatMap((metric) => metric.labels.filter((label) => unbounded.has(label)))
    assert.deepStrictEqual(found, [])
  })
})
