import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Latch } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import { Boot } from "@evaluator/runtime/Boot"
import { EventLog } from "@evaluator/runtime/EventLog"
import type { Job } from "@evaluator/runtime/Job"
import { JobLog } from "@evaluator/runtime/JobLog"
import { stopAsked } from "@evaluator/runtime/JobProgress"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 30 })

const job = <E>(run: Job<E>["run"], more: Partial<Job<E>> = {}): Job<E> => ({
  name: "count-things",
  about: "Counts.",
  service: "maintenance",
  every: "1 hour",
  atBoot: false,
  timeout: "5 minutes",
  run,
  ...more,
})

const runsIn = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ cause: string; outcome: string; error: string | null; counts: string }>`
    SELECT cause, outcome, error, counts FROM job_runs ORDER BY id`
})

const lane = Effect.flatMap(temporaryDirectory, (dir) => openLane(join(dir, "lane.db")))

describe("Supervisor", () => {
  it.effect("runs a job at boot and then on the grid of its period, with a row each", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        yield* (yield* Supervisor).register(job(Effect.succeed({ things: 3 }), { atBoot: true }))
        yield* settle
        yield* TestClock.adjust("2 hours")
        yield* settle
        const runs = yield* runsIn
        assert.deepStrictEqual(
          runs.map((run) => `${run.cause} ${run.outcome} ${run.counts}`),
          [
            'boot completed {"things":3}',
            'slot completed {"things":3}',
            'slot completed {"things":3}',
          ],
        )
      }).pipe(inLane(services))
    }),
  )

  it.effect("counts a run whose row cannot be written, tells whoever waits, and goes on", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        const supervisor = yield* Supervisor
        const sql = yield* SqlClient.SqlClient
        yield* supervisor.register(job(Effect.succeed({})))
        yield* sql.unsafe("PRAGMA query_only = ON")
        const asked = yield* Effect.forkChild(
          Effect.exit(supervisor.runNow("count-things", "by hand")),
          { startImmediately: true },
        )
        yield* settle
        assert.isTrue(Exit.isFailure(yield* Fiber.join(asked)))
        yield* TestClock.adjust("1 hour")
        yield* settle
        yield* sql.unsafe("PRAGMA query_only = OFF")
        yield* TestClock.adjust("1 hour")
        yield* settle
        assert.deepStrictEqual(yield* supervisor.runRequests, {
          offered: 3,
          done: 1,
          failed: 2,
          dropped: 0,
          coalesced: 0,
          pending: 0,
        })
      }).pipe(inLane(services))
    }),
  )

  it.effect("keeps a failing job going: each failure has its row and the next slot runs", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        let runs = 0
        yield* (yield* Supervisor).register(
          job(
            Effect.suspend(() => {
              runs += 1
              return runs === 1
                ? Effect.fail("the venue is gone")
                : runs === 2
                  ? Effect.die(new Error("a bug"))
                  : Effect.succeed({})
            }),
          ),
        )
        for (let hour = 0; hour < 3; hour++) {
          yield* TestClock.adjust("1 hour")
          yield* settle
        }
        const rows = yield* runsIn
        assert.deepStrictEqual(
          rows.map((row) => row.outcome),
          ["failed", "failed", "completed"],
        )
        assert.match(rows[0]!.error!, /the venue is gone/)
        assert.match(rows[1]!.error!, /a bug/)
        assert.deepStrictEqual(
          (yield* (yield* JobLog).totals).map((total) => ({ ...total })),
          [{ name: "count-things", runs: 3, failed: 2 }],
        )
      }).pipe(inLane(services))
    }),
  )

  it.effect("runs one at a time: what asks while it runs makes one more run", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        const gate = yield* Latch.make(false)
        let running = 0
        let most = 0
        const supervisor = yield* Supervisor
        yield* supervisor.register(
          job(
            Effect.gen(function* () {
              running += 1
              most = Math.max(most, running)
              yield* gate.await
              running -= 1
              return {}
            }),
            { on: ["MarketsScored"], settle: "1 millis" },
          ),
        )
        const log = yield* EventLog
        const event = {
          type: "MarketsScored",
          payload: { day: "2026-11-25", markets: 0, events: 0 },
        } as const
        yield* settle
        for (let n = 0; n < 5; n++) {
          yield* log.append([event])
          yield* settle
        }
        yield* gate.open
        yield* settle
        assert.strictEqual(most, 1)
        const sql = yield* SqlClient.SqlClient
        const events = yield* sql<{ id: string }>`
          SELECT id FROM events WHERE type = 'MarketsScored' ORDER BY seq`
        const runs = yield* sql<{ cause_event: string }>`
          SELECT cause_event FROM job_runs ORDER BY id`
        // The second is of the first that asked while the first one ran.
        assert.deepStrictEqual(
          runs.map((run) => run.cause_event),
          [events[0]!.id, events[1]!.id],
        )
      }).pipe(inLane(services))
    }),
  )

  it.effect("interrupts a run over its timeout and counts it as failed", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        yield* (yield* Supervisor).register(
          job(Effect.never, { atBoot: true, timeout: "10 seconds" }),
        )
        yield* settle
        yield* TestClock.adjust("11 seconds")
        yield* settle
        const [run] = yield* runsIn
        assert.strictEqual(run!.outcome, "failed")
        assert.match(run!.error!, /longer than 10s/)
      }).pipe(inLane(services))
    }),
  )

  it.effect(
    "runs a job by hand and answers with its row; an unknown name lists the known ones",
    () =>
      Effect.gen(function* () {
        const services = yield* lane
        yield* Effect.gen(function* () {
          const supervisor = yield* Supervisor
          yield* supervisor.register(job(Effect.succeed({ things: 1 })))
          const asked = yield* Effect.forkChild(supervisor.runNow("count-things", "by hand"))
          yield* settle
          const row = yield* Fiber.join(asked)
          assert.deepStrictEqual([row.cause, row.outcome], ["by hand", "completed"])
          const error = yield* Effect.flip(supervisor.runNow("count-thing", "by hand"))
          assert.strictEqual(error._tag, "JobNotFound")
        }).pipe(inLane(services))
      }),
  )

  it.effect("quiesces: waits for the running job and starts no other", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        const gate = yield* Latch.make(false)
        const supervisor = yield* Supervisor
        yield* supervisor.register(job(gate.await.pipe(Effect.as({})), { atBoot: true }))
        yield* settle
        const quiet = yield* Deferred.make<void>()
        yield* Effect.forkChild(
          supervisor.quiesce().pipe(Effect.andThen(Deferred.succeed(quiet, undefined))),
        )
        yield* settle
        assert.isFalse(yield* Deferred.isDone(quiet))
        yield* gate.open
        yield* TestClock.adjust("1 second")
        yield* settle
        assert.isTrue(yield* Deferred.isDone(quiet))
        yield* TestClock.adjust("3 hours")
        yield* settle
        assert.strictEqual((yield* runsIn).length, 1)
      }).pipe(inLane(services))
    }),
  )

  it.effect("quiesces: whoever waits for a run that was to come hears that there is none", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        const supervisor = yield* Supervisor
        const release = yield* Deferred.make<void>()
        yield* supervisor.register(job(Effect.as(Deferred.await(release), {}), { atBoot: true }))
        yield* settle
        const waits = yield* Effect.forkChild(
          Effect.flip(supervisor.runNow("count-things", "by hand")),
        )
        yield* settle
        const quiet = yield* Effect.forkChild(supervisor.quiesce())
        yield* settle
        yield* Deferred.succeed(release, undefined)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(quiet)
        assert.strictEqual((yield* Fiber.join(waits))._tag, "LaneStopping")
        assert.strictEqual((yield* supervisor.runRequests).dropped, 1)
        assert.strictEqual((yield* runsIn).length, 1)
      }).pipe(inLane(services))
    }),
  )

  it.effect("quiesces: asks the running job to stop at its next step", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        let steps = 0
        const inSteps = Effect.gen(function* () {
          while (!(yield* stopAsked) && steps < 100) {
            steps += 1
            yield* Effect.sleep("1 second")
          }
          return {}
        })
        const supervisor = yield* Supervisor
        yield* supervisor.register(job(inSteps, { atBoot: true }))
        yield* settle
        yield* TestClock.adjust("3 seconds")
        const quiet = yield* Effect.forkChild(supervisor.quiesce())
        yield* TestClock.adjust("2 seconds")
        yield* settle
        assert.isDefined(quiet.pollUnsafe())
        assert.isBelow(steps, 7)
      }).pipe(inLane(services))
    }),
  )

  it.effect(
    "quiesces: a step that outlasts the time it has is interrupted, and made up for at the next start",
    () =>
      Effect.gen(function* () {
        const dir = yield* temporaryDirectory
        let runs = 0
        const endless = job(
          Effect.suspend(() => {
            runs += 1
            return runs === 1 ? Effect.never : Effect.succeed({ things: 1 })
          }),
          { on: ["MarketsScored"], retry: { kindOf: () => "outage" } },
        )
        yield* Effect.gen(function* () {
          const services = yield* openLane(join(dir, "lane.db"))
          yield* Effect.gen(function* () {
            const supervisor = yield* Supervisor
            yield* supervisor.register(endless)
            yield* settle
            yield* (yield* EventLog).append([
              { type: "MarketsScored", payload: { day: "2026-11-25", markets: 0, events: 0 } },
            ])
            yield* settle
            assert.strictEqual(runs, 1)
            const quiet = yield* Effect.forkChild(supervisor.quiesce("10 seconds"))
            yield* TestClock.adjust("9 seconds")
            assert.isUndefined(quiet.pollUnsafe(), "it still may stop by itself")
            yield* TestClock.adjust("1 second")
            yield* settle
            assert.isDefined(quiet.pollUnsafe())
            const requests = yield* supervisor.runRequests
            assert.deepStrictEqual([requests.failed, requests.pending], [1, 0])
          }).pipe(inLane(services))
        }).pipe(Effect.scoped)
        const services = yield* openLane(join(dir, "lane.db"))
        yield* Effect.gen(function* () {
          yield* (yield* Supervisor).register(endless)
          yield* settle
          assert.deepStrictEqual(
            (yield* runsIn).map((run) => [run.cause, run.outcome, run.error]),
            [
              ["event MarketsScored", "interrupted", null],
              ["missed slot", "completed", null],
            ],
          )
        }).pipe(inLane(services))
      }),
  )

  it.effect("starts a service again when it ends or fails", () =>
    Effect.gen(function* () {
      const services = yield* lane
      yield* Effect.gen(function* () {
        let starts = 0
        yield* (yield* Supervisor).service(
          "loop",
          Effect.suspend(() => {
            starts += 1
            return starts === 1 ? Effect.void : starts === 2 ? Effect.fail("no") : Effect.never
          }),
        )
        yield* settle
        yield* TestClock.adjust("1 minute")
        yield* settle
        assert.strictEqual(starts, 3)
      }).pipe(inLane(services))
    }),
  )

  it.effect(
    "starts a service again after a second when it had run well, whatever came before",
    () =>
      Effect.gen(function* () {
        const services = yield* lane
        yield* Effect.gen(function* () {
          let starts = 0
          yield* (yield* Supervisor).service(
            "loop",
            Effect.suspend(() => {
              starts += 1
              return starts <= 6
                ? Effect.fail("no")
                : Effect.andThen(Effect.sleep("1 hour"), Effect.fail("no"))
            }),
          )
          // 1 + 2 + 4 + 8 + 16 + 32 s of pauses, then an hour of work.
          yield* TestClock.adjust("64 seconds")
          yield* settle
          assert.strictEqual(starts, 7)
          yield* TestClock.adjust("1 hour")
          yield* TestClock.adjust("2 seconds")
          yield* settle
          assert.strictEqual(starts, 8)
        }).pipe(inLane(services))
      }),
  )

  it.effect("closes at boot the runs that a kill cut off", () =>
    Effect.gen(function* () {
      const dir = yield* temporaryDirectory
      const session = Effect.gen(function* () {
        const services = yield* openLane(join(dir, "lane.db"))
        return yield* Effect.gen(function* () {
          yield* (yield* JobLog).start("count-things", "slot", null)
          const runs = yield* runsIn
          const boot = yield* Boot
          return { outcomes: runs.map((run) => run.outcome), boot: boot.id }
        }).pipe(inLane(services))
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(yield* session, { outcomes: ["running"], boot: 1 })
      assert.deepStrictEqual(yield* session, { outcomes: ["interrupted", "running"], boot: 2 })
    }),
  )
})
