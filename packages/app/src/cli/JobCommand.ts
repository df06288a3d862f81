/**
 * `job list`, `job run NAME` and `job graph`: one-off jobs, through the running service or alone under
 * the lock, and which of them led to which.
 */
import { Effect, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { formatDuration } from "@evaluator/domain/time/DurationText"
import type { ControlHandlers, JobRun } from "../Control.ts"
import { handlersFor } from "./Directory.ts"
import { WrongUsage } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { graphCommand } from "./GraphCommand.ts"
import { printRows } from "./Output.ts"
import { timeOf } from "./Readable.ts"
import type { Row } from "./Table.ts"

/** The run ended otherwise than completed. */
export class JobRunFailed extends Schema.TaggedError<JobRunFailed>()("JobRunFailed", {
  job: Schema.String,
  outcome: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `job ${this.job} ${this.outcome}: ${this.why}`
  }
}

const countsOf = (run: JobRun): string =>
  Object.entries(run.counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ")

const unknownJob = Effect.fnUntraced(function* (name: string, { jobs }: ControlHandlers) {
  const known = (yield* jobs).map((job) => job.name)
  return yield* new WrongUsage({
    why: `no job is called ${name}; there are ${known.toSorted().join(", ")}`,
  })
})

const list = Command.make(
  "list",
  { data: Flags.data, profiles: Flags.profiles, json: Flags.json, csv: Flags.csv },
  Effect.fn("cli job list")(function* (flags) {
    const jobs = yield* (yield* handlersFor(flags)).jobs
    const rows = jobs.map(
      ({ name, lane, everyMs, at, concurrency, running, stalled, last, about }): Row => ({
        job: name,
        lane,
        every: at === null ? formatDuration(everyMs) : `${formatDuration(everyMs)} at ${at}`,
        concurrency,
        now: stalled !== null ? `stalled, waits on ${stalled}` : running ? "running" : "",
        last_run: timeOf(last?.startedAtMs ?? null),
        outcome: last?.outcome ?? null,
        about,
      }),
    )
    yield* printRows(flags, { document: { jobs }, rows })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Every job with its period, how many things a run works on side by side, and its last run",
  ),
  Command.withExamples([{ command: "trader-evaluator job list" }]),
)

const run = Command.make(
  "run",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("The job, as `job list` calls it: score-events"),
    ),
    data: Flags.data,
    profiles: Flags.profiles,
    json: Flags.json,
  },
  Effect.fn("cli job run")(function* (flags) {
    const handlers = yield* handlersFor(flags)
    const run = yield* handlers.runJob(flags.name).pipe(
      Effect.catchIf(
        ({ code }) => code === "unknown-job",
        () => unknownJob(flags.name, handlers),
      ),
    )
    const took = run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs
    yield* printRows(flags, {
      document: run,
      rows: [
        {
          run: run.id,
          job: run.job,
          outcome: run.outcome,
          took: took === null ? null : formatDuration(took),
          counts: countsOf(run),
        },
      ],
    })
    if (run.outcome !== "completed") {
      return yield* new JobRunFailed({
        job: run.job,
        outcome: run.outcome,
        why: run.error ?? "the run was cut off",
      })
    }
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Run a job now and wait for its end: in the running service, else alone while holding the data directory",
  ),
  Command.withExamples([{ command: "trader-evaluator job run score-events" }]),
)

export const jobCommand = Command.make("job").pipe(
  Command.withDescription("List jobs, or run one now"),
  Command.withExamples([{ command: "trader-evaluator job run discover-wallets" }]),
  Command.withSubcommands([list, run, graphCommand]),
)
