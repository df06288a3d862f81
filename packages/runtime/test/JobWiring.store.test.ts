import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import type { Job } from "@evaluator/runtime/Job"
import { contradictionOf } from "@evaluator/runtime/JobWiring"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 30 })

const job = <E = never>(more: Partial<Job<E>> = {}): Job<E> => ({
  name: "count-things",
  about: "Counts.",
  service: "maintenance",
  every: "1 hour",
  atBoot: false,
  timeout: "5 minutes",
  run: Effect.succeed({}),
  ...more,
})

const inOneLane = <A, E>(
  body: (
    supervisor: Supervisor["Service"],
    sql: SqlClient.SqlClient,
  ) => Effect.Effect<A, E, Scope.Scope>,
) =>
  Effect.gen(function* () {
    const lane = yield* openLane(join(yield* temporaryDirectory, "lane.db"))
    return yield* Effect.gen(function* () {
      return yield* body(yield* Supervisor, yield* SqlClient.SqlClient)
    }).pipe(inLane(lane))
  })

describe("a job's wiring", () => {
  it.effect("as declared by default contradicts nothing", () =>
    Effect.sync(() => assert.isNull(contradictionOf(job(), [{ name: "other-job" }]))),
  )

  const wrong: ReadonlyArray<readonly [string, Partial<Job>, RegExp]> = [
    ["a name that is no verb-noun", { name: "Count" }, /verb-noun/],
    ["a name that is taken", { name: "taken-name" }, /same name/],
    ["no period", { every: 0 }, /period is 0/],
    ["a time of day that is none", { every: "1 day", at: "24:00" }, /24:00/],
    ["a period that meets no time of day", { every: "7 hours", at: "03:00" }, /7h apart/],
    ["no time to run", { timeout: 0 }, /timeout is 0/],
    ["half a thing at once", { concurrency: 1.5 }, /1.5 things/],
    ["nothing at once", { concurrency: 0 }, /0 things/],
    ["settling after nothing", { settle: "1 second" }, /hears of none/],
    ["starting itself", { on: ["JobCompleted"] }, /its own runs/],
    ["one event twice", { on: ["MarketsScored", "MarketsScored"] }, /twice/],
    ["hearing what it emits", { on: ["TradesIngested"], emits: ["TradesIngested"] }, /without end/],
    [
      "a circle of jobs",
      { on: ["WalletsScored"], emits: ["WalletsClassified"] },
      /without end: count-things → score-things → count-things/,
    ],
    [
      "pauses longer than a run may take",
      { retry: { kindOf: () => "outage", budget: "5 minutes" } },
      /whole timeout/,
    ],
  ]
  for (const [about, more, why] of wrong) {
    it.effect(`refuses ${about}`, () =>
      Effect.sync(() => {
        const found = contradictionOf(job(more), [
          { name: "taken-name" },
          { name: "score-things", on: ["WalletsClassified"], emits: ["WalletsScored"] },
        ])
        assert.match(found?.message ?? "accepted", why)
      }),
    )
  }

  it.effect("a contradiction stops the start of the lane", () =>
    inOneLane((supervisor) =>
      Effect.gen(function* () {
        yield* supervisor.register(job())
        const exit = yield* Effect.exit(supervisor.register(job()))
        assert.match(
          Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "started",
          /job count-things cannot be started: another job of the lane has the same name/,
        )
      }),
    ),
  )
})

describe("slots that come while a job runs", () => {
  for (const [missed, causes] of [
    ["skip", ["slot", "slot"]],
    ["once", ["slot", "slot", "slot"]],
    ["each", ["slot", "missed slot", "missed slot", "slot"]],
  ] as const) {
    it.effect(`${missed}: ${causes.length} runs after two slots passed in the first run`, () =>
      inOneLane((supervisor, sql) =>
        Effect.gen(function* () {
          let runs = 0
          // The first run takes 2 h 30 min of its hour: the slots of 2:00 and 3:00 pass in it.
          const run = Effect.suspend(() =>
            runs++ === 0 ? Effect.as(Effect.sleep("150 minutes"), {}) : Effect.succeed({}),
          )
          yield* supervisor.register(
            job({
              missed,
              run,
              every: "1 hour",
              timeout: "4 hours",
            }),
          )
          yield* Effect.repeat(TestClock.adjust("10 minutes").pipe(Effect.andThen(settle)), {
            times: 26,
          })
          const rows = yield* sql<{ cause: string }>`SELECT cause FROM job_runs ORDER BY id`
          assert.deepStrictEqual(
            rows.map((row) => row.cause),
            [...causes],
          )
        }),
      ),
    )
  }
})

describe("a job with a retry", () => {
  it.effect("tries again inside its run and leaves one row", () =>
    inOneLane((supervisor, sql) =>
      Effect.gen(function* () {
        let tried = 0
        const run: Job<"refused">["run"] = Effect.suspend(() =>
          ++tried < 3 ? Effect.fail("refused" as const) : Effect.succeed({ tried }),
        )
        yield* supervisor.register(
          job<"refused">({ run, atBoot: true, retry: { kindOf: () => "outage" } }),
        )
        yield* Effect.repeat(TestClock.adjust("1 second"), { times: 60 })
        yield* settle
        const rows = yield* sql<{ outcome: string; counts: string }>`
          SELECT outcome, counts FROM job_runs`
        assert.deepStrictEqual(
          rows.map((row) => `${row.outcome} ${row.counts}`),
          ['completed {"tried":3}'],
        )
      }),
    ),
  )
})
