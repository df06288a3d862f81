import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { drain } from "@evaluator/app/Drain"
import { LaneLinkError } from "@evaluator/runtime/LaneLink"

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
    quiesce: (_within?: Duration.Duration) => Effect.void,
    hear,
    fetch: says,
    catchUp: Effect.sync(() => void (me.said += 1)),
    judge: says,
  }
}

describe("a drain", () => {
  it.effect("leaves nothing that one lane has said unheard by the other, without any hint", () =>
    Effect.gen(function* () {
      const [evaluation, paper] = [lane(), lane()]
      const steps: Array<string> = []
      yield* drain(handle(evaluation, paper), handle(paper, evaluation), {
        begins: (step) => steps.push(step),
      })
      assert.strictEqual(new Set(steps).size, 10, "each step has words of its own")
      assert.isAbove(evaluation.said, 0)
      assert.strictEqual(paper.heard, evaluation.said, "events of the background lane")
      assert.strictEqual(evaluation.heard, paper.said, "events of the paper lane")
    }),
  )

  it.effect(
    "gives running jobs half of the time left to stop by themselves, without end where none is said",
    () =>
      Effect.gen(function* () {
        const [evaluation, paper] = [lane(), lane()]
        const given: Array<number | null> = []
        const resting = (takes: Duration.Input) => (within?: Duration.Duration) =>
          Effect.andThen(
            Effect.sync(
              () => void given.push(within === undefined ? null : Duration.toSeconds(within)),
            ),
            Effect.sleep(takes),
          )
        const draining = (deadline?: Duration.Input) =>
          drain(
            { ...handle(evaluation, paper), quiesce: resting("10 seconds") },
            { ...handle(paper, evaluation), quiesce: resting("1 second") },
            deadline === undefined ? {} : { deadline },
          ).pipe(Effect.forkChild)
        for (const deadline of ["20 seconds", undefined] as const) {
          const fiber = yield* draining(deadline)
          yield* TestClock.adjust("11 seconds")
          yield* Fiber.join(fiber)
        }
        assert.deepStrictEqual(given, [10, 5, null, null])
      }),
  )

  it.effect("ends within its deadline though fetching and judging never do", () =>
    Effect.gen(function* () {
      const [evaluation, paper] = [lane(), lane()]
      let cutOff = 0
      const endless = Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (cutOff += 1)))
      const draining = yield* drain(
        { ...handle(evaluation, paper), fetch: endless, judge: endless },
        handle(paper, evaluation),
        { deadline: "20 seconds" },
      ).pipe(Effect.forkChild)
      yield* TestClock.adjust("17 seconds")
      assert.strictEqual(cutOff, 2, "they had 10 and 5 seconds")
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(draining)
      assert.strictEqual(cutOff, 3)
      assert.strictEqual(evaluation.heard, paper.said, "the steps after them still ran")
      assert.isAbove(paper.said, 0)
    }),
  )

  it.effect("lets copies end in time though the background lane answers nothing", () =>
    Effect.gen(function* () {
      const [evaluation, paper] = [lane(), lane()]
      let rested = false
      const draining = yield* drain(
        {
          quiesce: () => Effect.never,
          hear: Effect.never,
          fetch: Effect.never,
          judge: Effect.never,
        },
        {
          ...handle(paper, evaluation),
          quiesce: () => Effect.sync(() => void (rested = true)),
          // It asks the background lane for what resolved.
          hear: Effect.never,
        },
        { deadline: "20 seconds" },
      ).pipe(Effect.forkChild)
      yield* TestClock.adjust("18 seconds")
      assert.isTrue(rested)
      assert.strictEqual(paper.said, 1, "followed wallets were polled and copies ended")
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(draining)
    }),
  )

  it.effect("passes over a background lane that is gone", () =>
    Effect.gen(function* () {
      const [evaluation, paper] = [lane(), lane()]
      const gone = Effect.fail(new LaneLinkError({ request: "", message: "its thread ended" }))
      const silent = { quiesce: () => gone, hear: gone, fetch: gone, judge: gone }
      yield* drain(silent, handle(paper, evaluation), { deadline: "20 seconds" })
      assert.strictEqual(paper.said, 1)
      const error = yield* Effect.flip(drain(silent, handle(paper, evaluation)))
      assert.strictEqual(error.message, "its thread ended")
    }),
  )
})
