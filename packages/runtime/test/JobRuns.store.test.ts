import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Latch, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import type { Job } from "@evaluator/runtime/Job"
import { mostOwed } from "@evaluator/runtime/Job"
import { progressed, reached, waitingOn } from "@evaluator/runtime/JobProgress"
import { contradictionOf } from "@evaluator/runtime/JobWiring"
import { missedSlots } from "@evaluator/runtime/MissedSlots"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 30 })
const hour = 3_600_000

const job = (more: Partial<Job> = {}): Job => ({
  name: "count-things",
  about: "Counts.",
  service: "maintenance",
  every: "1 hour",
  atBoot: false,
  timeout: "20 minutes",
  run: Effect.succeed({}),
  ...more,
})

const runsIn = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{
    cause: string
    outcome: string
    error: string | null
    cursor: string | null
  }>`
    SELECT cause, outcome, error, cursor FROM job_runs ORDER BY id`
})

/** Runs the job in a process that lives so long; answers the causes of all runs so far. */
const lifeOf = (file: string, declared: Job, lives: Duration.Input) =>
  Effect.gen(function* () {
    const lane = yield* openLane(file)
    return yield* Effect.gen(function* () {
      yield* (yield* Supervisor).register(declared)
      yield* settle
      yield* TestClock.adjust(lives)
      yield* settle
      return (yield* runsIn).map(({ cause }) => cause)
    }).pipe(inLane(lane))
  }).pipe(Effect.scoped)

describe("slots missed while the process was down", () => {
  for (const [missed, made] of [
    ["skip", []],
    ["once", ["missed slot"]],
    ["each", ["missed slot", "missed slot", "missed slot"]],
  ] as const) {
    it.effect(`${missed}: ${made.length} of three are made up for, and the grid goes on`, () =>
      Effect.gen(function* () {
        const file = join(yield* temporaryDirectory, "lane.db")
        assert.deepStrictEqual(yield* lifeOf(file, job({ missed }), "61 minutes"), ["slot"])
        // Down from 1:01 to 4:30: the slots of 2:00, 3:00 and 4:00 pass.
        yield* TestClock.adjust("209 minutes")
        assert.deepStrictEqual(yield* lifeOf(file, job({ missed }), "10 minutes"), [
          "slot",
          ...made,
        ])
        // Its next slot is 30 minutes after the last one's grid, not an hour after the start.
        const later = yield* lifeOf(file, job({ missed }), "61 minutes")
        assert.strictEqual(later.filter((cause) => cause === "slot").length, 2)
      }),
    )
  }

  it.effect("a job whose period is longer than any life of the process still runs", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "lane.db")
      const daily = job({ every: "1 day", atBoot: true })
      yield* lifeOf(file, daily, "1 minute")
      const later = job({ every: "1 day" })
      for (let life = 0; life < 10; life++) yield* lifeOf(file, later, "3 hours")
      assert.deepStrictEqual(yield* lifeOf(file, later, "1 minute"), ["boot", "slot"])
    }),
  )

  it.effect("a run that the end of the process cut off is made again", () =>
    Effect.sync(() => {
      const cut = { startedAtMs: 0, cutOff: true }
      assert.strictEqual(missedSlots(cut, hour, "once", 60_000).runs, 1)
      assert.strictEqual(missedSlots(cut, hour, "skip", 60_000).runs, 0)
      assert.strictEqual(missedSlots({ ...cut, cutOff: false }, hour, "once", 60_000).runs, 0)
    }),
  )

  it.effect("of a time of day lie on its grid, whenever the last run was", () =>
    Effect.sync(() => {
      const grid = { everyMs: 24 * hour, offsetMs: 3 * hour }
      const at = (hours: number) => ({ startedAtMs: hours * hour, cutOff: false })
      const missed = (last: number, now: number) =>
        missedSlots(at(last), 24 * hour, "each", now * hour, grid)
      assert.deepStrictEqual(missed(3, 10), { runs: 0, nextInMs: 17 * hour })
      // Run by hand, or late, before the slot of the next day.
      assert.deepStrictEqual(missed(26, 28), { runs: 1, nextInMs: 23 * hour })
      assert.deepStrictEqual(missed(3, 80), { runs: 3, nextInMs: 19 * hour })
      assert.deepStrictEqual(missedSlots(null, 24 * hour, "once", 2 * hour, grid), {
        runs: 0,
        nextInMs: hour,
      })
    }),
  )

  it.effect("of a time of day come each day at that time, over restarts", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "lane.db")
      const startedAt = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql<{ cause: string; started_at_ms: number }>`
          SELECT cause, started_at_ms FROM job_runs ORDER BY id`
        return rows.map((row) => `${row.cause} ${Math.round(row.started_at_ms / hour)}`)
      })
      const daily = job({ every: "1 day", at: "03:00" })
      // From midnight to 13:00, then down until 14:00 two days later.
      yield* lifeOf(file, daily, "13 hours")
      yield* TestClock.adjust("49 hours")
      yield* lifeOf(file, daily, "14 hours")
      const lane = yield* openLane(file)
      assert.deepStrictEqual(yield* startedAt.pipe(inLane(lane)), [
        "slot 3",
        "missed slot 62",
        "slot 75",
      ])
    }),
  )

  it.effect("are bounded, and a clock that was set back counts none", () =>
    Effect.sync(() => {
      const last = { startedAtMs: 10 * hour, cutOff: false }
      assert.strictEqual(missedSlots(last, hour, "each", 1000 * hour).runs, mostOwed)
      assert.deepStrictEqual(missedSlots(last, hour, "each", 9 * hour), { runs: 0, nextInMs: hour })
      assert.deepStrictEqual(missedSlots(null, hour, "each", 9 * hour), { runs: 0, nextInMs: hour })
    }),
  )
})

const inOneLane = <A, E>(
  body: (
    supervisor: Supervisor["Service"],
  ) => Effect.Effect<A, E, SqlClient.SqlClient | Scope.Scope>,
) =>
  Effect.gen(function* () {
    const lane = yield* openLane(join(yield* temporaryDirectory, "lane.db"))
    return yield* Effect.flatMap(Supervisor, body).pipe(inLane(lane))
  })

describe("a run that gets no further", () => {
  it.effect("is reported with what it waits on, then cancelled with that in its row", () =>
    inOneLane((supervisor) =>
      Effect.gen(function* () {
        const run = Effect.gen(function* () {
          yield* reached("page 3")
          return yield* Effect.never.pipe(waitingOn("GET /data/trades"))
        })
        yield* supervisor.register(job({ atBoot: true, stallAfter: "2 minutes", run }))
        yield* settle
        const stalled = Effect.map(supervisor.jobs, ([one]) => one!.stalled)
        yield* TestClock.adjust("119 seconds")
        assert.isNull(yield* stalled)
        yield* TestClock.adjust("2 seconds")
        yield* settle
        assert.match((yield* stalled) ?? "", /GET \/data\/trades for 12\d{4} ms/)
        assert.strictEqual((yield* runsIn)[0]!.outcome, "running")
        yield* TestClock.adjust("61 seconds")
        yield* settle
        const [row] = yield* runsIn
        assert.strictEqual(row!.outcome, "failed")
        assert.strictEqual(row!.cursor, "page 3")
        assert.match(row!.error!, /no progress for 3m.*waits on GET \/data\/trades/)
        assert.isNull(yield* stalled)
      }),
    ),
  )

  it.effect("goes on when something moves after the report", () =>
    inOneLane((supervisor) =>
      Effect.gen(function* () {
        const gate = yield* Latch.make(false)
        const run = gate.await.pipe(
          waitingOn("the gate"),
          Effect.andThen(Effect.sleep("100 seconds")),
          Effect.andThen(progressed),
          Effect.andThen(Effect.sleep("100 seconds")),
          Effect.as({}),
        )
        yield* supervisor.register(job({ atBoot: true, stallAfter: "2 minutes", run }))
        yield* settle
        yield* TestClock.adjust("150 seconds")
        yield* settle
        assert.isNotNull((yield* supervisor.jobs)[0]!.stalled)
        yield* gate.open
        yield* settle
        yield* TestClock.adjust("70 seconds")
        yield* settle
        assert.isNull((yield* supervisor.jobs)[0]!.stalled)
        yield* TestClock.adjust("5 minutes")
        yield* settle
        assert.strictEqual((yield* runsIn)[0]!.outcome, "completed")
      }),
    ),
  )

  it.effect("is left to its timeout when the job does not say how long it may stall", () =>
    inOneLane((supervisor) =>
      Effect.gen(function* () {
        yield* supervisor.register(job({ atBoot: true, run: Effect.never }))
        yield* settle
        yield* TestClock.adjust("19 minutes")
        yield* settle
        assert.strictEqual((yield* runsIn)[0]!.outcome, "running")
        yield* TestClock.adjust("2 minutes")
        yield* settle
        assert.match((yield* runsIn)[0]!.error!, /longer than 20m/)
      }),
    ),
  )

  it("contradicts a timeout that comes first", () => {
    const found = contradictionOf(job({ stallAfter: "15 minutes" }), [])
    assert.match(found?.message ?? "accepted", /before it could stall/)
  })
})

describe("what a run works on side by side", () => {
  for (const [declared, most] of [
    [undefined, 1],
    [3, 3],
  ] as const) {
    it.effect(`is ${most} at once when its job declares ${declared ?? "nothing"}`, () =>
      inOneLane((supervisor) =>
        Effect.gen(function* () {
          let now = 0
          let seen = 0
          const item = Effect.gen(function* () {
            seen = Math.max(seen, ++now)
            yield* Effect.sleep("1 second")
            now--
          })
          const run = Effect.as(
            sideBySide([1, 2, 3, 4, 5, 6, 7], () => item),
            {},
          )
          yield* supervisor.register(
            job({
              atBoot: true,
              ...(declared !== undefined && { concurrency: declared }),
              run,
            }),
          )
          yield* settle
          yield* TestClock.adjust("10 seconds")
          yield* settle
          assert.strictEqual((yield* runsIn)[0]!.outcome, "completed")
          assert.strictEqual(seen, most)
          assert.strictEqual((yield* supervisor.jobs)[0]!.concurrency, most)
        }),
      ),
    )
  }
})
