import { assert, describe, it } from "@effect/vitest"
import { stripVTControlCharacters } from "node:util"
import { screenOf } from "@evaluator/app/cli/WatchScreen"

const page = (lines: number) => Array.from({ length: lines }, (_, n) => `line ${n + 1}`).join("\n")
const seen = (drawn: string) => stripVTControlCharacters(drawn).split("\n")

describe("a page that is watched", () => {
  it("keeps its head on the screen and says how much has no room", () => {
    const lines = seen(screenOf(page(100), { rows: 24, footer: "now" }))
    assert.strictEqual(lines.length, 23)
    assert.strictEqual(lines[0], "line 1")
    assert.strictEqual(lines.at(-1), "now; 78 more lines without --watch")
  })

  it("that fits is shown whole", () => {
    assert.deepStrictEqual(seen(screenOf(page(2), { rows: 24, footer: "now" })), [
      "line 1",
      "line 2",
      "now",
    ])
  })

  it("is drawn over the one before, from the top, and wipes what that had beyond it", () => {
    const drawn = screenOf("a", { rows: 24, footer: "now" })
    assert.include(drawn, "\u001B[Ha\u001B[K\nnow\u001B[K\u001B[J")
  })
})
