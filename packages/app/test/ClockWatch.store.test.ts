import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as ClockWatch from "@evaluator/app/ClockWatch"
import * as LoopWatch from "@evaluator/app/LoopWatch"
import { Conditions } from "@evaluator/runtime/Conditions"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { TestClock } from "effect/testing"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"

const hour = 3_600_000

/** The test's clock, whose wall can be set and whose time can pass without a timer firing. */
const settable = Effect.map(Clock.Clock, (clock) => {
  let setMs = 0
  let passedMs = 0
  const monotonicTimeNanosUnsafe = () =>
    clock.monotonicTimeNanosUnsafe() + BigInt(passedMs) * 1_000_000n
  const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() + setMs + passedMs
  const shifted: Clock.Clock = {
    ...clock,
    sleep: (duration) => clock.sleep(duration),
    monotonicTimeNanosUnsafe,
    monotonicTimeNanos: Effect.sync(monotonicTimeNanosUnsafe),
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
  }
  return {
    shifted,
    set: (byMs: number) => Effect.sync(() => (setMs += byMs)),
    block: (forMs: number) => Effect.sync(() => (passedMs += forMs)),
  }
})

const plainSupervisor = Layer.mock(Supervisor, {
  service: (_, effect) => Effect.forkScoped(Effect.ignore(effect)).pipe(Effect.asVoid),
})

const watched = Layer.mergeAll(ClockWatch.layer, LoopWatch.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(Conditions.layer, plainSupervisor)),
  Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })),
)

const condition = (name: string) =>
  Effect.flatMap(Conditions, ({ all }) =>
    Effect.map(all, (found) => found.find((one) => one.name === name)!),
  )

/** 1,200 wallets due over the next two hours, three of them already. */
const wallets = Effect.fnUntraced(function* (nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE wallets (n INTEGER PRIMARY KEY, judge_due_ms INTEGER) STRICT`
  yield* sql`CREATE TABLE watches (n INTEGER PRIMARY KEY, next_poll_at_ms INTEGER, at_ms INTEGER) STRICT`
  for (let n = 0; n < 1200; n++) {
    yield* sql`INSERT INTO wallets VALUES (${n}, ${nowMs + (n - 3) * 6000})`
  }
  yield* sql`INSERT INTO watches VALUES (1, ${nowMs + 5000}, ${nowMs + 5000}), (2, NULL, 7)`
})

const dueBy = (atMs: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql<{ rows: number }>`SELECT count(*) AS rows FROM wallets WHERE judge_due_ms <= ${atMs}`.pipe(
      Effect.map(([row]) => row!.rows),
    ),
  )

for (const [way, byMs] of [
  ["back", -hour],
  ["ahead", hour],
] as const) {
  describe(`a clock that is set an hour ${way}`, () => {
    it.effect("is a named condition, and nothing that was due soon waits for it", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(10 * hour)
        const { set, shifted } = yield* settable
        yield* Effect.gen(function* () {
          yield* wallets(yield* Clock.currentTimeMillis)
          yield* TestClock.adjust("3 seconds")
          assert.isTrue((yield* condition("clock")).ok)
          const before = yield* dueBy((yield* Clock.currentTimeMillis) + 60_000)
          yield* set(byMs)
          yield* TestClock.adjust("1 second")
          const said = yield* condition("clock")
          assert.isFalse(said.ok)
          assert.isFalse(said.blocks)
          assert.match(said.says, new RegExp(`by ${byMs} ms`))
          const now = yield* Clock.currentTimeMillis
          const after = yield* dueBy(now + 60_000)
          if (byMs < 0) assert.approximately(after, before, 1)
          else assert.isAbove(after, before)
          const sql = yield* SqlClient.SqlClient
          const polls = yield* sql<{ next_poll_at_ms: number | null; at_ms: number }>`
            SELECT next_poll_at_ms, at_ms FROM watches ORDER BY n`
          assert.isAtMost(polls[0]!.next_poll_at_ms!, now + 5000)
          assert.deepStrictEqual({ ...polls[1] }, { next_poll_at_ms: null, at_ms: 7 })
          assert.strictEqual(polls[0]!.at_ms, 10 * hour + 5000)
          yield* TestClock.adjust("16 minutes")
          assert.isTrue((yield* condition("clock")).ok)
        }).pipe(Effect.provide(watched), Effect.provideService(Clock.Clock, shifted))
      }),
    )
  })
}

describe("a thread that was blocked for half a minute", () => {
  it.effect("says so for a minute after it goes on, and the clock is not blamed", () =>
    Effect.gen(function* () {
      const { block, shifted } = yield* settable
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("3 seconds")
        assert.isTrue((yield* condition("event loop")).ok)
        yield* block(30_000)
        yield* TestClock.adjust("1 second")
        const said = yield* condition("event loop")
        assert.isFalse(said.ok)
        assert.match(said.says, /blocked for 30000 ms/)
        assert.isTrue((yield* condition("clock")).ok)
        yield* TestClock.adjust("61 seconds")
        assert.isTrue((yield* condition("event loop")).ok)
      }).pipe(Effect.provide(watched), Effect.provideService(Clock.Clock, shifted))
    }),
  )
})
