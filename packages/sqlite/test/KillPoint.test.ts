import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import {
  countCommits,
  type KillMoment,
  makeCommitCounter,
  makeKillPoint,
  parseKillPoint,
} from "@evaluator/sqlite/KillPoint"

describe("parseKillPoint", () => {
  it("reads both moments", () => {
    assert.deepStrictEqual(
      parseKillPoint("commit:12"),
      Result.succeed<KillMoment>({ when: "after", commit: 12, signal: "SIGKILL" }),
    )
    assert.deepStrictEqual(
      parseKillPoint(" before-commit:1 "),
      Result.succeed<KillMoment>({ when: "before", commit: 1, signal: "SIGKILL" }),
    )
    assert.deepStrictEqual(
      parseKillPoint("commit:3:SIGTERM"),
      Result.succeed<KillMoment>({ when: "after", commit: 3, signal: "SIGTERM" }),
    )
  })

  it("refuses anything else and says what is allowed", () => {
    for (const text of [
      "",
      "12",
      "commit:0",
      "commit:-1",
      "commit:1.5",
      "after-commit:1",
      "commit:",
    ]) {
      const result = parseKillPoint(text)
      assert.isTrue(Result.isFailure(result), text)
      if (Result.isFailure(result)) {
        assert.include(result.failure.message, "commit:N or before-commit:N")
      }
    }
  })
})

describe("makeKillPoint", () => {
  const run = (at: KillMoment | undefined, commits: number) => {
    const counter = makeCommitCounter()
    const kills: Array<number> = []
    const lanes = [1, 2].map(() =>
      makeKillPoint(at, counter, () => kills.push(countCommits(counter))),
    )
    for (let n = 0; n < commits; n++) {
      lanes[n % 2]!.beforeCommit("")
      lanes[n % 2]!.afterCommit("")
    }
    return { kills, commits: countCommits(counter) }
  }

  it("kills once, after the commit it was told, counted over all lanes", () => {
    assert.deepStrictEqual(run({ when: "after", commit: 3, signal: "SIGKILL" }, 6), {
      kills: [3],
      commits: 6,
    })
  })

  it("kills before the commit it was told, when one less is done", () => {
    assert.deepStrictEqual(run({ when: "before", commit: 3, signal: "SIGKILL" }, 6), {
      kills: [2],
      commits: 6,
    })
  })

  it("does not kill before its turn, and only counts when it has no moment", () => {
    assert.deepStrictEqual(run({ when: "after", commit: 7, signal: "SIGKILL" }, 6), {
      kills: [],
      commits: 6,
    })
    assert.deepStrictEqual(run(undefined, 6), { kills: [], commits: 6 })
  })

  it("does not count a commit that was tried and failed as done", () => {
    const counter = makeCommitCounter()
    makeKillPoint(undefined, counter).beforeCommit("")
    assert.strictEqual(countCommits(counter), 0)
  })
})
