import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { commitPoints } from "@evaluator/paper/CommitPoints"
import { bridgeCommits } from "@evaluator/runtime/Bridge"
import { temporaryDirectory } from "../PaperHarness.ts"
import { casesOf, tellStory, ways } from "./CrashRuns.ts"

const source = new URL("../../src/", import.meta.url)

describe("the commits of the fast lane", () => {
  it.effect("are all passed by the story, and none by another name", () =>
    Effect.gen(function* () {
      const passed = new Set<string>()
      const directory = yield* temporaryDirectory
      const { faults } = yield* tellStory(directory, { after: ({ name }) => void passed.add(name) })
      assert.deepStrictEqual(faults, [])
      // Boots and runs of jobs are the machinery's own and have no names.
      passed.delete("unnamed")
      const known = [...Object.keys(commitPoints), ...Object.keys(bridgeCommits)]
      assert.deepStrictEqual([...passed].toSorted(), known.toSorted())
    }),
  )

  it("have names wherever the lane opens a transaction", () => {
    const bare = readdirSync(source).filter(
      (file) =>
        file !== "CommitPoints.ts" &&
        readFileSync(new URL(file, source), "utf8").includes("withTransaction"),
    )
    assert.deepStrictEqual(bare, [])
  })

  // The proof `crash-table` does this at every commit of every name.
  it.effect(
    "may be cut off before or after, by a kill or an interruption, and the books end the same",
    () =>
      Effect.gen(function* () {
        const { commits, faults, held } = yield* casesOf("fill", (nth) => nth === 9)
        assert.deepStrictEqual(faults, [])
        for (const way of ways) assert.strictEqual(held[way], commits)
        assert.strictEqual(commits, 1)
      }),
    30_000,
  )
})
