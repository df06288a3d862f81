import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { drain } from "@evaluator/app/Drain"

/** A lane that says something whenever it works, and knows how much of the other's it has heard. */
const lane = () => ({ said: 0, heard: 0 })
type Lane = ReturnType<typeof lane>

const handle = (me: Lane, other: Lane) => {
  const hear = Effect.sync(() => {
    me.heard = other.said
  })
  const says = Effect.andThen(
    hear,
    Effect.sync(() => void (me.said += 1)),
  )
  return {
    quiesce: Effect.void,
    hear,
    fetch: says,
    catchUp: says,
    judge: says,
  }
}

describe("a drain", () => {
  it.effect("leaves nothing that one lane has said unheard by the other, without any hint", () =>
    Effect.gen(function* () {
      const [evaluation, paper] = [lane(), lane()]
      const steps: Array<string> = []
      yield* drain(handle(evaluation, paper), handle(paper, evaluation), (step) => steps.push(step))
      assert.strictEqual(new Set(steps).size, 9, "each step has words of its own")
      assert.isAbove(evaluation.said, 0)
      assert.strictEqual(paper.heard, evaluation.said, "events of the background lane")
      assert.strictEqual(evaluation.heard, paper.said, "events of the paper lane")
    }),
  )
})
