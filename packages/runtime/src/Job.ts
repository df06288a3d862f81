/**
 * A job as data: what it is called, when it runs, how long it may take and what it does.
 *
 * {@link layer} hands it to the {@link Supervisor}, which owns its fiber, runs it one at a time, leaves a row for
 * every run and starts it again at its next slot whatever happened.
 */
import { type Duration, Effect, Layer } from "effect"
import type { EventType } from "@evaluator/domain/event/DomainEvent"
import type { LogicalService } from "@evaluator/telemetry/LogicalService"
import type { Retry } from "./Retry.ts"
import { Supervisor } from "./Supervisor.ts"

/** Missed slots a job of `missed: "each"` owes at most; beyond, the oldest are let go. */
export const mostOwed = 24

/** What a run did, by name; shown in `job_runs` and on the metrics page. */
export type JobCounts = Readonly<Record<string, number>>

export interface Job<E = never, R = never> {
  /** verb-noun, e.g. `score-events`. */
  readonly name: string
  /** One sentence for `job list`. */
  readonly about: string
  /** The logical service its spans belong to. */
  readonly service: LogicalService
  /** The period of its slots. */
  readonly every: Duration.Input
  /**
   * A time of day in UTC, `03:00`, through which the slots go: `every: "1 day"` is daily at that time. Without
   * it they go on from the last run.
   */
  readonly at?: string
  /**
   * What becomes of slots that come while it runs or pass while the process is down: `skip` lets them
   * go, `once` (the default) makes one run up for all of them, `each` one run for each, {@link mostOwed}
   * at most.
   */
  readonly missed?: "skip" | "once" | "each"
  /** How a run tries again by itself, by the kind of its errors; default not at all. */
  readonly retry?: Retry<E>
  /** Also runs once at the start. */
  readonly atBoot: boolean
  /** Also runs after events of these types; several while it runs make one more run. */
  readonly on?: ReadonlyArray<EventType>
  /**
   * The event types its runs append, those about runs themselves left out: jobs that start each other in
   * a circle stop the start (`Lineage.ts`).
   */
  readonly emits?: ReadonlyArray<EventType>
  /** Least time between the end of a run and the next one an event causes; default 1 second. */
  readonly settle?: Duration.Input
  /** A run longer than this is interrupted and counts as failed. */
  readonly timeout: Duration.Input
  /**
   * A run that made no progress ({@link CurrentRun}) for so long is reported with what it waits on, and
   * cancelled when half as long again has passed. Default: it is not watched.
   */
  readonly stallAfter?: Duration.Input
  /** Things a run works on side by side ({@link RunConcurrency}); default one by one. Runs never overlap. */
  readonly concurrency?: number
  readonly run: Effect.Effect<JobCounts, E, R>
}

/** The job as a layer: lives as long as the lane. */
export const layer = <E, R>(job: Job<E, R>): Layer.Layer<never, never, Supervisor | R> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const context = yield* Effect.context<R>()
      const supervisor = yield* Supervisor
      yield* supervisor.register({ ...job, run: Effect.provideContext(job.run, context) })
    }),
  )
