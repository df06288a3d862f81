/**
 * What will happen between the request to stop and the end, in words for the log.
 */
import type { QueueCounters } from "@evaluator/runtime/Backlogs"

interface RunningJob {
  readonly name: string
  readonly running: boolean
}

const listed = (names: ReadonlyArray<string>): string => names.join(", ")

/**
 * Jobs that run end with the step they are at; what waits in queues is either drained or stays due in its row, without
 * an attempt counted against it. Requests for runs that wait are let go: the next start asks again.
 */
export const stopPlan = (
  jobs: ReadonlyArray<RunningJob>,
  queues: ReadonlyArray<Pick<QueueCounters, "name" | "pending">>,
  deadline: string,
): string => {
  const running = jobs.filter((job) => job.running).map((job) => job.name)
  const waiting = queues
    .filter(({ name, pending }) => pending > 0 && !name.endsWith("-job-runs"))
    .map(({ name, pending }) => `${pending} in ${name}`)
  return [
    running.length === 0
      ? "no job runs"
      : `${listed(running)} stop at their next step, what they leave is due at the next start`,
    waiting.length === 0
      ? "no queue holds anything"
      : `${listed(waiting)} are worked off, what is not goes back to its row with no attempt counted`,
    `copies in flight are decided, all within ${deadline}`,
  ].join("; ")
}
