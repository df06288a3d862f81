import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger } from "effect"
import { TestClock } from "effect/testing"
import { watchFastLane } from "@evaluator/app/FastLaneWatch"
import { lastStep, makeStepBoard, noting } from "@evaluator/app/LastStep"
import { off } from "@evaluator/sqlite/KillPoint"

/** A fast lane that is silent from a moment on, watched; what is said and how often it was ended. */
const watched = Effect.fnUntraced(function* (heard: boolean) {
  const lane = { silentMs: 0, silent: false, ended: 0 }
  const said: Array<string> = []
  const logger = Logger.make<unknown, void>(({ message }) => void said.push(String(message)))
  yield* watchFastLane({
    silentForMs: Effect.sync(() => (lane.silentMs = lane.silent ? lane.silentMs + 1000 : 0)),
    heard: Effect.succeed(heard),
    lastStep: Effect.succeed('its last step was the commit "fill"'),
    goneAfter: Duration.minutes(1),
    endProcess: Effect.sync(() => void (lane.ended += 1)),
  }).pipe(Effect.provide(Logger.layer([logger])), Effect.forkChild)
  yield* TestClock.adjust("3 seconds")
  return { lane, said }
})

describe("a fast lane that is silent", () => {
  it.effect("is told of once, with its last step, and again when it is heard", () =>
    Effect.gen(function* () {
      const { lane, said } = yield* watched(true)
      assert.deepStrictEqual(said, [])
      lane.silent = true
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(said.length, 1)
      assert.match(said[0]!, /silent for 5\.0 s: its last step was the commit "fill"/)
      lane.silent = false
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(said.slice(1), ["the fast lane is heard again"])
      assert.strictEqual(lane.ended, 0)
    }),
  )

  it.effect("for as long as the settings bear is the end of the process", () =>
    Effect.gen(function* () {
      const { lane, said } = yield* watched(true)
      lane.silent = true
      yield* TestClock.adjust("61 seconds")
      assert.isAtLeast(lane.ended, 1)
      assert.match(said.at(-1)!, /silent for 60\.0 s .*"fill".*started again/)
    }),
  )

  it.effect("because it still starts is left alone", () =>
    Effect.gen(function* () {
      const { lane, said } = yield* watched(false)
      lane.silent = true
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual([said, lane.ended], [[], 0])
    }),
  )
})

describe("the last step of the fast lane", () => {
  it("is the commit it is in, or the one it has done", () => {
    const board = makeStepBoard()
    const point = noting(board, off)
    assert.match(lastStep(board), /nothing yet/)
    point.beforeCommit("fill")
    assert.match(lastStep(board), /in the commit "fill"/)
    point.afterCommit("fill")
    assert.match(lastStep(board), /last step was the commit "fill"/)
    point.beforeCommit("of somebody else")
    assert.match(lastStep(board), /"unnamed"/)
  })

  it("does not keep a kill point from what it does", () => {
    const called: Array<string> = []
    const point = noting(makeStepBoard(), {
      beforeCommit: (name) => called.push(`before ${name}`),
      afterCommit: (name) => called.push(`after ${name}`),
    })
    point.beforeCommit("fill")
    point.afterCommit("fill")
    assert.deepStrictEqual(called, ["before fill", "after fill"])
  })
})
