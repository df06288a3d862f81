import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Budget } from "@evaluator/polymarket/Budget"
import { Pace, slowest } from "@evaluator/polymarket/Pace"

/** So many answers, ten a second from `fromMs` on; gives the slowdown after them. */
const noted = (pace: Pace, elapsedMs: number, times: number, fromMs = 0) => {
  for (let n = 0; n < times; n++) pace.note(elapsedMs, fromMs + n * 100)
  return pace.slowdown
}

describe("the pace of a route", () => {
  it("is not slowed by answers as usual, nor by quick ones that vary", () => {
    const pace = new Pace()
    assert.strictEqual(noted(pace, 250, 100), 1)
    const quick = new Pace()
    for (let n = 0; n < 100; n++) assert.strictEqual(noted(quick, n % 2 === 0 ? 1 : 140, 1), 1)
  })

  it("slows down within ten answers that take eight times as long, and recovers as fast", () => {
    const pace = new Pace()
    noted(pace, 250, 100)
    assert.isAbove(noted(pace, 2000, 10, 10_000), 1.5)
    assert.strictEqual(noted(pace, 250, 10, 11_000), 1)
  })

  it("stays slow for minutes however many answers come, and takes slower for usual in the end", () => {
    const pace = new Pace()
    noted(pace, 250, 100)
    assert.isAbove(noted(pace, 1500, 600, 10_000), 1.3)
    assert.strictEqual(noted(pace, 1500, 10_000, 70_000), 1)
  })

  it.prop(
    "is between full speed and an eighth whatever is noted",
    [Schema.Array(Schema.Finite)],
    ([elapsed]) => {
      const pace = new Pace()
      for (const ms of elapsed) {
        pace.note(ms, 0)
        assert.isAtLeast(pace.slowdown, 1)
        assert.isAtMost(pace.slowdown, slowest)
      }
    },
  )
})

describe("a budget", () => {
  const sentWithin = Effect.fnUntraced(function* (elapsedMs: ReadonlyArray<number>) {
    const budget = yield* Effect.provide(Budget, Budget.layer({ lane: "background" }))
    for (const ms of elapsedMs) yield* budget.answered("trades", ms)
    const fromMs = yield* Clock.currentTimeMillis
    let sent = 0
    yield* Effect.forkScoped(
      Effect.gen(function* () {
        for (;;) {
          yield* budget.spend("trades")
          if ((yield* Clock.currentTimeMillis) - fromMs < 10_000) sent += 1
        }
      }),
    )
    for (let second = 0; second < 10; second++) yield* TestClock.adjust("1 second")
    return sent
  })

  it.effect("asks less often of a route whose answers slow down, before any 429", () =>
    Effect.gen(function* () {
      const usual = Array.from({ length: 50 }, () => 200)
      const slow = Array.from({ length: 20 }, () => 3000)
      const full = yield* sentWithin(usual)
      const slowed = yield* sentWithin([...usual, ...slow])
      assert.isAtLeast(full, 200)
      assert.isAtMost(slowed, full / 3)
      assert.isAtLeast(slowed, full / 10)
    }),
  )
})
