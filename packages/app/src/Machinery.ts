/**
 * What every lane's handle answers from its machinery alone.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Conditions } from "@evaluator/runtime/Conditions"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { JobLog } from "@evaluator/runtime/JobLog"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { lanePage } from "@evaluator/telemetry/MetricsPage"
import { ControlRefused, type LaneName } from "./Control.ts"
import { operationsOf } from "./LaneOperations.ts"

export const machineryOf = Effect.fnUntraced(function* (lane: LaneName) {
  const supervisor = yield* Supervisor
  const backlogs = yield* Backlogs
  const conditions = yield* Conditions
  const jobLog = yield* JobLog
  const sql = yield* SqlClient.SqlClient
  const operations = yield* operationsOf(lane)
  const countLetters = yield* DeadLetters.makeGauges
  yield* conditions.add(
    "queues",
    Effect.map(backlogs.views, (views) => {
      const held = views.flatMap(({ name, paused }) =>
        paused === null ? [] : [`${name} is paused: ${paused.reason}`],
      )
      const says = held.length === 0 ? "hand out" : held.join("; ")
      return { name: "queues", ok: held.length === 0, blocks: false, says }
    }),
  )
  yield* conditions.add(
    "jobs",
    Effect.map(supervisor.jobs, (jobs) => {
      const stalled = jobs.flatMap((job) =>
        job.stalled === null ? [] : [`${job.name} gets no further, it waits on ${job.stalled}`],
      )
      const says = stalled.length === 0 ? "get on" : stalled.join("; ")
      return { name: "jobs", ok: stalled.length === 0, blocks: false, says }
    }),
  )
  return {
    ...operations,
    quiesce: supervisor.quiesce,
    conditions: conditions.all,
    /** Prometheus text of the lane, its rows counted now. */
    metrics: Effect.andThen(countLetters, lanePage),
    jobs: Effect.map(supervisor.jobs, (jobs) => jobs.map((job) => ({ ...job, lane }))),
    runJob: (name: string) =>
      supervisor.runNow(name, "by hand").pipe(
        Effect.catchTags({
          JobNotFound: ({ job, known }) =>
            Effect.fail(
              new ControlRefused({
                code: "unknown-job",
                why: `no job is called ${job}; there are ${known.join(", ")}`,
              }),
            ),
          LaneStopping: () =>
            Effect.fail(new ControlRefused({ code: "stopping", why: "the service is stopping" })),
        }),
      ),
    report: Effect.gen(function* () {
      const [events] = yield* sql<{ count: number }>`SELECT count(*) AS count FROM events`
      return {
        queues: [
          ...(yield* backlogs.all),
          { name: `${lane}-job-runs`, ...(yield* supervisor.runRequests) },
        ],
        jobs: yield* jobLog.totals,
        events: events!.count,
      }
    }).pipe(Effect.orDie),
  }
})
