import { assert, describe, it } from "@effect/vitest"
import { ReleaseRate } from "@evaluator/runtime/ReleaseRate"

/** Takes all that may go at each of the moments. */
const takenAt = (rate: ReleaseRate, ...moments: ReadonlyArray<number>) =>
  moments.map((nowMs) => {
    const allowed = rate.allowed(nowMs)
    for (let n = 0; n < allowed; n++) rate.released()
    return allowed
  })

describe("the rate at which old work is released", () => {
  it("gives a second's worth at once, then as many as the time that passed is worth", () => {
    assert.deepStrictEqual(takenAt(new ReleaseRate(20, 0), 0, 0, 500, 550, 1000), [20, 0, 10, 1, 9])
  })

  it("saves what was not used for a second at most", () => {
    assert.deepStrictEqual(takenAt(new ReleaseRate(20, 0), 0, 3_600_000), [20, 20])
  })

  it("gives nothing twice when the clock is set back", () => {
    assert.deepStrictEqual(takenAt(new ReleaseRate(20, 10_000), 10_000, 4000, 4500), [20, 0, 10])
  })
})
