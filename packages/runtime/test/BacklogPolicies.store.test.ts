import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Latch } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import * as Backlog from "@evaluator/runtime/Backlog"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import * as FastPath from "@evaluator/runtime/FastPath"
import { EventLog } from "@evaluator/runtime/EventLog"
import { movableClock } from "@evaluator/testkit/MovableClock"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 10 })

const options = {
  name: "items-to-handle",
  capacity: 10,
  workers: 1,
  whenFull: "drop",
  timeout: "1 hour",
  key: (item: string) => item,
} as const

/** A backlog in a lane on a file whose handler waits for the gate. */
const withBacklog = <A, E>(
  more: Partial<Backlog.BacklogOptions<string, never, never>>,
  body: (parts: {
    readonly backlog: Backlog.Backlog<string>
    readonly queues: Backlogs["Service"]
    readonly log: EventLog["Service"]
    readonly sql: SqlClient.SqlClient
    readonly gate: Latch.Latch
    readonly handled: ReadonlyArray<string>
  }) => Effect.Effect<A, E>,
) =>
  Effect.gen(function* () {
    const dir = yield* temporaryDirectory
    const lane = yield* openLane(join(dir, "lane.db"))
    return yield* Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      const handled: Array<string> = []
      const handle = (item: string) =>
        gate.await.pipe(Effect.andThen(Effect.sync(() => void handled.push(item))))
      const backlog = yield* Backlog.make({ ...options, handle, ...more })
      yield* settle
      return yield* body({
        backlog,
        queues: yield* Backlogs,
        log: yield* EventLog,
        sql: yield* SqlClient.SqlClient,
        gate,
        handled,
      })
    }).pipe(inLane(lane))
  })

const offerAll = (backlog: Backlog.Backlog<string>, from: number, to: number) =>
  Effect.forEach(
    Array.from({ length: to - from }, (_, n) => `${from + n}`),
    (item) => backlog.offer(item).pipe(Effect.andThen(settle)),
  )

describe("Backlog policies", () => {
  it.effect("raises backpressure once at the high-water mark, again only after the low one", () =>
    withBacklog({ pressure: { high: 0.8, low: 0.5 } }, ({ backlog, log, gate, queues }) =>
      Effect.gen(function* () {
        const raised = Effect.map(log.readAfter(0, 256), (events) =>
          events.map(({ type, payload }) => `${type} ${payload}`),
        )
        yield* offerAll(backlog, 0, 8)
        assert.deepStrictEqual(yield* raised, [])
        yield* offerAll(backlog, 8, 11)
        const first = 'BackpressureRaised {"queue":"items-to-handle","pending":8,"capacity":10}'
        assert.deepStrictEqual(yield* raised, [first])
        assert.isTrue((yield* queues.views)[0]!.pressed)
        yield* gate.open
        yield* settle
        assert.isFalse((yield* queues.views)[0]!.pressed)
        yield* gate.close
        yield* offerAll(backlog, 20, 31)
        assert.deepStrictEqual(yield* raised, [
          first,
          'BackpressureCleared {"queue":"items-to-handle","pending":5,"capacity":10}',
          first,
        ])
      }),
    ),
  )

  it.effect("says of a pressure that came while the file could not be written when it can be", () =>
    withBacklog({}, ({ backlog, log, sql }) =>
      Effect.gen(function* () {
        yield* sql`PRAGMA query_only = ON`
        yield* offerAll(backlog, 1, 10)
        yield* sql`PRAGMA query_only = OFF`
        assert.deepStrictEqual(yield* log.readAfter(0, 100), [])
        yield* TestClock.adjust("2 seconds")
        yield* settle
        assert.deepStrictEqual(
          (yield* log.readAfter(0, 100)).map(({ type }) => type),
          ["BackpressureRaised"],
        )
      }),
    ),
  )

  it.effect("the fast path raises it by who waits for a slot, and is shown with what is late", () =>
    Effect.gen(function* () {
      const lane = yield* openLane(join(yield* temporaryDirectory, "lane.db"))
      yield* Effect.gen(function* () {
        const gate = yield* Latch.make(false)
        const pool = yield* FastPath.make({
          name: "fills-to-copy",
          slots: 2,
          inFlight: 100,
          capacity: 10,
          deadline: "2 seconds",
        })
        const queues = yield* Backlogs
        const said = Effect.map((yield* EventLog).readAfter(0, 100), (events) =>
          events.map(({ payload, type }) => `${type} ${payload}`),
        )
        const seen = Effect.map(queues.views, ([view]) => view!)
        const item = { run: () => gate.await, shed: Effect.void }
        for (let key = 0; key < 9; key++) yield* pool.submit({ ...item, key: `${key}` })
        yield* settle
        assert.deepStrictEqual(yield* said, [])
        yield* pool.submit({ ...item, key: "9" })
        yield* settle
        assert.deepInclude(yield* seen, {
          capacity: 10,
          workers: 2,
          whenFull: "shed",
          pressed: true,
          late: 0,
          pending: 10,
          paused: null,
        })
        assert.isAtLeast((yield* seen).oldestMs ?? 0, 20)
        const refused = yield* Effect.flip(
          queues.pause("fills-to-copy", { reason: "", untilMs: null }),
        )
        assert.deepStrictEqual(refused.known, [])
        yield* gate.open
        yield* settle
        assert.isFalse((yield* seen).pressed)
        const [raised, cleared, ...more] = yield* said
        assert.strictEqual(
          raised,
          'BackpressureRaised {"queue":"fills-to-copy","pending":8,"capacity":10}',
        )
        assert.match(cleared ?? "", /^BackpressureCleared .*"pending":[0-5],"capacity":10/)
        assert.deepStrictEqual(more, [])
      }).pipe(inLane(lane))
    }),
  )

  it.effect("a paused queue takes items in and hands none out until it is resumed", () =>
    withBacklog({}, ({ backlog, queues, gate, handled }) =>
      Effect.gen(function* () {
        yield* gate.open
        const view = yield* queues.pause("items-to-handle", { reason: "venue", untilMs: null })
        assert.deepStrictEqual(view.paused, { reason: "venue", untilMs: null })
        yield* backlog.offer("a")
        yield* TestClock.adjust("1 day")
        assert.deepStrictEqual(handled, [])
        // Its work is due in its rows: a drain does not wait for it.
        yield* queues.drained
        yield* queues.resume("items-to-handle")
        yield* settle
        assert.deepStrictEqual(handled, ["a"])
      }),
    ),
  )

  it.effect("a pause with an end is over by itself", () =>
    withBacklog({}, ({ backlog, queues, gate, handled }) =>
      Effect.gen(function* () {
        yield* gate.open
        yield* TestClock.setTime(1_000)
        yield* queues.pause("items-to-handle", { reason: "venue", untilMs: 61_000 })
        yield* backlog.offer("a")
        yield* TestClock.adjust("59 seconds")
        assert.deepStrictEqual(handled, [])
        yield* TestClock.adjust("2 seconds")
        yield* settle
        assert.deepStrictEqual(handled, ["a"])
        assert.isNull((yield* queues.views)[0]!.paused)
      }),
    ),
  )

  it.effect("names the queues there are when one is not known", () =>
    withBacklog({}, ({ queues }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(queues.resume("items-to-handl"))
        assert.strictEqual(
          error.message,
          "no queue is called items-to-handl; there are items-to-handle",
        )
      }),
    ),
  )

  it.effect("counts what waited longer than its declared worst delay", () =>
    withBacklog({ worstDelay: "30 seconds" }, ({ backlog, queues, gate }) =>
      Effect.gen(function* () {
        yield* offerAll(backlog, 0, 2)
        yield* TestClock.adjust("31 seconds")
        yield* offerAll(backlog, 2, 3)
        yield* gate.open
        yield* settle
        const [view] = yield* queues.views
        assert.deepStrictEqual([view!.done, view!.late], [3, 1])
      }),
    ),
  )

  for (const [way, byMs] of [
    ["back", -3_600_000],
    ["ahead", 3_600_000],
  ] as const) {
    it.effect(
      `a clock that is set an hour ${way} lets nobody overtake, wait or count as late`,
      () =>
        Effect.gen(function* () {
          const { movable, setWall } = yield* movableClock
          yield* withBacklog(
            { worstDelay: "30 seconds", gather: "5 seconds" },
            ({ backlog, queues, gate, handled }) =>
              Effect.gen(function* () {
                yield* backlog.offer("before")
                yield* TestClock.adjust("1 second")
                setWall(byMs)
                yield* backlog.offer("after")
                yield* TestClock.adjust("1 second")
                assert.strictEqual((yield* queues.views)[0]!.oldestMs, 2000)
                yield* gate.open
                yield* TestClock.adjust("5 seconds")
                yield* settle
                assert.deepStrictEqual(handled, ["before", "after"])
                assert.deepInclude((yield* queues.views)[0]!, { late: 0, pending: 0 })
              }),
          ).pipe(Effect.provideService(Clock.Clock, movable))
        }),
    )
  }

  it.effect("a pause is over at its hour also when the clock is set ahead to it", () =>
    Effect.gen(function* () {
      const { movable, setWall } = yield* movableClock
      yield* withBacklog({}, ({ backlog, queues, gate, handled }) =>
        Effect.gen(function* () {
          yield* gate.open
          yield* queues.pause("items-to-handle", { reason: "venue", untilMs: 3_600_000 })
          yield* offerAll(backlog, 1, 2)
          setWall(3_600_000)
          yield* TestClock.adjust("31 seconds")
          yield* settle
          assert.deepStrictEqual(handled, ["1"])
        }),
      ).pipe(Effect.provideService(Clock.Clock, movable))
    }),
  )

  it.effect("an offer given up while it waits for room is dropped and leaves no trace", () =>
    withBacklog({ whenFull: "wait", capacity: 1 }, ({ backlog, gate, handled }) =>
      Effect.gen(function* () {
        yield* offerAll(backlog, 0, 2)
        const given = yield* Effect.forkChild(backlog.offer("given up"))
        const patient = yield* Effect.forkChild(backlog.offer("patient"))
        yield* settle
        assert.strictEqual((yield* backlog.counters).pending, 4)
        yield* Fiber.interrupt(given)
        assert.strictEqual((yield* backlog.counters).dropped, 1)
        yield* gate.open
        yield* settle
        yield* Fiber.join(patient)
        assert.deepStrictEqual(handled, ["0", "1", "patient"])
        yield* backlog.offer("given up")
        yield* settle
        assert.strictEqual(handled.at(-1), "given up")
      }),
    ),
  )
})
