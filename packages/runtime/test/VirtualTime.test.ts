import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Queue, Random, Ref, Schedule } from "effect"
import { NothingRunnable, VirtualTime } from "@evaluator/runtime/VirtualTime"

const runVirtually = <A, E>(effect: Effect.Effect<A, E>, startMs = 0) =>
  Effect.promise(() => new VirtualTime(startMs).run(effect)).pipe(Effect.flatMap((exit) => exit))

describe("VirtualTime", () => {
  it.effect("passes a year of sleeping at once and ends at the due time", () =>
    Effect.gen(function* () {
      const end = yield* runVirtually(
        Effect.sleep("365 days").pipe(Effect.andThen(Clock.currentTimeMillis)),
        1_000,
      )
      assert.strictEqual(end, 1_000 + 365 * 86_400_000)
    }),
  )

  it.effect(
    "wakes sleepers in the order of their due times, ties in the order of registration",
    () =>
      Effect.gen(function* () {
        const order = yield* runVirtually(
          Effect.gen(function* () {
            const seen = yield* Ref.make<ReadonlyArray<string>>([])
            const at = (name: string, ms: number) =>
              Effect.sleep(ms).pipe(Effect.andThen(Ref.update(seen, (all) => [...all, name])))
            yield* Effect.all([at("late", 30), at("first", 10), at("second", 10), at("mid", 20)], {
              concurrency: "unbounded",
            })
            return yield* Ref.get(seen)
          }),
        )
        assert.deepStrictEqual(order, ["first", "second", "mid", "late"])
      }),
  )

  it.effect(
    "rounds a fraction of a millisecond up, so that no fractional clock leaks into rows",
    () =>
      Effect.gen(function* () {
        const now = yield* runVirtually(
          Effect.sleep(0.25).pipe(Effect.andThen(Clock.currentTimeMillis)),
        )
        assert.strictEqual(now, 1)
      }),
  )

  it.effect("keeps a fixed schedule on its grid", () =>
    Effect.gen(function* () {
      const ticks = yield* runVirtually(
        Effect.gen(function* () {
          const seen: Array<number> = []
          const tick = Clock.currentTimeMillis.pipe(Effect.map((now) => seen.push(now)))
          const fiber = yield* Effect.forkChild(Effect.schedule(tick, Schedule.fixed("10 seconds")))
          yield* Effect.sleep("35 seconds")
          yield* Fiber.interrupt(fiber)
          return seen
        }),
      )
      assert.deepStrictEqual(ticks, [10_000, 20_000, 30_000])
    }),
  )

  it.effect("forgets a sleeper that was interrupted", () =>
    Effect.gen(function* () {
      const now = yield* runVirtually(
        Effect.raceFirst(Effect.sleep("1 hour"), Effect.sleep("1 second")).pipe(
          Effect.andThen(Clock.currentTimeMillis),
        ),
      )
      assert.strictEqual(now, 1_000)
    }),
  )

  it.effect("gives the same program with the same seed the same history", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const queue = yield* Queue.bounded<number>(4)
        const taken: Array<string> = []
        yield* Effect.forEach(
          [1, 2, 3],
          (worker) =>
            Effect.forkChild(
              Queue.take(queue).pipe(
                Effect.tap((item) =>
                  Random.nextIntBetween(1, 50).pipe(
                    Effect.flatMap((ms) => Effect.sleep(ms)),
                    Effect.as(item),
                  ),
                ),
                Effect.tap((item) =>
                  Clock.currentTimeMillis.pipe(
                    Effect.map((now) => taken.push(`${now}:${worker}:${item}`)),
                  ),
                ),
                Effect.forever,
              ),
            ),
          { discard: true },
        )
        yield* Effect.forEach(
          Array.from({ length: 40 }, (_, i) => i),
          (i) => Queue.offer(queue, i),
        )
        yield* Effect.sleep("1 second")
        return taken.join(" ")
      })
      const first = yield* runVirtually(program.pipe(Random.withSeed("a")))
      const again = yield* runVirtually(program.pipe(Random.withSeed("a")))
      const other = yield* runVirtually(program.pipe(Random.withSeed("b")))
      assert.strictEqual(first, again)
      assert.notStrictEqual(first, other)
    }),
  )

  it.effect("says so when the program waits for something no wake-up brings", () =>
    Effect.gen(function* () {
      const outcome = yield* Effect.promise(() =>
        new VirtualTime(0).run(Effect.never).then(
          () => "ended",
          (error: unknown) => error,
        ),
      )
      assert.instanceOf(outcome, NothingRunnable)
    }),
  )

  it.effect("hands a failure over as an exit", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.promise(() => new VirtualTime(0).run(Effect.fail("no")))
      assert.deepStrictEqual(exit, Exit.fail("no"))
    }),
  )

  describe("with a shuffle", () => {
    /** Ten fibers that read, yield and write: whoever is overtaken between the two loses an update. */
    const lossy = Effect.gen(function* () {
      let total = 0
      const add = Effect.sync(() => total).pipe(
        Effect.flatMap((seen) => Effect.sync(() => void (total = seen + 1))),
      )
      yield* Effect.all(
        Array.from({ length: 10 }, () => add),
        { concurrency: "unbounded", discard: true },
      )
      return total
    })
    const totalWith = (shuffle: number | undefined) =>
      Effect.promise(() => new VirtualTime(0, { shuffle }).run(lossy)).pipe(
        Effect.flatMap((exit) => exit),
      )

    it.effect("finds the order in which updates are lost, that arrival order never shows", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* totalWith(undefined), 10)
        const totals = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, seed) => seed),
          totalWith,
        )
        const found = totals.findIndex((total) => total < 10)
        assert.isAtLeast(found, 0, "one of 200 seeds loses an update")
        assert.strictEqual(yield* totalWith(found), totals[found], `seed ${found} repeats itself`)
      }),
    )
  })
})
