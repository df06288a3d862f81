import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import {
  defaultLimits,
  pauseMs,
  type Retry,
  retrying,
  type Trouble,
} from "@evaluator/runtime/Retry"

const kindOf = (error: Trouble): Trouble => error

/** Work that fails as listed and then succeeds; says how often it was tried and when it ended. */
const tryOver = (failures: ReadonlyArray<Trouble>, retry: Retry<Trouble> = { kindOf }) =>
  Effect.gen(function* () {
    let tried = 0
    const work = Effect.suspend(() => {
      const failure = failures[tried++]
      return failure === undefined ? Effect.succeed("done") : Effect.fail(failure)
    })
    const fiber = yield* Effect.forkChild(Effect.exit(retrying("count-things", retry)(work)))
    yield* Effect.repeat(TestClock.adjust("1 second"), { times: 400 })
    const exit = yield* Fiber.join(fiber)
    return { tried, done: exit._tag === "Success" }
  })

describe("Retry", () => {
  it.effect("tries a throttle five times, an outage three times, a poison not again", () =>
    Effect.gen(function* () {
      const lots = (trouble: Trouble) => Array.from({ length: 9 }, () => trouble)
      const wide = { kindOf, budget: "1 hour" } as const
      assert.deepStrictEqual(yield* tryOver(lots("throttle"), wide), { tried: 6, done: false })
      assert.deepStrictEqual(yield* tryOver(lots("outage"), wide), { tried: 4, done: false })
      assert.deepStrictEqual(yield* tryOver(lots("poison"), wide), { tried: 1, done: false })
    }),
  )

  it.effect("counts each kind by itself and goes on when the trouble is over", () =>
    Effect.gen(function* () {
      const troubles: ReadonlyArray<Trouble> = [
        "outage",
        "throttle",
        "outage",
        "outage",
        "throttle",
      ]
      assert.deepStrictEqual(yield* tryOver(troubles), { tried: 6, done: true })
    }),
  )

  it.effect("gives the error out when the next pause would pass the budget", () =>
    Effect.gen(function* () {
      const { tried, done } = yield* tryOver(["throttle", "throttle", "throttle"], {
        kindOf,
        budget: "6 seconds",
        limits: { throttle: { times: 9, firstPause: "4 seconds", longestPause: "4 seconds" } },
      })
      assert.isFalse(done)
      assert.isBelow(tried, 4)
    }),
  )

  it.effect("lets a defect through at once", () =>
    Effect.gen(function* () {
      const work: Effect.Effect<void, Trouble> = Effect.die(new Error("a bug"))
      const before = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(retrying("count-things", { kindOf })(work))
      assert.strictEqual(exit._tag, "Failure")
      assert.strictEqual(yield* Clock.currentTimeMillis, before)
    }),
  )

  it.effect.prop(
    "a pause lies between half and the whole of the doubled first one, never over the longest",
    [
      Schema.Literals(["throttle", "outage"]),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })),
      Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.999 })),
    ],
    ([trouble, attempt, drawn]) =>
      Effect.sync(() => {
        const longest = trouble === "throttle" ? 60_000 : 15_000
        const first = trouble === "throttle" ? 5000 : 1000
        const whole = Math.min(longest, first * 2 ** (attempt - 1))
        const pause = pauseMs(defaultLimits[trouble], attempt, drawn)
        assert.isAtLeast(pause, Math.floor(whole / 2))
        assert.isAtMost(pause, whole)
      }),
  )
})
