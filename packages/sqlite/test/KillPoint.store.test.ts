import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { tempDirectory } from "./TempDirectory.ts"

const fixture = fileURLToPath(new URL("fixtures/commitUntilKilled.ts", import.meta.url))

const numbersIn = (file: string): ReadonlyArray<unknown> => {
  if (!existsSync(file)) return []
  using database = new DatabaseSync(file)
  return database
    .prepare("SELECT n FROM numbers")
    .all()
    .map(({ n }) => n)
}

const runUntil = (moment: string) =>
  Effect.map(tempDirectory, (directory) => {
    const { signal, stdout, stderr, status } = spawnSync(
      process.execPath,
      [fixture, directory, moment],
      { encoding: "utf8", timeout: 20_000 },
    )
    const numbers = [...numbersIn(`${directory}/even.db`), ...numbersIn(`${directory}/odd.db`)]
    return {
      signal,
      stdout,
      stderr,
      status,
      numbers: numbers.length,
      newest: Math.max(0, ...numbers.map(Number)),
    }
  })

describe("a killed process", () => {
  it.effect("keeps exactly the commits up to the one it was killed after", () =>
    Effect.gen(function* () {
      const end = yield* runUntil("commit:7")
      assert.strictEqual(end.signal, "SIGKILL", end.stderr)
      assert.strictEqual(end.numbers, 7)
      assert.strictEqual(end.newest, 7)
    }),
  )

  it.effect("has lost the commit it was killed before", () =>
    Effect.gen(function* () {
      const end = yield* runUntil("before-commit:7")
      assert.strictEqual(end.signal, "SIGKILL", end.stderr)
      assert.strictEqual(end.numbers, 6)
      assert.strictEqual(end.newest, 6)
    }),
  )

  it.effect("lives when the commit never comes", () =>
    Effect.gen(function* () {
      const end = yield* runUntil("commit:21")
      assert.strictEqual(end.signal, null)
      assert.strictEqual(end.status, 0, end.stderr)
      assert.include(end.stdout, "not killed")
      assert.strictEqual(end.numbers, 20)
    }),
  )
})
