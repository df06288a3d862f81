import { assert, describe, it } from "@effect/vitest"
import { drawWins } from "../../src/seeded/Choice.ts"

describe("a drawn side", () => {
  it("wins with the fair probability plus the edge, on both sides, where there is room", () => {
    for (let p = 0.05; p < 1; p += 0.05) {
      for (const edge of [-0.04, 0, 0.03, 0.05]) {
        if (Math.abs(edge) > Math.min(p, 1 - p) + 1e-9) continue
        assert.approximately(drawWins(p, edge, 0), p + edge, 1e-9)
        assert.approximately(drawWins(p, edge, 1), 1 - p + edge, 1e-9)
      }
    }
  })

  it("has what is left of the edge where a price has no room for it", () => {
    for (const p of [0.02, 0.05, 0.1]) {
      const wins = drawWins(p, 0.15, 0)
      assert.isTrue(wins > p && wins < p + 0.15, `${p}: ${wins}`)
    }
  })
})
