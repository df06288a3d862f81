import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { drain } from "@evaluator/app/Drain"

/** A lane that says something whenever it catches up, and knows how much of the other's it has heard. */
const lane = () => ({ said: 0, heard: 0 })
type Lane = ReturnType<typeof lane>

const handle = (me: Lane, other: Lane) => {
  const hear = Effect.sync(() => {
    const news = other.said > me.heard
    me.heard = other.said
    return news
  })
  return {
    quiesce: Effect.void,
    hear: Effect.asVoid(hear),
    catchUp: Effect.andThen(
      hear,
      Effect.sync(() => void (me.said += 1)),
    ),
  }
}

describe("a drain", () => {
  it.effect("leaves nothing that one lane has said unheard by the other, without any hint", () =>
    Effect.gen(function* () {
      const [evaluation, paper] = [lane(), lane()]
      yield* drain(handle(evaluation, paper), handle(paper, evaluation))
      assert.isAbove(evaluation.said, 0)
      assert.strictEqual(paper.heard, evaluation.said, "events of the background lane")
      assert.strictEqual(evaluation.heard, paper.said, "events of the paper lane")
    }),
  )
})
