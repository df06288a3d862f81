import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Commands, endingAfter } from "./ModelRuns.ts"

describe("the fast lane against a model of a page", () => {
  it.effect.prop(
    "ends in the same cash, lots and outcomes, whatever comes in which order, again or late, and wherever it is stopped",
    [Commands],
    ([commands]) =>
      Effect.map(endingAfter(commands), ({ difference }) => assert.isNull(difference)),
    { arbitrary: { runs: 15 }, timeout: 120_000 },
  )
})
