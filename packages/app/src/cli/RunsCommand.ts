/**
 * `runs`: the runs of both lanes' jobs, newest first.
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { SqlClient } from "effect/sql"
import { formatDuration } from "@evaluator/domain/time/DurationText"
import { dataDirectoryFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { tableOf } from "./Table.ts"
import { timeOf } from "./Readable.ts"
import { rowsOfLanes } from "./Reader.ts"

/** Runs printed when no limit is given. */
export const defaultLimit = 50

const outcomes = ["running", "completed", "failed", "interrupted"] as const

interface RunRow {
  readonly id: number
  readonly job: string
  readonly cause: string
  readonly cause_event: string | null
  readonly started_at_ms: number
  readonly ended_at_ms: number | null
  readonly outcome: string
  readonly counts: string
  readonly error: string | null
  readonly cursor: string | null
  readonly trace_id: string | null
}

const read = (
  sql: SqlClient.SqlClient,
  filter: { readonly job: string | null; readonly outcome: string | null },
  limit: number,
) =>
  sql<RunRow>`
    SELECT id, job, cause, cause_event, started_at_ms, ended_at_ms, outcome, counts, error, cursor,
      trace_id
    FROM job_runs
    WHERE (${filter.job} IS NULL OR job = ${filter.job})
      AND (${filter.outcome} IS NULL OR outcome = ${filter.outcome})
    ORDER BY id DESC LIMIT ${limit}`.pipe(Effect.orDie)

export const runsCommand = Command.make(
  "runs",
  {
    job: Flag.String("job").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription("Only runs of this job: score-events"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    outcome: Flag.Literals("outcome", outcomes).pipe(
      Flag.withDescription("Only runs that ended so"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    limit: Flags.limit,
    data: Flags.data,
    json: Flags.json,
    csv: Flags.csv,
  },
  Effect.fn("cli runs")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const limit = flags.limit ?? defaultLimit
    const runs = yield* rowsOfLanes(directory, null, (sql) => read(sql, flags, limit))
    const newest = runs
      .toSorted((a, b) => b.started_at_ms - a.started_at_ms || b.id - a.id)
      .slice(0, limit)
    yield* printRows(flags, {
      document: {
        runs: newest.map(({ counts, ...run }) => ({
          ...run,
          counts: JSON.parse(counts) as unknown,
        })),
      },
      ...tableOf(newest, {
        started: (run) => timeOf(run.started_at_ms),
        lane: (run) => run.lane,
        run: (run) => run.id,
        job: (run) => run.job,
        cause: (run) => run.cause,
        event: (run) => run.cause_event,
        took: (run) =>
          run.ended_at_ms === null ? null : formatDuration(run.ended_at_ms - run.started_at_ms),
        outcome: (run) => run.outcome,
        reached: (run) => run.cursor,
        says: (run) => run.error?.split("\n")[0] ?? run.counts,
      }),
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Every run of every job, newest first: why it ran, how long, what came of it",
  ),
  Command.withShortDescription("Runs of jobs, newest first"),
  Command.withExamples([
    { command: "trader-evaluator runs --outcome failed" },
    { command: "trader-evaluator runs --job score-events --limit 5 --json" },
  ]),
)
