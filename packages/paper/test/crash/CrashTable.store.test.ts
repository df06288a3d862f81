import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { commitPoints } from "@evaluator/paper/CommitPoints"
import { bridgeCommits } from "@evaluator/runtime/Bridge"
import { casesOf, ways } from "./CrashRuns.ts"

const source = new URL("../../src/", import.meta.url)

describe("the commits of the fast lane", () => {
  it("have names wherever the lane opens a transaction", () => {
    const bare = readdirSync(source).filter(
      (file) =>
        file !== "CommitPoints.ts" &&
        readFileSync(new URL(file, source), "utf8").includes("withTransaction"),
    )
    assert.deepStrictEqual(bare, [])
  })

  // The proof `crash-table` cuts at every commit of every name.
  it.effect(
    "are all passed by the story, and one cut off in each way leaves the books the same",
    () =>
      Effect.gen(function* () {
        const { bare, commits, faults, held, passed } = yield* casesOf("fill", (nth) => nth === 20)
        assert.deepStrictEqual(faults, [])
        assert.strictEqual(commits, 1)
        for (const way of ways) assert.strictEqual(held[way], commits)
        // The only write outside a transaction is the story's own.
        assert.deepStrictEqual(
          [...bare],
          ["UPDATE cursors SET log_id = 'lost' WHERE subscriber = 'paper'"],
        )
        // Boots and runs of jobs are the machinery's own and have no names.
        const named = [...passed].filter((name) => name !== "unnamed")
        const known = [...Object.keys(commitPoints), ...Object.keys(bridgeCommits)]
        assert.deepStrictEqual(named.toSorted(), known.toSorted())
      }),
    30_000,
  )
})
