import { assert, describe, it } from "@effect/vitest"
import { lineOf } from "../../../scripts/benches/Bench.ts"

describe("a benchmark's line", () => {
  it("says the ratio, which way is better, both figures, the unit and the runs", () => {
    const line = lineOf({
      name: "events",
      ratio: 1.23456,
      better: "lower",
      ours: 1234.567,
      baseline: 1000,
      unit: "us",
      runs: 5,
    })
    assert.strictEqual(
      line,
      "bench events 1.235 better=lower ours=1235 baseline=1000 unit=us runs=5",
    )
  })

  it("has a dash where nothing is compared", () => {
    const line = lineOf({ name: "memory", better: "lower", ours: 201.456, unit: "MB", runs: 1 })
    assert.strictEqual(line, "bench memory - better=lower ours=201.5 baseline=- unit=MB runs=1")
  })
})
