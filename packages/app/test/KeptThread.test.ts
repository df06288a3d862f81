import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import { EventEmitter } from "node:events"
import type { Worker } from "node:worker_threads"
import { keptThread, type Restarted, restartWords } from "@evaluator/app/KeptThread"
import { type Thread, ThreadEnded } from "@evaluator/app/Threads"
import { LaneLink, LanePort } from "@evaluator/runtime/LaneLink"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 20 })

/** Threads that end when told; the n-th answers `n` to every question. */
const threads = Effect.gen(function* () {
  const port = new LanePort()
  const seen: Array<Restarted | null> = []
  const ends: Array<Deferred.Deferred<never, ThreadEnded>> = []
  let closed = 0
  let silent = 0
  const start = Effect.fnUntraced(function* (restarted: Restarted | null) {
    seen.push(restarted)
    const number = seen.length
    const ended = yield* Deferred.make<never, ThreadEnded>()
    ends.push(ended)
    const worker = new EventEmitter() as unknown as Worker
    worker.postMessage = (message: { kind: string; id: number; name: string }) => {
      if (message.kind !== "ask" || message.name === "never") return
      worker.emit("message", { kind: "answer", id: message.id, value: number })
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => (closed += 1)))
    const thread: Thread = { worker, ended: Deferred.await(ended), message: () => Effect.never }
    return { thread, ready: number }
  })
  const kept = yield* keptThread({ name: "background lane", port, start })
  const keep = yield* Effect.forkScoped(Effect.exit(kept.keep(Effect.sync(() => silent))))
  const end = (why: string) =>
    Deferred.fail(ends.at(-1)!, new ThreadEnded({ thread: "background lane", why }))
  const link = yield* Effect.provide(LaneLink, yield* Layer.build(LaneLink.layerPort(port)))
  return {
    kept,
    keep,
    end,
    link,
    seen,
    closed: () => closed,
    silence: (ms: number) => (silent = ms),
  }
})

describe("a kept thread", () => {
  it.effect("is started again after it ended, told why, and answers over the same link", () =>
    Effect.gen(function* () {
      const { closed, end, link, seen } = yield* threads
      assert.strictEqual(yield* link.ask("number", null), 1)
      yield* settle
      yield* end("it ran out of memory")
      yield* settle
      assert.strictEqual(closed(), 1)
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.strictEqual(yield* link.ask("number", null), 2)
      assert.strictEqual(seen[1]?.why, "it ran out of memory")
      assert.match(
        restartWords(seen[1]!, seen[1]!.atMs + 4000) ?? "",
        /1 of 3 times, 4 s ago, because it ran out of memory/,
      )
      assert.isNull(restartWords(seen[1]!, seen[1]!.atMs + 601_000))
    }),
  )

  it.effect("fails at once what was asked of the thread that ended", () =>
    Effect.gen(function* () {
      const { end, link } = yield* threads
      const asked = yield* Effect.forkScoped(Effect.flip(link.ask("never", null, "15 minutes")))
      yield* settle
      yield* end("it ran out of memory")
      yield* settle
      assert.match((yield* Fiber.join(asked)).message, /it ran out of memory/)
    }),
  )

  it.effect("is borne while it is silent for half a minute and replaced after a whole one", () =>
    Effect.gen(function* () {
      const { seen, silence } = yield* threads
      silence(30_000)
      yield* TestClock.adjust("5 seconds")
      yield* settle
      assert.strictEqual(seen.length, 1)
      silence(60_001)
      yield* TestClock.adjust("1 second")
      silence(0)
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.strictEqual(seen.length, 2)
      assert.match(seen[1]!.why, /silent for 60 s/)
    }),
  )

  it.effect(
    "is given up at its fourth end in ten minutes, and not when they lie further apart",
    () =>
      Effect.gen(function* () {
        const { end, keep, seen } = yield* threads
        const over = yield* Ref.make(false)
        yield* Effect.forkScoped(Effect.andThen(Fiber.await(keep), Ref.set(over, true)))
        yield* settle
        for (let hour = 0; hour < 5; hour++) {
          yield* end("a hiccup")
          yield* TestClock.adjust("1 hour")
          yield* settle
        }
        assert.strictEqual(seen.length, 6)
        for (let time = 0; time < 4; time++) {
          assert.isFalse(yield* Ref.get(over))
          yield* end("it ran out of memory")
          yield* TestClock.adjust("10 seconds")
          yield* settle
        }
        const exit = yield* Fiber.join(keep)
        assert.isTrue(Exit.isFailure(exit))
        assert.match(String(exit), /out of memory, after it had been started again 3 times/)
      }),
  )
})
