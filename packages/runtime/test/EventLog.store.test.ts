import { assert, describe, it } from "@effect/vitest"
import { Effect, PubSub } from "effect"
import { SqlClient } from "effect/sql"
import { join } from "node:path"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import { announcementCapacity, EventLog } from "@evaluator/runtime/EventLog"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const scored = (events: number): EventDraft => ({
  type: "MarketsScored",
  payload: { day: "2026-11-25", markets: 1, events },
})

const withLog = <A, E, R>(
  body: (log: EventLog["Service"], sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>,
) =>
  Effect.gen(function* () {
    const dir = yield* temporaryDirectory
    const lane = yield* openLane(join(dir, "lane.db"))
    return yield* Effect.gen(function* () {
      return yield* body(yield* EventLog, yield* SqlClient.SqlClient)
    }).pipe(inLane(lane))
  })

describe("EventLog", () => {
  it.effect(
    "gives events ascending sequence numbers and sorted ids in the order of appending",
    () =>
      withLog((log) =>
        Effect.gen(function* () {
          yield* log.append([scored(1), scored(2)])
          yield* log.append([scored(3)])
          const events = yield* log.readAfter(0, 10)
          assert.deepStrictEqual(
            events.map((event) => event.seq),
            [1, 2, 3],
          )
          const ids = events.map((event) => event.id)
          assert.deepStrictEqual(ids, ids.toSorted())
          assert.deepStrictEqual(yield* log.head, { logId: log.logId, seq: 3, eventId: ids[2]! })
        }),
      ),
  )

  it.effect("announces only after the commit, and nothing of a transaction that rolled back", () =>
    Effect.scoped(
      withLog((log, sql) =>
        Effect.gen(function* () {
          const heard = yield* log.listen(["MarketsScored"])
          yield* log
            .append([scored(1)])
            .pipe(Effect.andThen(Effect.fail("no")), sql.withTransaction, Effect.ignore)
          let woken = false
          yield* log.onCommit(Effect.sync(() => void (woken = true)))
          yield* log
            .append([scored(2)])
            .pipe(
              Effect.andThen(
                Effect.sync(() => assert.isFalse(woken, "woken inside the transaction")),
              ),
              sql.withTransaction,
            )
          assert.isTrue(woken)
          const event = yield* PubSub.take(heard)
          assert.deepStrictEqual(event.payload, { day: "2026-11-25", markets: 1, events: 2 })
          assert.strictEqual((yield* log.readAfter(0, 10)).length, 1)
        }),
      ),
    ),
  )

  it.effect("announces to a listener the types it asked for, and wakes after every commit", () =>
    Effect.scoped(
      withLog((log) =>
        Effect.gen(function* () {
          let wakes = 0
          yield* log.onCommit(Effect.sync(() => void wakes++))
          const heard = yield* log.listen(["JobStarted"])
          yield* log.append([
            scored(1),
            { type: "JobStarted", payload: { job: "score-events", cause: "boot" } },
          ])
          assert.strictEqual((yield* PubSub.take(heard)).type, "JobStarted")
          assert.strictEqual(wakes, 1)
        }),
      ),
    ),
  )

  it.effect("keeps the newest announcements of a listener that does not listen", () =>
    Effect.scoped(
      withLog((log) =>
        Effect.gen(function* () {
          const late = yield* log.listen(["MarketsScored"])
          const over = announcementCapacity + 3
          yield* log.append(Array.from({ length: over }, (_, n) => scored(n)))
          const kept = yield* PubSub.takeAll(late)
          assert.deepStrictEqual(
            kept.map((event) => event.seq),
            Array.from({ length: announcementCapacity }, (_, n) => n + 4),
          )
        }),
      ),
    ),
  )

  it.effect("knows its own places and no others", () =>
    withLog((log) =>
      Effect.gen(function* () {
        yield* log.append([scored(1)])
        const head = yield* log.head
        assert.isTrue(yield* log.contains(head))
        assert.isTrue(yield* log.contains({ ...head, seq: 0, eventId: null }))
        assert.isFalse(yield* log.contains({ ...head, seq: head.seq + 1 }))
        assert.isFalse(yield* log.contains({ ...head, logId: "another" }))
        assert.isFalse(yield* log.contains({ ...head, eventId: "another" }))
      }),
    ),
  )

  it.effect("keeps its name and its events over a restart", () =>
    Effect.gen(function* () {
      const dir = yield* temporaryDirectory
      const session = Effect.gen(function* () {
        const lane = yield* openLane(join(dir, "lane.db"))
        return yield* Effect.gen(function* () {
          const log = yield* EventLog
          yield* log.append([scored(1)])
          return yield* log.head
        }).pipe(inLane(lane))
      }).pipe(Effect.scoped)
      const first = yield* session
      const second = yield* session
      assert.strictEqual(second.logId, first.logId)
      assert.strictEqual(second.seq, first.seq + 1)
    }),
  )
})
