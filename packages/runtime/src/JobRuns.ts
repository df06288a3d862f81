/**
 * One run of a job from its row to its closing row: bounded by the job's timeout, watched for progress.
 *
 * A run that got no further for the job's `stallAfter` is reported with what it waits on; when half as
 * much again has passed and still nothing moved, it is cancelled and counts as failed.
 * A run that is cut off is interrupted where it waits or yields; its row says `interrupted`, the log what
 * becomes of it, no attempt is charged. How far a run has come is in its row {@link beatEvery} while it goes on.
 * Promises: a run that began always gets its closing row; only the job's own work can be interrupted.
 */
import { Clock, Deferred, Duration, Effect, Exit, Metric } from "effect"
import { counterOf, histogramOf, metrics } from "@evaluator/telemetry/Names"
import type { Job } from "./Job.ts"
import type { JobLog, RunRow } from "./JobLog.ts"
import { CurrentRun, RunProgress } from "./JobProgress.ts"
import { RunConcurrency } from "./RunConcurrency.ts"

const jobRuns = counterOf(metrics.jobRuns)
const jobDuration = histogramOf(metrics.jobDuration)

/** Why a run is made. */
export interface Asked {
  readonly cause: string
  /** The id of the event that had it made; null where it was no event. */
  readonly event: string | null
}

/** The run that goes on now. */
export interface Going {
  readonly id: number
  readonly progress: RunProgress
  /** It was reported as stalled and has not moved since. */
  stalled: boolean
  /** Completed when the run is to be interrupted. */
  readonly cutOff: Deferred.Deferred<void>
}

/** What a kill leaves in the row of a run is at most so old. */
export const beatEvery = Duration.seconds(5)

const millis = (input: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(input))

/** Ends, with a defect that says why, once nothing has moved for too long. */
const stall = Effect.fnUntraced(function* (name: string, limitMs: number, going: Going) {
  const { progress } = going
  for (;;) {
    const stillMs = progress.stillForMs(yield* Clock.monotonicTimeNanos)
    const borneMs = going.stalled ? 1.5 * limitMs : limitMs
    if (stillMs < limitMs) going.stalled = false
    if (stillMs < borneMs) {
      // A millisecond more, so that the limit has passed also where times are rounded down.
      yield* Effect.sleep(Math.ceil(Math.max(borneMs, limitMs) - stillMs) + 1)
      continue
    }
    const waitsOn = progress.waitsOn(yield* Clock.monotonicTimeNanos)
    const says = `${name} has made no progress for ${Duration.format(Duration.millis(Math.round(stillMs)))}; it waits on ${waitsOn}`
    if (going.stalled) return yield* Effect.die(new Error(says))
    going.stalled = true
    yield* Effect.logWarning(says)
  }
})

/** Writes how far the run has come, for as long as it goes on. */
const beats = Effect.fnUntraced(function* (
  jobLog: JobLog["Service"],
  row: RunRow,
  progress: RunProgress,
): Effect.fn.Return<never> {
  let written: string | null = null
  for (;;) {
    yield* Effect.sleep(beatEvery)
    const { cursor } = progress
    if (cursor === null || cursor === written) continue
    // A file that cannot be written is found, and said, by the run itself.
    yield* Effect.exit(jobLog.reached(row, cursor))
    written = cursor
  }
})

/** Runs the job once; `begun` hears of the run while it goes on and `null` when it has ended. */
export const runOnce = Effect.fnUntraced(function* (
  jobLog: JobLog["Service"],
  job: Job<unknown>,
  asked: Asked,
  begun: (going: Going | null) => void,
): Effect.fn.Return<RunRow> {
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const row = yield* jobLog.start(job.name, asked.cause, asked.event)
      const progress = new RunProgress(row.id, yield* Clock.monotonicTimeNanos)
      const cutOff = yield* Deferred.make<void>()
      const going: Going = { id: row.id, progress, stalled: false, cutOff }
      begun(going)
      const work = job.run.pipe(
        Effect.timeoutOrElse({
          duration: job.timeout,
          orElse: () =>
            Effect.die(
              new Error(
                `${job.name} ran longer than ${Duration.format(Duration.fromInputUnsafe(job.timeout))}`,
              ),
            ),
        }),
        Effect.provideService(CurrentRun, progress),
        Effect.provideService(RunConcurrency, job.concurrency ?? 1),
      )
      const watched =
        job.stallAfter === undefined
          ? work
          : Effect.raceFirst(work, stall(job.name, millis(job.stallAfter), going))
      const cuttable = Effect.raceFirst(
        watched,
        Effect.andThen(Deferred.await(cutOff), Effect.interrupt),
      )
      const exit = yield* restore(Effect.raceFirst(cuttable, beats(jobLog, row, progress))).pipe(
        Effect.annotateLogs({ job: job.name, run: row.id }),
        Effect.exit,
      )
      begun(null)
      const finished = yield* jobLog.finish({ ...row, cursor: progress.cursor }, exit)
      const { outcome } = finished
      yield* Metric.update(Metric.withAttributes(jobRuns, { job: job.name, outcome }), 1)
      yield* Metric.update(
        Metric.withAttributes(jobDuration, { job: job.name }),
        finished.endedAtMs! - finished.startedAtMs,
      )
      if (outcome === "interrupted") {
        const reached = progress.cursor === null ? "" : ` at ${progress.cursor}`
        yield* Effect.logInfo(
          `job ${job.name}, run ${row.id}, was cut off${reached}: what it had not finished goes back to where it is due, no attempt is charged, and it runs again after the next start`,
        )
      }
      if (outcome === "failed") {
        yield* Effect.logError(
          `job ${job.name}, run ${row.id}, failed; it runs again at its next slot`,
          Exit.isFailure(exit) ? exit.cause : undefined,
        )
      }
      return finished
    }),
  )
})
