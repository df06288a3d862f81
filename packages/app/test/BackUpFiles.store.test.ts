import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { backUp, dailyBackups } from "@evaluator/app/BackUpFiles"
import { filesOf } from "@evaluator/app/DirectoryFiles"
import { usedDirectory } from "./UsedDirectory.ts"

describe("the daily backup", () => {
  it.effect("is both files with a manifest, and lets older daily ones go", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      const byHand = join(filesOf(directory).backups, "backup-20260101T000000Z")
      mkdirSync(byHand, { recursive: true })
      const made: Array<number> = []
      for (let day = 0; day < 3; day++) {
        made.push((yield* backUp(directory, 2)).removed)
        yield* TestClock.adjust("1 day")
      }
      assert.deepStrictEqual(made, [0, 0, 1])
      const kept = dailyBackups(directory)
      assert.deepStrictEqual(
        kept.map((folder) => folder.slice(-16)),
        ["19700102T000000Z", "19700103T000000Z"],
      )
      assert.deepStrictEqual(readdirSync(kept[1]!).toSorted(), [
        "evaluator.db",
        "manifest.json",
        "paper.db",
      ])
      const manifest = JSON.parse(readFileSync(join(kept[1]!, "manifest.json"), "utf8"))
      assert.strictEqual(manifest.files.length, 2)
      assert.isTrue(existsSync(byHand))
    }),
  )

  it.effect("that fails leaves nothing behind and takes nothing away", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* backUp(directory, 1)
      yield* TestClock.adjust("1 day")
      truncateSync(filesOf(directory).evaluatorDb, 8192)
      assert.isTrue((yield* Effect.exit(backUp(directory, 1)))._tag === "Failure")
      assert.strictEqual(dailyBackups(directory).length, 1)
    }),
  )
})
