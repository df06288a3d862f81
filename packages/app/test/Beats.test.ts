import { assert, describe, it } from "@effect/vitest"
import { Silence, silenceLimitMs } from "@evaluator/app/Beats"

const seconds = (count: number) => BigInt(count) * 1_000_000_000n

/** Looks once a second from one second to another. */
const looking = (silence: Silence, from: number, to: number) => {
  for (let at = from; at < to; at++) silence.forMs(seconds(at))
  return silence.forMs(seconds(to))
}

describe("the silence of the other lane", () => {
  it("is all the time since it was heard while this thread goes on", () => {
    const silence = new Silence(seconds(0))
    assert.strictEqual(looking(silence, 1, 30), 30_000)
    silence.heard(seconds(31))
    assert.strictEqual(looking(silence, 32, 40), 9000)
  })

  it("is not the time in which this thread stood still too", () => {
    const silence = new Silence(seconds(0))
    looking(silence, 1, 2)
    assert.isBelow(silence.forMs(seconds(90)), silenceLimitMs)
    // The other one comes back no sooner than this one: now it is silent.
    assert.isAbove(looking(silence, 91, 95), silenceLimitMs)
  })
})
