import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { make, NoticeNotSent } from "@evaluator/runtime/ServiceNotices"

const recording = () => {
  const told: Array<string> = []
  return { told, send: (notice: string) => Effect.sync(() => void told.push(notice)) }
}

const watched = { NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "30000000" }

describe("ServiceNotices", () => {
  it.effect("tells READY, a sign of life at half the watchdog's time, STOPPING", () =>
    Effect.gen(function* () {
      const { told, send } = recording()
      const notices = make(watched, Effect.succeed(true), send)
      yield* notices.ready
      yield* TestClock.adjust("46 seconds")
      yield* notices.stopping
      const life = Array.from({ length: 3 }, () => "WATCHDOG=1")
      assert.deepStrictEqual(told, ["READY=1", ...life, "STOPPING=1"])
    }),
  )

  it.effect("gives no sign of life while the process is not well", () =>
    Effect.gen(function* () {
      const { told, send } = recording()
      let well = true
      yield* make(
        watched,
        Effect.sync(() => well),
        send,
      ).ready
      yield* TestClock.adjust("16 seconds")
      well = false
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(told, ["READY=1", "WATCHDOG=1"])
    }),
  )

  it.effect("says nothing without a manager, and no sign of life without a watchdog", () =>
    Effect.gen(function* () {
      const alone = recording()
      yield* make({}, Effect.succeed(true), alone.send).ready
      assert.deepStrictEqual(alone.told, [])
      const unwatched = recording()
      yield* make({ NOTIFY_SOCKET: "@abstract" }, Effect.succeed(true), unwatched.send).ready
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(unwatched.told, ["READY=1"])
    }),
  )

  it.effect("goes on when nobody takes the notice", () =>
    Effect.gen(function* () {
      let tried = 0
      const refuse = (notice: string) =>
        Effect.suspend(() => {
          tried++
          return Effect.fail(new NoticeNotSent({ notice, why: "no such program" }))
        })
      yield* make(watched, Effect.succeed(true), refuse).ready
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(tried, 5)
    }),
  )
})
