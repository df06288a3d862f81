import { assert, describe, it } from "@effect/vitest"
import { doors } from "./fuzz/Doors.ts"
import { fuzz } from "./fuzz/Fuzzing.ts"
import { damaged, diceOf } from "./fuzz/Mutation.ts"

const bodies = 1000
const seeds = [1, 20_261_125]

describe("damaged bodies and frames", () => {
  for (const seed of seeds) {
    it(`crash nothing and lose no row (seed ${seed})`, async () => {
      const { faults, ...count } = await fuzz(seed, bodies)
      process.stdout.write(`fuzz, seed ${seed}: ${JSON.stringify(count)}\n`)
      assert.deepStrictEqual(faults, [])
      assert.strictEqual(count.bodies, bodies)
      assert.isAbove(count.read, bodies / 5)
      assert.isAbove(count.refused, bodies / 5)
      assert.isAbove(count.quarantined, 0)
    }, 60_000)
  }

  it("are damaged at every level of every body, the same for the same seed", () => {
    for (const { body, name } of doors) {
      const texts = Array.from({ length: 200 }, (_, seed) => damaged(diceOf(seed), body))
      assert.isAbove(new Set(texts).size, name === "time" ? 20 : 120, name)
      assert.strictEqual(damaged(diceOf(7), body), texts[7])
    }
  })
})
