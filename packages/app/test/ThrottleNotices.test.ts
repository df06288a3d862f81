import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { throttleNotices } from "@evaluator/app/ThrottleNotices"
import { Budget } from "@evaluator/polymarket/Budget"
import { LaneLink } from "@evaluator/runtime/LaneLink"

/** Both lanes' budgets over one link. */
const budgets = Effect.gen(function* () {
  const links = LaneLink.inlinePair()
  const budgetOf = (lane: "fast" | "background", link: LaneLink["Service"]) =>
    Effect.flatMap(
      Layer.build(
        throttleNotices.hear.pipe(
          Layer.provideMerge(Budget.layer({ lane })),
          Layer.provide(throttleNotices.tell),
          Layer.provide(Layer.succeed(LaneLink, link)),
        ),
      ),
      (context) => Effect.provideContext(Effect.service(Budget), context),
    )
  return {
    fast: yield* budgetOf("fast", links[0]),
    background: yield* budgetOf("background", links[1]),
  }
})

describe("a lane that the venue told to slow down", () => {
  it.effect("keeps the other one quiet on that route as long, and on no other host", () =>
    Effect.gen(function* () {
      const { background, fast } = yield* budgets
      yield* fast.throttled("trades", 30_000)
      yield* background.spend("book")
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      const spent = yield* Effect.forkChild(
        Effect.andThen(background.spend("trades"), Clock.currentTimeMillis),
      )
      yield* TestClock.adjust("1 minute")
      assert.isAtLeast(yield* Fiber.join(spent), 30_000)
    }),
  )
})
