import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, type Tracer } from "effect"
import { command } from "./Terminal.ts"

describe("run", () => {
  it.effect("starts the service under no span, which would be the parent of all it ever does", () =>
    Effect.gen(function* () {
      let parent: Option.Option<Tracer.AnySpan> | null = null
      const run = () =>
        Effect.map(Effect.option(Effect.currentParentSpan), (found) => {
          parent = found
        })
      const { code } = yield* command(["run"], { run })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(parent, Option.none())
    }),
  )
})
