import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as FastLanePressure from "@evaluator/app/FastLanePressure"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Conditions } from "@evaluator/runtime/Conditions"
import * as FastPath from "@evaluator/runtime/FastPath"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import * as Tempo from "@evaluator/runtime/Tempo"
import { movableClock } from "@evaluator/testkit/MovableClock"

const plainSupervisor = Layer.mock(Supervisor, {
  service: (_, effect) => Effect.forkScoped(Effect.ignore(effect)).pipe(Effect.asVoid),
})

/** Both lanes' sides over one link, the fast lane with its queues. */
const bothLanes = Effect.gen(function* () {
  const [fast, background] = LaneLink.inlinePair()
  const slow = yield* Layer.build(
    FastLanePressure.hear.pipe(
      Layer.provideMerge(Layer.mergeAll(Tempo.layer, Conditions.layer)),
      Layer.provideMerge(Layer.succeed(LaneLink, background)),
    ),
  )
  const telling = yield* Layer.build(
    FastLanePressure.tell(Duration.millis(250)).pipe(
      Layer.provideMerge(Layer.mergeAll(Conditions.layer, plainSupervisor, Backlogs.layer)),
      Layer.provideMerge(Layer.succeed(LaneLink, fast)),
    ),
  )
  const tempo = yield* Effect.provideContext(Effect.service(Tempo.Tempo), slow)
  const condition = Effect.provideContext(
    Effect.flatMap(Conditions, ({ all }) => Effect.map(all, ([first]) => first!)),
    slow,
  )
  return { tempo, telling, condition }
})

describe("a fast lane that is late", () => {
  it.effect(
    "slows bulk work of the background lane, says why, and lets it go on when it was calm",
    () =>
      Effect.gen(function* () {
        const { block, movable } = yield* movableClock
        yield* Effect.gen(function* () {
          const { condition, tempo } = yield* bothLanes
          yield* TestClock.adjust("2 seconds")
          assert.isTrue((yield* condition).ok)
          assert.isNull(yield* tempo.slowed)

          block(400)
          yield* TestClock.adjust("200 millis")
          const said = yield* condition
          assert.isFalse(said.ok)
          assert.match(
            said.says,
            /slowed down for \d+ ms: the fast lane's event loop was [34]\d\d ms late/,
          )
          const step = yield* Effect.forkChild(tempo.pause)
          yield* TestClock.adjust("200 millis")
          assert.isUndefined(step.pollUnsafe())
          yield* TestClock.adjust("100 millis")
          assert.isDefined(step.pollUnsafe())

          // Half as late again after four seconds: the five seconds of calm begin anew.
          yield* TestClock.adjust("3500 millis")
          block(150)
          yield* TestClock.adjust("4500 millis")
          assert.isNotNull(yield* tempo.slowed)
          yield* TestClock.adjust("1 second")
          assert.isNull(yield* tempo.slowed)
          assert.isTrue((yield* condition).ok)
        }).pipe(Effect.provideService(Clock.Clock, movable))
      }),
  )

  it.effect("is also one whose first fill waits too long for a slot", () =>
    Effect.gen(function* () {
      const { telling, tempo } = yield* bothLanes
      yield* Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        const pool = yield* FastPath.make({
          name: "fills-to-copy",
          slots: 1,
          inFlight: 1,
          capacity: 8,
          deadline: "1 minute",
        })
        const submit = (key: string) =>
          pool.submit({ key, run: () => Deferred.await(gate), shed: Effect.void })
        yield* submit("a")
        yield* TestClock.adjust("10 seconds")
        assert.isNull(yield* tempo.slowed, "one that is being worked on does not wait")
        yield* submit("b")
        yield* TestClock.adjust("500 millis")
        assert.match((yield* tempo.slowed)?.why ?? "", /first fill has waited \d+ ms/)
        yield* Deferred.succeed(gate, undefined)
        yield* TestClock.adjust("6 seconds")
        assert.isNull(yield* tempo.slowed)
      }).pipe(Effect.provideContext(telling))
    }),
  )
})

describe("a lane's tempo", () => {
  it.effect("returns to full speed by itself when nobody asks any more", () =>
    Effect.gen(function* () {
      const tempo = yield* Tempo.Tempo
      yield* tempo.slow("the fast lane is late")
      yield* TestClock.adjust("2900 millis")
      assert.isNotNull(yield* tempo.slowed)
      yield* TestClock.adjust("200 millis")
      const before = yield* Clock.currentTimeMillis
      yield* tempo.pause
      assert.strictEqual(yield* Clock.currentTimeMillis, before)
      assert.isNull(yield* tempo.slowed)
    }).pipe(Effect.provide(Tempo.layer)),
  )

  it.effect("is full for good from the drain on, which the fast lane waits for", () =>
    Effect.gen(function* () {
      const tempo = yield* Tempo.Tempo
      yield* tempo.slow("the fast lane is late")
      yield* tempo.hurry
      assert.isNull(yield* tempo.slowed)
      yield* tempo.slow("the fast lane is late")
      assert.isNull(yield* tempo.slowed)
    }).pipe(Effect.provide(Tempo.layer)),
  )
})
