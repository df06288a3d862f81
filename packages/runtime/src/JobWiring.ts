/**
 * What makes no sense about a lane's jobs: found when they are registered, and the lane does not start.
 */
import { Duration, Schema } from "effect"
import type { Job } from "./Job.ts"
import { circleOf, declaredBy, type Wired } from "./Lineage.ts"
import { dayMs, timeOfDayMs } from "./Slots.ts"

/** A job that could never work as it is declared; `why` says what contradicts what. */
export class JobContradicts extends Schema.TaggedError<JobContradicts>()("JobContradicts", {
  job: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `job ${this.job} cannot be started: ${this.why}`
  }
}

type Declared = Pick<
  Job<unknown>,
  | "name"
  | "every"
  | "at"
  | "timeout"
  | "stallAfter"
  | "settle"
  | "on"
  | "emits"
  | "retry"
  | "concurrency"
>

const millis = (input: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(input))
const words = (input: Duration.Input) => Duration.format(Duration.fromInputUnsafe(input))

/** Why the job cannot be as declared beside these jobs; `null` when nothing contradicts. */
export const contradictionOf = (
  job: Declared,
  others: ReadonlyArray<Wired>,
): JobContradicts | null => {
  const circle = circleOf(declaredBy("job", [...others, job]))
  const found = [
    !/^[a-z]+(-[a-z0-9]+)+$/.test(job.name) && "its name is not verb-noun in lower case",
    others.some(({ name }) => name === job.name) && "another job of the lane has the same name",
    millis(job.every) <= 0 && `its period is ${words(job.every)}`,
    job.at !== undefined &&
      timeOfDayMs(job.at) === null &&
      `its time of day is ${job.at}, which is none in UTC like 03:00`,
    job.at !== undefined &&
      dayMs % millis(job.every) !== 0 &&
      millis(job.every) % dayMs !== 0 &&
      `slots ${words(job.every)} apart are not at ${job.at} each day`,
    millis(job.timeout) <= 0 && `its timeout is ${words(job.timeout)}`,
    job.stallAfter !== undefined &&
      (millis(job.stallAfter) <= 0 || 1.5 * millis(job.stallAfter) >= millis(job.timeout)) &&
      `a run is given up after ${words(job.timeout)}, before it could stall for half as much again as ${words(job.stallAfter)}`,
    job.concurrency !== undefined &&
      !(Number.isInteger(job.concurrency) && job.concurrency >= 1) &&
      `a run cannot work on ${job.concurrency} things side by side`,
    job.settle !== undefined &&
      (job.on ?? []).length === 0 &&
      "it settles after events and hears of none",
    job.on?.some(
      (type) => type === "JobStarted" || type === "JobCompleted" || type === "JobFailed",
    ) && "it is started by the events of its own runs",
    new Set(job.on).size !== (job.on ?? []).length && "it names an event twice",
    circle.length > 0 && `jobs would start each other without end: ${circle.join(" → ")}`,
    job.retry !== undefined &&
      millis(job.retry.budget ?? 0) >= millis(job.timeout) &&
      `the pauses between its attempts may take ${words(job.retry.budget ?? 0)}, its whole timeout of ${words(job.timeout)}`,
  ].find((why) => typeof why === "string")
  return found === undefined ? null : new JobContradicts({ job: job.name, why: found })
}
