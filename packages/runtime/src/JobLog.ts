/**
 * Every run of every job as a row: cause, start, end, outcome, counts, error, trace.
 *
 * A run's row is written before it starts and closed with its `JobCompleted` or `JobFailed` event in
 * one transaction. It begins with the checkpoint of the run before it, if that left one
 * ({@link JobCheckpoint}).
 */
import { Cause, Clock, Context, Effect, Exit, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { Boot } from "./Boot.ts"
import { EventLog } from "./EventLog.ts"
import type { JobCounts } from "./Job.ts"

export interface RunRow {
  readonly id: number
  readonly job: string
  readonly cause: string
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  readonly outcome: "running" | "completed" | "failed" | "interrupted"
  readonly counts: JobCounts
  readonly error: string | null
  /** How far it came, in the job's own words. */
  readonly cursor: string | null
}

/** What the slots of a job go on from. */
export interface LastSlot {
  /** Start of the newest run that a slot or a start of the process caused; of the newest at all where there is none. */
  readonly startedAtMs: number
  /** The newest run, whatever caused it, did not come to its end. */
  readonly cutOff: boolean
}

export class JobLog extends Context.Service<
  JobLog,
  {
    /** `event`: the id of the one that had it run, if one had. */
    readonly start: (job: string, cause: string, event: string | null) => Effect.Effect<RunRow>
    /** How far the run has come until now. */
    readonly reached: (run: RunRow, cursor: string) => Effect.Effect<void>
    readonly finish: (run: RunRow, exit: Exit.Exit<JobCounts, unknown>) => Effect.Effect<RunRow>
    readonly lastSlot: (job: string) => Effect.Effect<LastSlot | null>
    /** Runs and failures of each job since the file was made. */
    readonly totals: Effect.Effect<
      ReadonlyArray<{ readonly name: string; readonly runs: number; readonly failed: number }>
    >
  }
>()("runtime/JobLog") {
  static readonly layer = Layer.effect(
    JobLog,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      const boot = yield* Boot

      const start = Effect.fnUntraced(
        function* (job: string, cause: string, event: string | null) {
          const startedAtMs = yield* Clock.currentTimeMillis
          const traceId = yield* Effect.currentSpan.pipe(
            Effect.option,
            Effect.map(Option.match({ onNone: () => null, onSome: (span) => span.traceId })),
          )
          const [row] = yield* sql<{ id: number }>`
            INSERT INTO job_runs (boot_id, job, cause, cause_event, started_at_ms, outcome, trace_id,
              checkpoint, checkpoint_of, checkpoint_at_ms)
            SELECT ${boot.id}, ${job}, ${cause}, ${event}, ${startedAtMs}, 'running', ${traceId},
              checkpoint, checkpoint_of, checkpoint_at_ms
            FROM (SELECT 1) LEFT JOIN (SELECT checkpoint, checkpoint_of, checkpoint_at_ms
              FROM job_runs WHERE job = ${job} ORDER BY id DESC LIMIT 1) RETURNING id`
          yield* log.append([{ type: "JobStarted", payload: { job, cause } }])
          return {
            id: row!.id,
            job,
            cause,
            startedAtMs,
            endedAtMs: null,
            outcome: "running",
            counts: {},
            error: null,
            cursor: null,
          } satisfies RunRow as RunRow
        },
        (effect) => sql.withTransaction(effect).pipe(Effect.orDie),
      )

      const finish = Effect.fnUntraced(
        function* (run: RunRow, exit: Exit.Exit<JobCounts, unknown>) {
          const endedAtMs = yield* Clock.currentTimeMillis
          const durationMs = endedAtMs - run.startedAtMs
          const counts = Exit.isSuccess(exit) ? exit.value : {}
          const interrupted = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
          const error = Exit.isSuccess(exit) || interrupted ? null : Cause.pretty(exit.cause)
          const outcome = Exit.isSuccess(exit)
            ? "completed"
            : interrupted
              ? "interrupted"
              : "failed"
          yield* sql`UPDATE job_runs SET ended_at_ms = ${endedAtMs}, outcome = ${outcome},
            counts = ${JSON.stringify(counts)}, error = ${error}, cursor = ${run.cursor}
            WHERE id = ${run.id}`
          if (outcome === "completed") {
            yield* sql`UPDATE job_runs SET checkpoint = NULL, checkpoint_of = NULL,
              checkpoint_at_ms = NULL WHERE id = ${run.id} AND checkpoint IS NOT NULL`
            yield* log.append([
              { type: "JobCompleted", payload: { job: run.job, durationMs, counts } },
            ])
          } else {
            yield* log.append([
              {
                type: "JobFailed",
                payload: { job: run.job, durationMs, error: error ?? "interrupted" },
              },
            ])
          }
          return { ...run, endedAtMs, outcome, counts, error } as RunRow
        },
        (effect) => sql.withTransaction(effect).pipe(Effect.orDie),
      )

      const reached = (run: RunRow, cursor: string) =>
        sql`UPDATE job_runs SET cursor = ${cursor} WHERE id = ${run.id}`.pipe(
          sql.withTransaction,
          Effect.orDie,
        )

      const lastSlot = (job: string) =>
        sql<{ started_at_ms: number; outcome: string }>`
          SELECT outcome, coalesce((SELECT started_at_ms FROM job_runs
              WHERE job = ${job} AND cause IN ('slot', 'missed slot', 'boot')
              ORDER BY id DESC LIMIT 1), started_at_ms) AS started_at_ms
          FROM job_runs WHERE job = ${job} ORDER BY id DESC LIMIT 1`.pipe(
          Effect.map(([row]) =>
            row === undefined
              ? null
              : { startedAtMs: row.started_at_ms, cutOff: row.outcome === "interrupted" },
          ),
          Effect.orDie,
        )

      const totals = sql<{ name: string; runs: number; failed: number }>`
        SELECT job AS name, count(*) AS runs, sum(outcome = 'failed') AS failed
        FROM job_runs GROUP BY job ORDER BY job`.pipe(Effect.orDie)

      return JobLog.of({ start, reached, finish, lastSlot, totals })
    }),
  )
}
