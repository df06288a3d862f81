import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import { AlreadyRunning, DirectoryNotEmpty, VenueMismatch } from "@evaluator/app/DataDirectory"
import { codeOfError, endingOf, FaultsFound, NotFound } from "@evaluator/app/cli/ExitCode"
import { PortNotOpened } from "@evaluator/app/http/HttpSurface"
import { SettingsInvalid } from "@evaluator/app/SettingSources"
import { DatabaseError } from "@evaluator/sqlite/Database"
import { DatabaseTooNew, MigrationFailed } from "@evaluator/sqlite/Migrations"

const file = "evaluator.db"

describe("the exit code", () => {
  const cases: ReadonlyArray<readonly [string, unknown, number]> = [
    ["bad settings", new SettingsInvalid({ faults: [] }), 2],
    [
      "another venue",
      new VenueMismatch({ directory: "d", recorded: "a venue", wanted: "another" }),
      2,
    ],
    ["a port that is taken", new PortNotOpened({ host: "h", port: 1, why: "is taken" }), 2],
    ["a directory that is not empty", new DirectoryNotEmpty({ directory: "d" }), 2],
    [
      "data of a newer version",
      new DatabaseError({ file, reason: new DatabaseTooNew({ applied: 9, known: 3 }) }),
      2,
    ],
    ["a held directory", new AlreadyRunning({ directory: "d", pid: null }), 3],
    ["faults", new FaultsFound({ check: "ledger check", count: 2 }), 4],
    [
      "a failed migration",
      new DatabaseError({ file, reason: new MigrationFailed({ why: "no", cause: null }) }),
      1,
    ],
    ["something not found", new NotFound({ what: "nothing has that id" }), 1],
    ["an error nobody listed", new Error("other"), 1],
    ["no error at all", "text", 1],
  ]
  for (const [name, error, code] of cases) {
    it(`of ${name} is ${code}`, () => {
      assert.strictEqual(codeOfError(error), code)
    })
  }

  it("of an interruption is 130, without words", () => {
    assert.deepStrictEqual(endingOf(Cause.interrupt()), { code: 130, says: null })
  })

  it.effect("comes with the error's own words, not with a stack", () =>
    Effect.gen(function* () {
      const cause = yield* Effect.fail(new FaultsFound({ check: "db check", count: 1 })).pipe(
        Effect.sandbox,
        Effect.flip,
      )
      assert.deepStrictEqual(endingOf(cause), { code: 4, says: "db check: 1 fault" })
    }),
  )
})
