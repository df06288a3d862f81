import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { CopyState, copyMoves, isInFlight } from "@evaluator/domain/paper/CopyState"

const page = readFileSync(new URL("../../../../docs/states.md", import.meta.url), "utf8")
const drawn = [...page.matchAll(/^ {2}(\w+|\[\*\]) --> (\w+|\[\*\])$/gm)].map(
  ([, from, to]) => `${from} --> ${to}`,
)

describe("the moves of a copy", () => {
  it("are those drawn in docs/states.md", () => {
    const states = CopyState.literals
    const coded = [
      "[*] --> detected",
      ...states.flatMap((from) =>
        copyMoves[from].length === 0
          ? [`${from} --> [*]`]
          : copyMoves[from].map((to) => `${from} --> ${to}`),
      ),
    ]
    assert.deepStrictEqual(drawn.toSorted(), coded.toSorted())
  })

  it("lead from every state without an outcome to one with an outcome", () => {
    for (const from of CopyState.literals.filter(isInFlight)) {
      assert.isTrue(
        copyMoves[from].some((to) => !isInFlight(to) || to === "reviewed" || to === "reserved"),
      )
    }
  })

  it("end: what is skipped, compensated or reversed stays so", () => {
    for (const state of ["skipped", "compensated", "reversed"] as const) {
      assert.deepStrictEqual(copyMoves[state], [])
    }
  })
})
