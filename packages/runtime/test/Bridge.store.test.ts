import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Latch, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import type { Envelope, EventDraft } from "@evaluator/domain/event/DomainEvent"
import { machineryTables, removeAged } from "@evaluator/runtime/AgedRows"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import * as Bridge from "@evaluator/runtime/Bridge"
import { EventLog } from "@evaluator/runtime/EventLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { slowestReader } from "@evaluator/runtime/LogReaders"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const scored = (events: number): EventDraft => ({
  type: "MarketsScored",
  payload: { day: "2026-11-25", markets: 1, events },
})

const settle = Effect.repeat(TestClock.adjust("1 second"), { times: 20 })

/** Two lanes in one directory; the far one keeps the log, the near one subscribes to it. */
const twoLanes = Effect.gen(function* () {
  const dir = yield* temporaryDirectory
  const [near, far] = LaneLink.inlinePair()
  return {
    dir,
    near: yield* openLane(join(dir, "near.db"), near),
    far: yield* openLane(join(dir, "far.db"), far),
  }
})

/** Subscribes and writes what arrives into the near lane's own table, in the cursor's transaction. */
const recordingSubscription = (
  handle: (event: Envelope) => Effect.Effect<void, string> = () => Effect.void,
  settleFor = Duration.zero,
) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE IF NOT EXISTS arrived (seq INTEGER PRIMARY KEY, payload TEXT) STRICT`
    let rewinds = 0
    const { catchUp } = yield* Bridge.subscribe({
      subscriber: "near",
      consumer: "fast-path",
      logName: "far",
      handle: (event) =>
        sql`INSERT INTO arrived (seq, payload) VALUES (${event.seq}, ${event.payload})`.pipe(
          Effect.andThen(handle(event)),
        ),
      rewound: Effect.sync(() => void rewinds++),
      settle: settleFor,
    })
    const arrived = sql<{ seq: number }>`SELECT seq FROM arrived ORDER BY seq`.pipe(
      Effect.map((rows) => rows.map((row) => row.seq)),
    )
    return { arrived, catchUp, rewinds: () => rewinds, sql }
  })

const appendFar = (events: ReadonlyArray<EventDraft>) =>
  Effect.flatMap(EventLog, (log) => log.append(events))

describe("Bridge", () => {
  it.effect("delivers every event in order, also more than one pull holds", () =>
    Effect.gen(function* () {
      const { near, far } = yield* twoLanes
      yield* Bridge.serveLog("far").pipe(inLane(far))
      const subscription = yield* recordingSubscription().pipe(inLane(near))
      yield* settle
      const count = 2 * Bridge.pullLimit + 7
      yield* appendFar(Array.from({ length: count }, (_, n) => scored(n))).pipe(inLane(far))
      yield* settle
      assert.deepStrictEqual(
        yield* subscription.arrived,
        Array.from({ length: count }, (_, n) => n + 1),
      )
    }),
  )

  it.effect(
    "waits after a hint for what comes meanwhile, and no longer when it is to catch up",
    () =>
      Effect.gen(function* () {
        const { near, far } = yield* twoLanes
        yield* Bridge.serveLog("far").pipe(inLane(far))
        const subscription = yield* recordingSubscription(undefined, Duration.hours(1)).pipe(
          inLane(near),
        )
        yield* settle
        yield* appendFar([scored(1)]).pipe(inLane(far))
        yield* settle
        yield* appendFar([scored(2)]).pipe(inLane(far))
        yield* settle
        assert.deepStrictEqual(yield* subscription.arrived, [])
        yield* subscription.catchUp.pipe(inLane(near))
        assert.deepStrictEqual(yield* subscription.arrived, [1, 2])
        yield* appendFar([scored(3)]).pipe(inLane(far))
        yield* TestClock.adjust("2 hours")
        assert.deepStrictEqual(yield* subscription.arrived, [1, 2, 3])
      }),
  )

  it.effect(
    "has one hint under way for a reader that does not pull, and hints again after a pull",
    () =>
      Effect.gen(function* () {
        const { near, far } = yield* twoLanes
        const link = Context.get(far, LaneLink)
        let hints = 0
        const counting = {
          ...link,
          tell: (name: string, payload: unknown) =>
            Effect.andThen(
              Effect.sync(() => void (hints += 1)),
              link.tell(name, payload),
            ),
        }
        yield* Bridge.serveLog("far").pipe(Effect.provideService(LaneLink, counting), inLane(far))
        for (let n = 0; n < 50; n++) yield* appendFar([scored(n)]).pipe(inLane(far))
        assert.strictEqual(hints, 1)
        const subscription = yield* recordingSubscription().pipe(inLane(near))
        yield* settle
        for (let n = 1; n <= 3; n++) {
          yield* appendFar([scored(50 + n)]).pipe(inLane(far))
          yield* settle
          assert.strictEqual(hints, 1 + n)
          assert.strictEqual((yield* subscription.arrived).at(-1), 50 + n)
        }
      }),
  )

  it.effect("tells the log's keeper how far its reader has come, never too far", () =>
    Effect.gen(function* () {
      const { near, far } = yield* twoLanes
      yield* Bridge.serveLog("far").pipe(inLane(far))
      const subscription = yield* recordingSubscription().pipe(inLane(near))
      yield* settle
      assert.strictEqual(yield* slowestReader.pipe(inLane(far)), 0)
      const count = Bridge.pullLimit + 5
      yield* appendFar(Array.from({ length: count }, (_, n) => scored(n))).pipe(inLane(far))
      yield* settle
      assert.strictEqual((yield* subscription.arrived).length, count)
      const soon = (yield* slowestReader.pipe(inLane(far)))!
      assert.isTrue(soon >= Bridge.pullLimit && soon <= count)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* slowestReader.pipe(inLane(far)), count)
    }),
  )

  it.effect("finds its place again when all it has applied has had its time", () =>
    Effect.gen(function* () {
      const { near, far } = yield* twoLanes
      yield* Bridge.serveLog("far").pipe(inLane(far))
      const subscription = yield* recordingSubscription(undefined, Duration.hours(1)).pipe(
        inLane(near),
      )
      yield* settle
      const derived = subscription.rewinds()
      yield* appendFar([scored(1), scored(2), scored(3)]).pipe(inLane(far))
      yield* TestClock.adjust("2 hours")
      // Newer ones come, and before the subscriber looks at them those it knows go.
      yield* appendFar([scored(4), scored(5)]).pipe(inLane(far))
      yield* removeAged(machineryTables.events, Number.MAX_SAFE_INTEGER, 500).pipe(inLane(far))
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(yield* subscription.arrived, [1, 2, 3, 4, 5])
      assert.strictEqual(subscription.rewinds(), derived)
    }),
  )

  it.effect("goes on from its cursor after a restart of the subscriber", () =>
    Effect.gen(function* () {
      const { dir, far } = yield* twoLanes
      const [link, other] = LaneLink.inlinePair()
      yield* Bridge.serveLog("far").pipe(Effect.provideService(LaneLink, other), inLane(far))
      const session = (append: number) =>
        Effect.gen(function* () {
          const near = yield* openLane(join(dir, "subscriber.db"), link)
          const subscription = yield* recordingSubscription().pipe(inLane(near))
          yield* settle
          yield* appendFar([scored(append)]).pipe(inLane(far))
          yield* settle
          return yield* subscription.arrived
        }).pipe(Effect.scoped)
      assert.deepStrictEqual(yield* session(1), [1])
      assert.deepStrictEqual(yield* session(2), [1, 2])
    }),
  )

  it.effect(
    "keeps an event that cannot be applied in dead_letters and goes on with the others",
    () =>
      Effect.gen(function* () {
        const { near, far } = yield* twoLanes
        yield* Bridge.serveLog("far").pipe(inLane(far))
        const subscription = yield* recordingSubscription((event) =>
          event.payload.includes('"events":2') ? Effect.fail("poison") : Effect.void,
        ).pipe(inLane(near))
        yield* settle
        yield* appendFar([scored(1), scored(2), scored(3)]).pipe(inLane(far))
        yield* settle
        assert.deepStrictEqual(yield* subscription.arrived, [1, 3])
        const letters = yield* subscription.sql<{ cause: string; source: string }>`
        SELECT source, cause FROM dead_letters`
        assert.strictEqual(letters.length, 1)
        assert.match(letters[0]!.cause, /poison/)
      }),
  )

  it.effect(
    "applies a redriven event again and then forgets it; one that fails again is kept",
    () =>
      Effect.gen(function* () {
        const { near, far } = yield* twoLanes
        yield* Bridge.serveLog("far").pipe(inLane(far))
        const mended = new Set<string>()
        const poisonous = (event: Envelope) =>
          /"events":[23]/.test(event.payload) && !mended.has(event.payload)
        const subscription = yield* recordingSubscription((event) =>
          poisonous(event) ? Effect.fail(`poison ${event.seq}`) : Effect.void,
        ).pipe(inLane(near))
        yield* settle
        yield* appendFar([scored(1), scored(2), scored(3)]).pipe(inLane(far))
        yield* settle
        assert.deepStrictEqual(yield* subscription.arrived, [1])
        const groups = yield* DeadLetters.grouped.pipe(inLane(near))
        assert.deepStrictEqual(
          groups.map(({ source, cause, letters }) => ({ source, cause, letters })),
          [{ source: "near", cause: "Error: poison n", letters: 2 }],
        )
        const derived = subscription.rewinds()
        mended.add('{"day":"2026-11-25","markets":1,"events":2}')
        assert.strictEqual(yield* DeadLetters.ask("near", null).pipe(inLane(near)), 2)
        yield* TestClock.adjust("31 seconds")
        yield* settle
        assert.deepStrictEqual(yield* subscription.arrived, [1, 2])
        assert.strictEqual(subscription.rewinds(), derived + 1, "the truth has the last word")
        const letters = yield* subscription.sql<{ attempts: number; cause: string }>`
        SELECT attempts, cause FROM dead_letters`
        assert.deepStrictEqual(
          letters.map(({ attempts, cause }) => [attempts, cause.split("\n")[0]]),
          [[3, "Error: poison 3"]],
        )
      }),
  )

  it.effect("rewinds when its cursor is no place in the log, and says how often", () =>
    Effect.gen(function* () {
      const { near, far } = yield* twoLanes
      yield* Bridge.serveLog("far").pipe(inLane(far))
      yield* appendFar([scored(1)]).pipe(inLane(far))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO cursors (subscriber, log_id, seq, event_id, moved_at_ms)
          VALUES ('near', 'a log that was', 99, 'gone', 0)`
      }).pipe(inLane(near))
      const subscription = yield* recordingSubscription().pipe(inLane(near))
      yield* settle
      yield* appendFar([scored(2)]).pipe(inLane(far))
      yield* settle
      assert.strictEqual(subscription.rewinds(), 1)
      assert.deepStrictEqual(yield* subscription.arrived, [2])
      const [cursor] = yield* subscription.sql<{ rewinds: number; seq: number }>`
        SELECT rewinds, seq FROM cursors`
      assert.deepStrictEqual({ ...cursor }, { rewinds: 1, seq: 2 })
    }),
  )

  it.effect("waits for a lane that does not serve yet", () =>
    Effect.gen(function* () {
      const { near, far } = yield* twoLanes
      const subscription = yield* recordingSubscription().pipe(inLane(near))
      yield* settle
      yield* Bridge.serveLog("far").pipe(inLane(far))
      yield* settle
      yield* appendFar([scored(1)]).pipe(inLane(far))
      yield* settle
      assert.deepStrictEqual(yield* subscription.arrived, [1])
    }),
  )

  it.effect("applies an event once though the subscriber is stopped inside its handler", () =>
    Effect.gen(function* () {
      const { dir, far } = yield* twoLanes
      const [link, other] = LaneLink.inlinePair()
      yield* Bridge.serveLog("far").pipe(Effect.provideService(LaneLink, other), inLane(far))
      const entered = yield* Latch.make(false)
      const session = (handle: () => Effect.Effect<void>, until: Effect.Effect<void>) =>
        Effect.gen(function* () {
          const near = yield* openLane(join(dir, "subscriber.db"), link)
          const subscription = yield* recordingSubscription(handle).pipe(inLane(near))
          yield* settle
          yield* until
          return yield* subscription.arrived
        }).pipe(Effect.scoped)
      yield* session(() => Effect.void, Effect.void)
      yield* appendFar([scored(1)]).pipe(inLane(far))
      // The first session ends while the handler hangs: neither its row nor its cursor is committed.
      const scope = yield* Scope.make()
      yield* Effect.gen(function* () {
        const near = yield* openLane(join(dir, "subscriber.db"), link)
        yield* recordingSubscription(() => entered.open.pipe(Effect.andThen(Effect.never))).pipe(
          inLane(near),
        )
        yield* settle
        yield* entered.await
      }).pipe(Scope.provide(scope))
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      assert.deepStrictEqual(yield* session(() => Effect.void, settle), [1])
    }),
  )
})
