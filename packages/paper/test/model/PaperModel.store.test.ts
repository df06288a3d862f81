import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { beginnings, Commands, endingAfter } from "./ModelRuns.ts"

describe("the fast lane against a model of a page", () => {
  const scope = Effect.runSync(Scope.make())
  let root = ""
  beforeAll(async () => {
    const made = beginnings.pipe(Effect.provide(TestClock.layer()), Scope.provide(scope))
    root = await Effect.runPromise(made)
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.effect.prop(
    "ends in the same cash, lots and outcomes, whatever comes in which order, again or late, and wherever it is stopped",
    [Commands],
    ([commands]) =>
      Effect.map(endingAfter(commands, root), ({ difference }) => assert.isNull(difference)),
    { arbitrary: { runs: 15 }, timeout: 120_000 },
  )
})
